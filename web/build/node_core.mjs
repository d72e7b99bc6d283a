// Functions of core/ called in Node, for tests, as the page has them.
//
//   node build/node_core.mjs MODULE < [[function, [arguments]], …] > [answer, …]
//
// {"bytes": BASE64} stands for bytes, on both ways; {"failed": NAME} for what was thrown.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { bundled, ROOT } from './bundling.mjs';

const folder = await mkdtemp(join(tmpdir(), 'studio-core-'));
try {
  // A module that can also be a command must not take itself for one that was started.
  const [, name] = process.argv.splice(1);
  const module = await import(await built(name));
  const answers = [];
  for (const [called, given] of JSON.parse(await text(process.stdin), revived)) {
    try {
      answers.push(await module[called](...given));
    } catch (error) {
      answers.push({ failed: error.name });
    }
  }
  console.log(JSON.stringify(answers, told));
} finally {
  await rm(folder, { recursive: true });
}

async function built(name) {
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
  const path = join(folder, 'core.mjs');
  await writeFile(path, chunk.code);
  return pathToFileURL(path).href;
}

function revived(_name, value) {
  return typeof value?.bytes === 'string' ? new Uint8Array(Buffer.from(value.bytes, 'base64')) : value;
}

function told(_name, value) {
  return value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : value;
}
