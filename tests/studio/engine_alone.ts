// The engine and the door of the frame with workers that are none, so that a test can let them hang.
import { connect } from '../../web/tab/door';
import { createEngine } from '../../web/tab/engine/engine';
import { Seeing } from '../../web/tab/seeing';

type Said = Record<string, unknown>;

const LIMITS = { inspect: 60, run: 60, perMegabyte: 0 };
const started: Standing[] = [];

/** Answers what it is asked, but for a file that says "hang". */
class Standing {
  onmessage: ((event: { data: Said }) => void) | null = null;
  files: string[] = [];
  isEnded = false;

  constructor() {
    started.push(this);
  }

  async postMessage(asked: Said): Promise<void> {
    const words = asked['file'] instanceof Blob ? await asked['file'].text() : '';
    if (words) this.files.push(words);
    if (words === 'hang' || this.isEnded) return;
    this.onmessage?.({ data: { kind: 'done', id: asked['id'], answer: words } });
  }

  terminate(): void {
    this.isEnded = true;
  }
}

async function ended(asked: Promise<unknown>): Promise<string> {
  return asked.then(String, (problem: { code: string }) => problem.code);
}

/** How each question ended, and what each worker has seen. */
export async function asks(): Promise<unknown> {
  Object.assign(globalThis, { Worker: Standing });
  const engine = createEngine(async () => new ArrayBuffer(8), LIMITS);
  const [one, hung, other] = ['one', 'hang', 'other'].map((words) => new Blob([words])) as [
    Blob,
    Blob,
    Blob,
  ];
  const closed = new AbortController();
  const asked = [
    engine.inspect(one),
    engine.run(one, { steps: [] }).then(() => 'run'),
    engine.inspect(hung),
    engine.inspect(other),
    engine.inspect(hung, { signal: closed.signal }),
  ].map(ended);
  setTimeout(() => closed.abort(), 10);
  const how = await Promise.all(asked);
  engine.stop();
  return { how, seen: started.map(({ files }) => files).filter(({ length }) => length > 0) };
}

/** Whether the worker that saw a file has ended: after others were left, the file itself, and after
 * the file was left while something was asked.
 */
export async function leaves(): Promise<boolean[]> {
  Object.assign(globalThis, { Worker: Standing });
  const engine = createEngine(async () => new ArrayBuffer(8), { ...LIMITS, run: 5_000 });
  const [one, two] = [new Blob(['left']), new Blob(['left later'])];
  const of = (words: string) => started.find(({ files }) => files.includes(words))?.isEnded ?? false;
  await engine.inspect(one);
  engine.leave(two, {});
  const others = of('left');
  engine.leave({}, one);
  const itself = of('left');
  const asked = engine.inspect(two);
  await Promise.resolve();
  engine.leave(two);
  const answer = await ended(asked);
  await new Promise((done) => setTimeout(done));
  const found = [others, itself, answer === 'left later', of('left later')];
  engine.stop();
  return found;
}

/** What was asked to be seen, of which all was given up but what was chosen last. */
export async function sees(): Promise<unknown> {
  const facts = {};
  const pictures = ['slow', 'passed', 'last'].map((file) => {
    return { file, facts, over: new AbortController(), view: null, unseen: null };
  });
  let chosen: unknown = null;
  const [asked, givenUp]: [unknown[], unknown[]] = [[], []];
  const look = (file: unknown, _: unknown, { signal }: { signal?: AbortSignal }) => {
    asked.push(file);
    return new Promise((done, failed) => {
      signal?.addEventListener('abort', () => (givenUp.push(file), failed(new Error())));
      if (file === 'last') done({ url: 'seen' });
    });
  };
  const seeing = new Seeing(look as never, () => chosen as never);
  const turns = pictures.map((one) => ((chosen = one), seeing.turn()));
  await Promise.all(turns);
  return { asked, givenUp, views: pictures.map(({ view, unseen }) => [view, unseen]) };
}

/** How many bytes each of two has that asked for one part at a time, once the first gave its away. */
export async function parts(): Promise<number[]> {
  let hear: (event: unknown) => void = () => {};
  Object.assign(globalThis, { window: { addEventListener: (_: string, on: never) => (hear = on) } });
  const page = { postMessage: () => {} } as unknown as Window;
  const door = connect(page);
  const asked = [door.part('engine.js'), door.part('engine.js')];
  hear({ source: page, data: { kind: 'part', name: 'engine.js', bytes: new ArrayBuffer(8) } });
  const [one, other] = (await Promise.all(asked)) as [ArrayBuffer, ArrayBuffer];
  structuredClone(one, { transfer: [one] });
  return [one.byteLength, other.byteLength];
}
