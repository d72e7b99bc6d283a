// The batch's queue in Node, with a made-up server: node tests/studio/batch_queue.mjs CASE… → JSON,
// what each of them ends with by its name. Each has a thread, and so a queue, of its own.
//
// What a file's name says is what comes of it: NUMBER.png after that many turns, STATUS-CODE as a
// refusal. The bundle has the page's own queue; only the way to the server is another.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { bundled, components, ROOT } from '../../web/build/bundling.mjs';

const MADE_UP = `export const worked = (...given) => globalThis.worked(...given);
export const erased = async () => undefined;`;
const MODULES = `
export { queue } from '${ROOT}/app/pages/batch/queue.svelte.ts';
export { server } from '${ROOT}/app/server.svelte.ts';
export { Problem } from '${ROOT}/core/problem.ts';
import { learn } from '${ROOT}/core/text.svelte.ts';
learn(import.meta.glob('/text/*/*.json', { eager: true, import: 'default' }));`;
const stand = {
  name: 'made-up-server',
  enforce: 'pre',
  resolveId: (asked) => (asked.endsWith('/working') ? '\0working' : asked === 'all' ? '/all.ts' : null),
  load: (id) => (id === '\0working' ? MADE_UP : id === '/all.ts' ? MODULES : null),
};

if (isMainThread) {
  const folder = await mkdtemp(join(tmpdir(), 'studio-queue-'));
  const [chunk] = await bundled({
    plugins: [stand, components()],
    build: {
      minify: false,
      rolldownOptions: {
        input: 'all',
        preserveEntrySignatures: 'strict',
        output: { format: 'es', codeSplitting: false },
      },
    },
  });
  const address = pathToFileURL(join(folder, 'all.mjs')).href;
  await writeFile(join(folder, 'all.mjs'), chunk.code);
  const found = {};
  for (const name of process.argv.slice(2)) {
    const thread = new Worker(fileURLToPath(import.meta.url), { workerData: { address, name } });
    found[name] = await new Promise((resolve, reject) => {
      thread.on('message', resolve).on('error', reject);
      thread.on('exit', () => reject(new Error(`${name} ended without an answer`)));
    });
    await thread.terminate(); // whatever it still waits for
  }
  await rm(folder, { recursive: true });
  console.log(JSON.stringify(found));
  process.exit(0);
}

globalThis.window = globalThis;
const { queue, server, Problem } = await import(workerData.address);

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
const asked = [];
const open = new Map();
/** Each is answered by answer() or refuse(), or ends as the page's own does when it is stopped. */
globalThis.worked = (file, _wish, listener, signal) => {
  asked.push(file.name);
  listener.stage('working');
  return new Promise((resolve, reject) => {
    open.set(file.name, { resolve, reject });
    signal.addEventListener('abort', () => reject(new Problem({ code: 'cancelled', title: '' })));
  });
};
const facts = { format: 'png', bytes: 4, width: 1, height: 1 };
const answer = (name) =>
  open.get(name).resolve({ blob: new Blob([name]), facts, place: 'computer', receipt: '', job: name, seconds: 0 });
const refuse = (name, told) => open.get(name).reject(new Problem(told));
const files = (count) => Array.from({ length: count }, (_, n) => new File(['data'], `${n}.png`));
const states = () => queue.rows.map((row) => row.state);
const start = (count) => (queue.add(files(count)), queue.start({ path: '/run', suffix: '' }));

const CASES = {
  /** One ends while an earlier one is being written, and a third after that. */
  async race() {
    start(3);
    answer('0.png');
    await turn();
    const [written, gates] = [[], []];
    const sink = async (name) => {
      await new Promise((resolve) => gates.push(resolve));
      return written.push(name), name;
    };
    const saving = queue.into({ name: 'folder', sink });
    await turn();
    answer('1.png');
    await turn();
    const before = queue.hasUnsaved;
    answer('2.png');
    for (let left = 6; left > 0; left -= 1) {
      await turn();
      gates.shift()?.();
    }
    await saving;
    await turn();
    return { before, after: queue.hasUnsaved, written, states: states(), most: gates.length };
  },
  /** The folder's disk is full at the second one. */
  async full() {
    start(3);
    let room = 1;
    const sink = async (name) => {
      if (room-- <= 0) throw new DOMException('no room', 'QuotaExceededError');
      return name;
    };
    await queue.into({ name: 'folder', sink });
    for (const one of ['0.png', '1.png', '2.png']) (answer(one), await turn());
    const failed = { title: queue.trouble.title, hint: queue.trouble.hint, folder: queue.folder };
    const kept = [...queue.finished()].map(({ name }) => name);
    const unsaved = queue.hasUnsaved;
    const written = [];
    await queue.into({ name: 'other', sink: async (name) => (written.push(name), name) });
    const now = { trouble: queue.trouble, unsaved: queue.hasUnsaved };
    return { failed, kept, unsaved, written, now, states: states() };
  },
  /** One ends while what was there before is being packed. */
  async packed() {
    start(2);
    answer('0.png');
    await turn();
    const packed = queue.done();
    answer('1.png');
    await turn();
    queue.saved(packed);
    const unsaved = queue.hasUnsaved;
    queue.saved(queue.done());
    return { unsaved, after: queue.hasUnsaved };
  },
  /** Stop while one waits because the server was busy. */
  async busy() {
    start(1);
    refuse('0.png', { status: 429, code: 'busy', title: 'busy', waitMs: 40 });
    await turn();
    queue.stop();
    await new Promise((resolve) => setTimeout(resolve, 80));
    const stopped = { asked: [...asked], states: states() };
    queue.retry();
    refuse('0.png', { status: 429, code: 'busy', title: 'busy', waitMs: 40 });
    await turn();
    const early = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    return { stopped, early, late: asked.length };
  },
  /** Nothing is sent in a pause, and all of it after that. */
  async pause() {
    start(5);
    queue.pause();
    for (const one of ['0.png', '1.png', '2.png']) answer(one);
    await turn();
    const paused = { asked: asked.length, states: states() };
    queue.resume();
    await turn();
    for (const one of ['3.png', '4.png']) answer(one);
    await turn();
    return { paused, asked: asked.length, states: states(), isRunning: queue.isRunning };
  },
  /** What the server says of each refusal, in its own words, too. */
  async told() {
    const refusals = [
      { status: 413, code: 'body-too-large', title: 'it has 9 bytes', hint: 'send less' },
      { status: 507, code: 'disk-full', title: 'no byte is left', hint: 'make room' },
      { status: 410, code: 'gone', title: 'it was fetched', hint: 'ask anew' },
      { status: 404, code: 'input-missing', title: 'no such result', hint: 'look again' },
    ];
    start(refusals.length);
    for (const [number, told] of refusals.entries()) {
      for (let tries = told.code === 'gone' ? 2 : 1; tries > 0; tries -= 1) {
        refuse(`${number}.png`, told);
        await turn();
      }
    }
    return queue.rows.map(({ state, reason, hint, code }) => ({ state, reason, hint, code }));
  },
  /** Retry-After, as the page reads it from an answer. */
  async after() {
    const told = JSON.stringify({ code: 'busy', detail: 'as much waits as may wait', hint: 'wait' });
    const headers = { 'Retry-After': '7' };
    globalThis.fetch = async () => new Response(told, { status: 429, headers });
    const problem = await server.get('/jobs').catch((thrown) => thrown);
    const { status, code, title, hint, waitMs } = problem;
    return { status, code, title, hint, waitMs };
  },
};
const found = JSON.stringify(await CASES[workerData.name]());
parentPort.postMessage(JSON.parse(found));
