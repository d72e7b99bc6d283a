// The engine as the frame has it: a worker that is started when it is first asked, and ended to cancel.
import { Problem } from '../../core/problem';
import type { Ask, Facts, Failure, FromWorker, JsonSchema, Made, Recipe, ToWorker } from './talk';

export type { Changes, Facts, Finding, JsonSchema, Place, Recipe, Step, Town } from './talk';

/** Gives a part of the Studio by its name, each time a copy. Rejects where it is not to be had. */
export type Parts = (name: string) => Promise<ArrayBuffer>;
export type State = 'cold' | 'starting' | 'ready' | 'broken';

/** The result of a recipe. report: what was removed, kept and added. */
export interface Outcome extends Made {
  bytes: Uint8Array<ArrayBuffer>;
}

/** extra: further pictures, under names that the recipe uses for them. share: from 0 to 1. */
export interface More {
  signal?: AbortSignal;
  progress?: (share: number) => void;
  extra?: Record<string, Uint8Array>;
}

/** Every promise rejects with a Problem. */
export interface Engine {
  readonly state: State;
  start(): Promise<void>;
  inspect(file: Blob): Promise<Facts>;
  run(file: Blob, recipe: Recipe, more?: More): Promise<Outcome>;
  /** A picture to look at, its longer side at most so many pixels; the caller revokes url. */
  preview(file: Blob, longest: number): Promise<{ url: string; width: number; height: number }>;
  /** The JSON schema of each operation that can be done here, by its name. */
  operations(): Promise<Record<string, JsonSchema>>;
  /** Ends the worker; the next question starts another one. */
  stop(): void;
}

interface Waiting {
  ask: Ask;
  done: (answer: { answer: unknown; bytes?: Uint8Array<ArrayBuffer> }) => void;
  failed: (problem: Problem) => void;
  progress?: (share: number) => void;
}

const CANCELLED: Failure = { code: 'cancelled', title: 'cancelled', hint: '', status: 499 };
const DIED: Failure = {
  code: 'worker-died',
  title: 'the engine in this tab ended before it was done',
  hint: 'try a smaller picture, or continue on this computer',
  status: 500,
};

/** An engine that asks for its parts when it first needs them. */
export function createEngine(part: Parts): Engine {
  return new TabEngine(part);
}

class TabEngine implements Engine {
  #part: Parts;
  #state: State = 'cold';
  #worker: Promise<Worker> | undefined;
  #waiting = new Map<number, Waiting>();
  #number = 0;
  #operations: Promise<Record<string, JsonSchema>> | undefined;

  constructor(part: Parts) {
    this.#part = part;
  }

  get state(): State {
    return this.#state;
  }

  async start(): Promise<void> {
    await this.#ask({ kind: 'start' });
  }

  async inspect(file: Blob): Promise<Facts> {
    return (await this.#ask({ kind: 'inspect', file })).answer as Facts;
  }

  async run(file: Blob, recipe: Recipe, more: More = {}): Promise<Outcome> {
    const ask: Ask = { kind: 'run', file, recipe, extra: more.extra ?? {} };
    const { answer, bytes } = await this.#ask(ask, more);
    return { ...(answer as Made), bytes: bytes ?? new Uint8Array() };
  }

  async preview(file: Blob, longest: number): Promise<{ url: string; width: number; height: number }> {
    const small = { op: 'resize', fit: `${longest}x${longest}` };
    const steps = [small, { op: 'convert', to: 'png', effort: 1 }, { op: 'scrub' }];
    const made = await this.run(file, { steps });
    const url = URL.createObjectURL(new Blob([made.bytes], { type: made.mime }));
    return { url, ...made.facts };
  }

  operations(): Promise<Record<string, JsonSchema>> {
    const asked = this.#operations ?? this.#ask({ kind: 'operations' }).then(
      ({ answer }) => answer as Record<string, JsonSchema>,
    );
    asked.catch(() => (this.#operations = undefined));
    this.#operations = asked;
    return asked;
  }

  stop(): void {
    this.#end(CANCELLED);
  }

  #ask(ask: Ask, more: More = {}): Promise<{ answer: unknown; bytes?: Uint8Array<ArrayBuffer> }> {
    return new Promise((done, failed) => {
      const { signal, progress } = more;
      if (signal?.aborted) {
        return failed(new Problem(CANCELLED));
      }
      const id = ++this.#number;
      const cancel = () => this.#leave(id, CANCELLED);
      const over = () => signal?.removeEventListener('abort', cancel);
      signal?.addEventListener('abort', cancel);
      this.#waiting.set(id, {
        ask,
        done: (made) => (over(), done(made)),
        failed: (problem) => (over(), failed(problem)),
        ...(progress && { progress }),
      });
      void this.#send(id, ask);
    });
  }

  async #send(id: number, ask: Ask): Promise<void> {
    try {
      (await (this.#worker ??= this.#begin())).postMessage({ id, ...ask } satisfies ToWorker);
    } catch (error) {
      this.#state = 'broken';
      this.#worker = undefined;
      this.#settle(id, (one) => one.failed(problemOf(error)));
    }
  }

  async #begin(): Promise<Worker> {
    this.#state = 'starting';
    const script = new Blob([await this.#part('engine.js')], { type: 'text/javascript' });
    const address = URL.createObjectURL(script);
    const worker = new Worker(address, { name: 'engine' });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      URL.revokeObjectURL(address);
      this.#hear(worker, data);
    };
    worker.onerror = () => this.#end(DIED);
    return worker;
  }

  #hear(worker: Worker, said: FromWorker): void {
    switch (said.kind) {
      case 'want':
        return void this.#give(worker, said.name);
      case 'share':
        return this.#waiting.get(said.id)?.progress?.(said.share);
      case 'done':
        this.#state = 'ready';
        return this.#settle(said.id, (one) => one.done(said));
      case 'failed':
        this.#state = said.failure.code === 'part-missing' ? 'broken' : 'ready';
        return said.unwell
          ? this.#leave(said.id, said.failure)
          : this.#settle(said.id, (one) => one.failed(new Problem(said.failure)));
    }
  }

  // Whoever gives a part gives a copy each time: it is handed on as it is.
  async #give(worker: Worker, name: string): Promise<void> {
    const bytes = await this.#part(name).catch(() => null);
    worker.postMessage({ kind: 'part', name, bytes } satisfies ToWorker, bytes ? [bytes] : []);
  }

  // Python cannot be stopped in the middle of a job, and is not trusted after a fault. So its worker is
  // ended, and whatever else waited is asked again of a new one.
  #leave(id: number, failure: Failure): void {
    const others = [...this.#waiting].filter(([one]) => one !== id);
    this.#settle(id, (one) => one.failed(new Problem(failure)));
    this.#drop();
    others.forEach(([one, { ask }]) => void this.#send(one, ask));
  }

  #end(failure: Failure): void {
    this.#drop();
    [...this.#waiting.keys()].forEach((id) => this.#settle(id, (one) => one.failed(new Problem(failure))));
  }

  #drop(): void {
    const ended = this.#worker;
    this.#worker = undefined;
    this.#state = 'cold';
    ended?.then((worker) => worker.terminate()).catch(() => {});
  }

  #settle(id: number, tell: (one: Waiting) => void): void {
    const one = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (one) {
      tell(one);
    }
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  return new Problem({ ...DIED, title: 'the engine cannot be started in this tab', hint: 'reload the page' });
}
