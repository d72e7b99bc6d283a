// A hand of the engine: one worker, which is asked one question at a time and sees one file alone.
import { Problem } from '../../core/problem';
import type { Store } from './store';
import type { Ask, Failure, FromWorker, ToWorker } from './talk';

export interface Answer {
  answer: unknown;
  bytes?: Uint8Array<ArrayBuffer>;
}

interface Asked {
  done: (answer: Answer) => void;
  failed: (problem: Problem) => void;
  progress: ((share: number) => void) | undefined;
}

export const CANCELLED: Failure = { code: 'cancelled', title: 'cancelled', hint: '', status: 499 };
const DIED: Failure = {
  code: 'worker-died',
  title: 'the engine in this tab ended before it was done',
  hint: 'try a smaller picture, or continue on this computer',
  status: 500,
};

export class Hand {
  /** Settles once it can be asked; rejects with a Problem. */
  readonly ready: Promise<void>;
  /** What it has seen: a file, or what stands for several. */
  of: object | null = null;
  #store: Store;
  #worker: Worker | undefined;
  #asked: Asked | undefined;
  #number = 0;
  #isEnded = false;

  constructor(store: Store) {
    this.#store = store;
    this.ready = this.#begin();
    this.ready.catch(() => this.end());
  }

  /** Whether it is of no more use. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Rejects with a Problem. */
  ask(ask: Ask, progress?: (share: number) => void): Promise<Answer> {
    return new Promise((done, failed) => {
      if (this.#isEnded) return failed(new Problem(CANCELLED));
      this.#asked = { done, failed, progress };
      this.#worker?.postMessage({ id: (this.#number += 1), ...ask } satisfies ToWorker);
    });
  }

  /** Python cannot be stopped in the middle of a job: whatever it does, the worker ends. */
  end(failure: Failure = CANCELLED): void {
    this.#isEnded = true;
    this.#worker?.terminate();
    this.#settle((one) => one.failed(new Problem(failure)));
  }

  async #begin(): Promise<void> {
    const address = URL.createObjectURL(await this.#store.script());
    if (!this.#isEnded) {
      this.#worker = new Worker(address, { name: 'engine' });
      this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data);
      this.#worker.onerror = () => this.end(DIED);
    }
    await this.ask({ kind: 'start' }).finally(() => URL.revokeObjectURL(address));
  }

  #hear(said: FromWorker): void {
    switch (said.kind) {
      case 'want':
        return void this.#give(said.name);
      case 'share':
        return this.#asked?.progress?.(said.share);
      case 'done':
        return this.#settle((one) => one.done(said));
      case 'failed':
        return said.unwell
          ? this.end(said.failure)
          : this.#settle((one) => one.failed(new Problem(said.failure)));
    }
  }

  // Whatever goes wrong here, the worker gets an answer: it would wait for ever.
  async #give(name: string): Promise<void> {
    const bytes = await this.#store.part(name);
    const given = bytes instanceof ArrayBuffer ? [bytes] : [];
    try {
      this.#worker?.postMessage({ kind: 'part', name, bytes } satisfies ToWorker, given);
    } catch {
      this.#worker?.postMessage({ kind: 'part', name, bytes: null } satisfies ToWorker);
    }
  }

  #settle(tell: (one: Asked) => void): void {
    const one = this.#asked;
    this.#asked = undefined;
    if (one) {
      tell(one);
    }
  }
}
