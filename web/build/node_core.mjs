// Functions of core/ called in Node, for tests, as the page has them.
//
//   node build/node_core.mjs < {"module", "calls": [[function, [arguments]], …]}, one JSON a line
//     > [answer, …], one JSON a line
//
// {"bytes": BASE64} stands for bytes, on both ways; {"failed": NAME} for what was thrown. Each line
// is answered by a thread of its own, in which the module is new: nothing of another line is left.
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

if (isMainThread) {
  const { bundled, ROOT } = await import('./bundling.mjs');
  const built = new Map();

  const code = async (name) => {
    const [chunk] = await bundled({
      logLevel: 'error',
      build: {
        minify: false,
        rolldownOptions: {
          input: `${ROOT}/core/${name}.ts`,
          preserveEntrySignatures: 'strict',
          output: { format: 'es', codeSplitting: false },
        },
      },
    });
    return `data:text/javascript;base64,${Buffer.from(chunk.code).toString('base64')}`;
  };

  for await (const line of createInterface({ input: process.stdin })) {
    const { module, calls } = JSON.parse(line);
    built.set(module, built.get(module) ?? (await code(module)));
    const given = { address: built.get(module), calls: JSON.stringify(calls) };
    const thread = new Worker(fileURLToPath(import.meta.url), { workerData: given });
    const answers = await new Promise((resolve, reject) => {
      thread.on('message', resolve).on('error', reject);
      thread.on('exit', () => reject(new Error(`${module} ended without an answer`)));
    });
    await thread.terminate(); // whatever it still waits for
    process.stdout.write(`${answers}\n`);
  }
} else {
  // A module that can also be a command must not take itself for one that was started.
  process.argv.splice(1);
  const module = await import(workerData.address);
  const answers = [];
  for (const [called, given] of JSON.parse(workerData.calls, revived)) {
    try {
      answers.push(await module[called](...given));
    } catch (error) {
      answers.push({ failed: error.name });
    }
  }
  parentPort.postMessage(JSON.stringify(answers, told));
}

function revived(_name, value) {
  return typeof value?.bytes === 'string' ? new Uint8Array(Buffer.from(value.bytes, 'base64')) : value;
}

function told(_name, value) {
  return value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : value;
}
