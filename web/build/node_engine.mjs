// The engine's worker in Node, for tests: the same script, in a thread that looks like a browser's.
//
//   node build/node_engine.mjs < questions, one JSON a line > answers, one JSON a line
//
// A question: {"kind", "file"?, "recipe"?, "extra"?, "out"?}, files by their paths; the bytes of a
// result are written to out. "letters" are not drawn here: Node has no canvas.
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { parts } from './parts.mjs';

const all = await parts();
const worker = new Worker(fileURLToPath(new URL('./node_thread.mjs', import.meta.url)), {
  workerData: { text: all['engine.js'].toString() },
  stdout: true,
});
worker.stdout.pipe(process.stderr);
const waiting = new Map();
let number = 0;

worker.on('message', (said) => {
  if (said.kind === 'want') {
    const bytes = all[said.name];
    worker.postMessage({ kind: 'part', name: said.name, bytes: bytes ? new Uint8Array(bytes).buffer : null });
  } else if (said.kind !== 'share') {
    waiting.get(said.id)(said);
  }
});

async function asked(question) {
  const { kind, file, recipe, extra = {}, out } = question;
  const started = performance.now();
  const id = ++number;
  const message = { id, kind };
  if (file) {
    message.file = new Blob([await readFile(file)]);
  }
  if (kind === 'run') {
    const found = Object.entries(extra).map(async ([name, path]) => [name, new Uint8Array(await readFile(path))]);
    Object.assign(message, { recipe, extra: Object.fromEntries(await Promise.all(found)) });
  }
  const said = await new Promise((resolve) => {
    waiting.set(id, resolve);
    worker.postMessage(message);
  });
  if (said.bytes && out) {
    await writeFile(out, said.bytes);
  }
  delete said.bytes;
  return { ...said, seconds: (performance.now() - started) / 1000 };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await asked(JSON.parse(line)))}\n`);
}
process.exit(0);
