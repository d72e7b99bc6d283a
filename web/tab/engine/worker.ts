// The engine's worker: one question after the other, answered by our own Python.
import { call, canThread, startLibvips } from './libvips';
import { letters, takeFont } from './letters';
import { type Answering, type PythonBytes, startPython } from './python';
import type { Part } from './quiet';
import type { Failure, FromWorker, ToWorker } from './talk';

type Asked = Extract<ToWorker, { id: number }>;

const scope = globalThis as unknown as {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};
const awaited = new Map<string, (part: Part | null) => void>();
// What Python finds as the module safelight_seams.
const seams: Record<string, unknown> = { vips: undefined, libraries: [], letters, call };
let python: Promise<Answering> | undefined;
let last: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  if (data.kind === 'part') {
    awaited.get(data.name)?.(data.bytes);
    awaited.delete(data.name);
    return;
  }
  last = last.then(() => answer(data));
};

async function part(name: string): Promise<Part> {
  const given = await new Promise<Part | null>((resolve) => {
    awaited.set(name, resolve);
    scope.postMessage({ kind: 'want', name });
  });
  if (!given) {
    throw new Refused({
      code: 'part-missing',
      title: `a part of the Studio is not to be had: ${name}`,
      hint: 'reload the page while the server runs',
      status: 503,
    });
  }
  return given;
}

async function answer(asked: Asked): Promise<void> {
  try {
    await work(await begun(), asked);
  } catch (error) {
    const refused = error instanceof Refused;
    const failure = refused ? error.failure : failureOf(error);
    const unwell = !refused || failure.code === 'memory-exceeded';
    scope.postMessage({ kind: 'failed', id: asked.id, failure, unwell });
  }
}

// What could not be fetched may be there when it is asked for again.
function begun(): Promise<Answering> {
  if (!python) {
    python = startPython(part, seams);
    python.catch(() => (python = undefined));
  }
  return python;
}

async function work(engine: Answering, asked: Asked): Promise<void> {
  const { id } = asked;
  switch (asked.kind) {
    case 'start':
      engine.warm();
      return scope.postMessage({ kind: 'done', id, answer: null });
    case 'operations':
      return scope.postMessage({ kind: 'done', id, answer: told(engine.operations()) });
    case 'inspect':
      return scope.postMessage({
        kind: 'done',
        id,
        answer: told(engine.inspect(await bytesOf(asked.file))),
      });
    case 'run':
      return run(engine, asked);
  }
}

async function run(engine: Answering, asked: Extract<Asked, { kind: 'run' }>): Promise<void> {
  const { id } = asked;
  const data = await bytesOf(asked.file);
  const recipe = JSON.stringify(asked.recipe);
  const share = (so_far: number) => scope.postMessage({ kind: 'share', id, share: so_far });
  for (;;) {
    const made = engine.run(data, recipe, asked.extra, share);
    const words = made.told;
    const copy = copyOf(made.bytes);
    made.destroy();
    const answered = JSON.parse(words) as { wants?: string[] };
    if (!answered.wants) {
      const answer = told(words);
      return scope.postMessage({ kind: 'done', id, answer, bytes: copy }, [copy.buffer]);
    }
    await bring(engine, answered.wants);
  }
}

function copyOf(bytes: PythonBytes): Uint8Array<ArrayBuffer> {
  const view = bytes.getBuffer();
  const copy = new Uint8Array(view.data);
  view.release();
  bytes.destroy();
  return copy;
}

// A job that met what is not there yet says so, and is done again once it is.
async function bring(engine: Answering, wants: string[]): Promise<void> {
  if (wants.includes('letters')) {
    return bringLetters(engine);
  }
  if (!canThread()) {
    throw new Refused({
      code: 'pixels-elsewhere',
      title: 'this browser lets no page work on pixels in more than one thread',
      hint: 'metadata can be read and removed here; for more, continue on this computer',
      status: 501,
    });
  }
  seams.vips = await startLibvips(part, wants);
  seams.libraries = wants;
}

async function bringLetters(engine: Answering): Promise<void> {
  if (!letters.able()) {
    throw new Refused({
      code: 'letters-elsewhere',
      title: 'this browser draws no letters outside a page',
      hint: 'take a picture of the text as the mark, or continue on this computer',
      status: 501,
    });
  }
  await takeFont(copyOf(engine.font()));
}

async function bytesOf(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer());
}

class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure.title);
  }
}

function told(words: string): unknown {
  const answered = JSON.parse(words) as { failure?: Failure };
  if (answered.failure) {
    throw new Refused(answered.failure);
  }
  return answered;
}

// What nobody foresaw; mostly a browser that has no more memory to give.
function failureOf(error: unknown): Failure {
  const words = String(error).toLowerCase();
  if (/memory|allocation|aborted|array length/.test(words)) {
    return {
      code: 'memory-exceeded',
      title: 'the work needed more memory than this tab has',
      hint: 'try a smaller picture, or continue on this computer',
      status: 413,
    };
  }
  return {
    code: 'failed',
    title: 'the engine in this tab failed',
    hint: 'try again; the file was not changed',
    status: 500,
    ...{ detail: String(error) },
  };
}
