// The engine as the frame has it: workers that each see one file alone, and are ended after it, to
// cancel, and when their time is over. The next one is started before it is asked for.
import { Problem } from '../../core/problem';
import { CANCELLED, Hand, type Answer } from './hand';
import { Store, type Parts } from './store';
import type { Ask, Facts, Failure, JsonSchema, Made, Recipe } from './talk';

export type { Parts } from './store';
export type { Changes, Facts, Finding, JsonSchema, Place, Recipe, Step, Town } from './talk';

export type State = 'cold' | 'starting' | 'ready' | 'broken';

/** The result of a recipe. report: what was removed, kept and added. */
export interface Outcome extends Made {
  bytes: Uint8Array<ArrayBuffer>;
}

/** extra: further pictures, under names that the recipe uses for them. share: from 0 to 1. */
export interface More extends Asking {
  progress?: (share: number) => void;
  extra?: Record<string, Uint8Array>;
}

export interface Asking {
  signal?: AbortSignal;
  /** What the worker may have seen before: the file alone, unless this names what it was made of,
   * or what it is done together with. */
  of?: object;
}

/** How long a question may take, in milliseconds. */
export interface Limits {
  inspect: number;
  run: number;
  /** For each megabyte of the file more. */
  perMegabyte: number;
}

/** Every promise rejects with a Problem. */
export interface Engine {
  readonly state: State;
  start(): Promise<void>;
  inspect(file: Blob, asking?: Asking): Promise<Facts>;
  run(file: Blob, recipe: Recipe, more?: More): Promise<Outcome>;
  /** A picture to look at, its longer side at most so many pixels; the caller revokes url. */
  preview(file: Blob, longest: number, asking?: Asking): Promise<Preview>;
  /** The JSON schema of each operation that can be done here, by its name. */
  operations(): Promise<Record<string, JsonSchema>>;
  /** Ends the worker that has seen one of these, once nothing is asked of it. */
  leave(...seen: object[]): void;
  /** Ends all work; the next question starts another worker. */
  stop(): void;
}

export interface Preview {
  url: string;
  width: number;
  height: number;
}

interface Job {
  ask: Ask;
  more: More;
  done: (answer: Answer) => void;
  failed: (problem: Problem) => void;
  /** Nobody waits for it any longer. */
  isOver: boolean;
}

// As long as the program on this computer allows, for each job.
const LIMITS: Limits = { inspect: 30_000, run: 120_000, perMegabyte: 1_000 };
const MEGABYTE = 1e6;
/** Until then the worker that is asked has the processor for itself. */
const SPARE_AFTER_MS = 300;
const LATE: Failure = {
  code: 'time-exceeded',
  title: 'this took longer than allowed',
  hint: 'choose a smaller size, or continue on this computer',
  status: 408,
};

/** An engine that asks for its parts when it first needs them. */
export function createEngine(parts: Parts, limits: Limits = LIMITS): Engine {
  return new TabEngine(new Store(parts), limits);
}

class TabEngine implements Engine {
  #store: Store;
  #limits: Limits;
  #state: State = 'cold';
  #hand: Hand | undefined;
  #spare: Hand | undefined;
  #spareTimer: ReturnType<typeof setTimeout> | undefined;
  #queue: Job[] = [];
  #current: Job | undefined;
  #isLeft = false;
  #operations: Promise<Record<string, JsonSchema>> | undefined;

  constructor(store: Store, limits: Limits) {
    this.#store = store;
    this.#limits = limits;
  }

  get state(): State {
    return this.#state;
  }

  async start(): Promise<void> {
    await this.#ask({ kind: 'start' });
  }

