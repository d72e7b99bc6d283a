// Work on many files, one after another: what has been done, what is left, how long it will take.
// It knows no page; whoever shows it is told of every change.

export type Stage = 'waiting' | 'working' | 'done' | 'failed' | 'stopped';

export interface Task<Result> {
  readonly id: number;
  readonly file: File;
  stage: Stage;
  result: Result | null;
  trouble: unknown;
}

export interface Tally {
  total: number;
  done: number;
  failed: number;
  left: number;
  /** 0 to 1, by bytes. */
  share: number;
  /** Seconds that the rest will take; null before there is anything to tell by. */
  secondsLeft: number | null;
}

type Work<Result> = (file: File, signal: AbortSignal) => Promise<Result>;

/** A queue that works on one file at a time. */
export class Queue<Result> {
  tasks: Task<Result>[] = [];
  private stop = new AbortController();
  private running = false;
  private held = false;
  private next = 1;
  private spentMs = 0;
  private spentBytes = 0;

  constructor(
    private readonly changed: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get isRunning(): boolean {
    return this.running;
  }

  /** Asked to pause; a file that is being worked on is finished first. */
  get isPaused(): boolean {
    return this.held;
  }

  add(files: Iterable<File>): void {
    const fresh = Array.from(files, (file) => ({
      id: this.next++,
      file,
      stage: 'waiting' as const,
      result: null,
      trouble: null,
    }));
    this.tasks = [...this.tasks, ...fresh];
    this.changed();
  }

  /** Takes a file out, unless it is being worked on. */
  remove(id: number): void {
    this.tasks = this.tasks.filter((task) => task.id !== id || task.stage === 'working');
    this.changed();
  }

  clear(): void {
    this.cancel();
    this.tasks = [];
    this.changed();
  }

  /** Works until nothing waits, or until paused or cancelled. Never rejects. */
  async run(work: Work<Result>): Promise<void> {
    this.held = false;
    if (this.running) return this.changed();
    this.running = true;
    this.stop = new AbortController();
    const { signal } = this.stop;
    while (!this.held && !signal.aborted) {
      const task = this.tasks.find((one) => one.stage === 'waiting');
      if (!task) break;
      await this.worked(task, work, signal);
    }
    if (this.stop.signal === signal) this.running = false;
    this.changed();
  }

  pause(): void {
    this.held = true;
    this.changed();
  }

  /** Ends the work at once; what waits or is worked on counts as stopped. */
  cancel(): void {
    this.stop.abort();
    this.running = this.held = false;
    for (const task of this.tasks) {
      if (task.stage === 'waiting' || task.stage === 'working') task.stage = 'stopped';
    }
    this.changed();
  }

  /** What failed or was stopped waits once more; all: what is done, too. */
  again(all = false): void {
    for (const task of this.tasks) {
      const isOver = task.stage === 'failed' || task.stage === 'stopped';
      if (isOver || (all && task.stage === 'done')) {
        task.stage = 'waiting';
        task.result = task.trouble = null;
      }
    }
    this.changed();
  }

  get tally(): Tally {
    const bytes = (stages: Stage[]): number =>
      this.tasks.reduce((sum, task) => sum + (stages.includes(task.stage) ? task.file.size : 0), 0);
    const left = bytes(['waiting', 'working']);
    const over = bytes(['done', 'failed', 'stopped']);
    const count = (stage: Stage): number =>
      this.tasks.filter((task) => task.stage === stage).length;
    return {
      total: this.tasks.length,
      done: count('done'),
      failed: count('failed'),
      left: count('waiting') + count('working'),
      share: left + over ? over / (left + over) : 0,
      secondsLeft: this.spentBytes ? (left * this.spentMs) / this.spentBytes / 1000 : null,
    };
  }

  private async worked(task: Task<Result>, work: Work<Result>, signal: AbortSignal): Promise<void> {
    const start = this.now();
    task.stage = 'working';
    this.changed();
    try {
      const result = await work(task.file, signal);
      if (signal.aborted) return;
      task.result = result;
      task.stage = 'done';
      this.spentMs += this.now() - start;
      this.spentBytes += task.file.size;
    } catch (error) {
      if (signal.aborted) return;
      task.trouble = error;
      task.stage = 'failed';
    }
    this.changed();
  }
}
