// The last wish counts: work waits a moment, and what was asked since replaces what waits.

export type Job = (signal: AbortSignal, isWanted: () => boolean) => Promise<void>;

const PAUSE_MS = 180;
/** To cancel ends the engine's worker, which takes seconds to come back: only long work is. */
const PATIENCE_MS = 6_000;

export class Latest {
  private timer = 0;
  private next: Job | null = null;
  private running: AbortController | null = null;
  private since = 0;

  ask(job: Job): void {
    clearTimeout(this.timer);
    this.next = job;
    this.timer = window.setTimeout(() => void this.pump(), PAUSE_MS);
  }

  /** Nothing more is wanted. */
  stop(): void {
    clearTimeout(this.timer);
    this.next = null;
    this.running?.abort();
  }

  /** Waits no longer, so that what is shown is what was last asked. */
  get isIdle(): boolean {
    return this.next === null && this.running === null;
  }

  private async pump(): Promise<void> {
    if (this.running) {
      if (performance.now() - this.since > PATIENCE_MS) this.running.abort();
      return;
    }
    while (this.next) {
      const job = this.next;
      const running = new AbortController();
      [this.next, this.running, this.since] = [null, running, performance.now()];
      await job(running.signal, () => this.next === null && !running.signal.aborted);
      this.running = null;
    }
  }
}