  async inspect(file: Blob, asking: Asking = {}): Promise<Facts> {
    return (await this.#ask({ kind: 'inspect', file }, asking)).answer as Facts;
  }

  async run(file: Blob, recipe: Recipe, more: More = {}): Promise<Outcome> {
    const ask: Ask = { kind: 'run', file, recipe, extra: more.extra ?? {} };
    const { answer, bytes } = await this.#ask(ask, more);
    return { ...(answer as Made), bytes: bytes ?? new Uint8Array() };
  }

  async preview(file: Blob, longest: number, asking: Asking = {}): Promise<Preview> {
    const small = { op: 'resize', fit: `${longest}x${longest}` };
    const steps = [small, { op: 'convert', to: 'png', effort: 1 }, { op: 'scrub' }];
    const made = await this.run(file, { steps }, asking);
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

  leave(...seen: object[]): void {
    const have = [this.#hand?.of, this.#current && fileOf(this.#current)];
    this.#isLeft ||= have.some((of) => of != null && seen.includes(of));
    if (!this.#current) this.#letGo();
  }

  stop(): void {
    [this.#current, ...this.#queue].forEach((job) => job && this.#cancel(job));
    clearTimeout(this.#spareTimer);
    this.#hand?.end();
    this.#spare?.end();
    this.#spare = undefined;
    this.#state = 'cold';
  }

  #ask(ask: Ask, more: More = {}): Promise<Answer> {
    return new Promise((done, failed) => {
      const { signal } = more;
      if (signal?.aborted) {
        return failed(new Problem(CANCELLED));
      }
      const cancel = () => this.#cancel(job);
      const over = () => signal?.removeEventListener('abort', cancel);
      const job: Job = {
        ...{ ask, more, isOver: false },
        done: (answer) => (over(), done(answer)),
        failed: (problem) => (over(), failed(problem)),
      };
      signal?.addEventListener('abort', cancel);
      this.#queue.push(job);
      void this.#work();
    });
  }

  // Python cannot be stopped in the middle of a job: its worker is ended.
  #cancel(job: Job): void {
    if (job.isOver) {
      return;
    }
    job.isOver = true;
    job.failed(new Problem(CANCELLED));
    if (job === this.#current && this.#state === 'ready') {
      this.#hand?.end();
    }
  }

  async #work(): Promise<void> {
    if (this.#current) {
      return;
    }
    while ((this.#current = this.#queue.shift())) {
      if (!this.#current.isOver) {
        await this.#answer(this.#current);
      }
    }
    this.#letGo();
  }

  #letGo(): void {
    if (!this.#isLeft) return;
    this.#hand?.end();
    [this.#hand, this.#isLeft] = [undefined, false];
  }

  async #answer(job: Job): Promise<void> {
    try {
      const hand = this.#handFor(job);
      await this.#readied(hand);
      if (!job.isOver) {
        hand.of ??= fileOf(job); // one that was given up by now has seen nothing of it
        job.done(await this.#timed(hand, job));
      }
    } catch (error) {
      job.failed(problemOf(error));
    }
    job.isOver = true;
  }

  async #timed(hand: Hand, { ask, more }: Job): Promise<Answer> {
    const timer = setTimeout(() => hand.end(LATE), this.#limit(ask));
    try {
      return await hand.ask(ask, more.progress);
    } finally {
      clearTimeout(timer);
    }
  }

  #limit(ask: Ask): number {
    const { inspect, run, perMegabyte } = this.#limits;
    const size = 'file' in ask ? ask.file.size / MEGABYTE : 0;
    return ask.kind === 'run' ? run + size * perMegabyte : inspect;
  }

  // A picture that took its worker over has nothing but itself in it.
  #handFor(job: Job): Hand {
    const of = fileOf(job);
    const have = this.#hand;
    const fits = have && !have.isEnded && (!of || !have.of || have.of === of);
    const hand = fits ? have : this.#fresh();
    this.#hand = hand;
    if (of && !this.#spare) {
      clearTimeout(this.#spareTimer);
      this.#spareTimer = setTimeout(() => (this.#spare ??= new Hand(this.#store)), SPARE_AFTER_MS);
    }
    return hand;
  }

  #fresh(): Hand {
    this.#hand?.end();
    this.#isLeft = false;
    const spare = this.#spare;
    this.#spare = undefined;
    return spare && !spare.isEnded ? spare : new Hand(this.#store);
  }

  async #readied(hand: Hand): Promise<void> {
    try {
      this.#state = 'starting';
      await hand.ready;
      this.#state = 'ready';
    } catch (error) {
      this.#state = 'broken';
      throw error;
    }
  }
}

/** What the worker of a job sees: a file, or what stands for several. */
function fileOf({ ask, more }: Job): object | null {
  return 'file' in ask ? (more.of ?? ask.file) : null;
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  const title = 'the engine cannot be started in this tab';
  return new Problem({ code: 'worker-died', title, hint: 'reload the page', status: 500 });
}
