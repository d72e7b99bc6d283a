// Task: one picture, what is to be done with it on the server, and how that goes.

import { Problem } from '../../core/problem';
import { t } from '../../core/text.svelte';
import type { Result } from '../results/result';
import { seen, type Seen } from './picture';
import { facts } from './server_facts.svelte';
import { erased, worked, type Listener, type Stage, type Wish } from './working';

export type TaskState = 'empty' | 'ready' | Stage | 'done' | 'failed';

export class Task {
  file = $state.raw<File | null>(null);
  seen = $state.raw<Seen | null>(null);
  state = $state<TaskState>('empty');
  share = $state(0);
  isLost = $state(false);
  /** The picture is not shown yet, be it that it can be. */
  isLooking = $state(false);
  problem = $state.raw<Problem | null>(null);
  result = $state.raw<Result | null>(null);
  url = $state<string | null>(null);
  /** The result that is here was handed to the browser to be saved. */
  isSaved = $state(false);
  private stop: AbortController | null = null;
  /** What is wrong with the picture, once all is known that tells: nothing is sent before. */
  private judged: Promise<Problem | null> = Promise.resolve(null);
  private wish: Wish | null = null;
  private began = 0;

  get isBusy(): boolean {
    return ['sending', 'working', 'fetching'].includes(this.state);
  }

  /** Something is here that would be lost with this page. */
  get hasUnsaved(): boolean {
    return this.result !== null && !this.isSaved;
  }

  /** Seconds that the rest may take, going by what is done; null while that says nothing. */
  get left(): number | null {
    const passed = (performance.now() - this.began) / 1000;
    if (this.state !== 'working' || this.share < 0.05 || passed < 1) return null;
    return (passed * (1 - this.share)) / this.share;
  }

  /** Another picture; what was there is let go of. */
  async take(file: File): Promise<void> {
    this.clear();
    this.file = file;
    this.problem = refusal(file);
    this.state = this.problem === null ? 'ready' : 'failed';
    this.judged = this.judge(file);
    const problem = await this.judged;
    if (this.file !== file || problem === null || this.isBusy) return;
    this.problem = problem;
    this.state = 'failed';
  }

  /** What is wrong with the picture for this server; it is shown, if it can be and nothing is. */
  private async judge(file: File): Promise<Problem | null> {
    const wrong = refusal(file);
    if (wrong !== null) return wrong;
    this.isLooking = true;
    const [found] = await Promise.all([seen(file), facts.load()]);
    const problem = refusal(file) ?? (found === null ? null : refusalOfSize(found));
    if (this.file === file) this.isLooking = false;
    // So large a picture is not shown, either: the browser would have to hold all of its pixels.
    if (this.file === file && problem === null) this.seen = found;
    else if (found !== null) URL.revokeObjectURL(found.url);
    return problem;
  }

  async run(wish: Wish): Promise<void> {
    const { file } = this;
    if (file === null || this.isBusy) return;
    this.forgetResult();
    this.wish = wish;
    const stop = new AbortController();
    this.stop = stop;
    this.began = performance.now();
    this.state = 'sending';
    const refused = await this.judged;
    if (this.stop !== stop) return;
    if (refused !== null) return this.ended(refused);
    try {
      const result = await worked(file, wish, this.listener(stop), stop.signal);
      if (this.stop === stop) this.show(result);
    } catch (thrown) {
      if (this.stop === stop) this.ended(Problem.of(thrown));
    }
  }

  /** The same once more. */
  async again(): Promise<void> {
    if (this.wish !== null) await this.run(this.wish);
    else if (this.file !== null) await this.take(this.file);
  }

  cancel(): void {
    this.stop?.abort();
    this.stop = null;
    if (this.isBusy) this.state = this.file === null ? 'empty' : 'ready';
  }

  /** Back to the settings, with the same picture. */
  back(): void {
    this.forgetResult();
    this.state = this.file === null ? 'empty' : 'ready';
  }

  /** Has the server overwrite what it still holds, and then lets go of everything here: rejects
   * with a Problem, and nothing is gone, where the server did not say that it did. */
  async erase(): Promise<void> {
    const { result } = this;
    if (result !== null && result.job !== '') await erased(result.job);
    if (this.result === result) this.clear();
  }

  clear(): void {
    this.cancel();
    this.forgetResult();
    if (this.seen !== null) URL.revokeObjectURL(this.seen.url);
    this.seen = null;
    this.isLooking = false;
    this.file = null;
    this.wish = null;
    this.state = 'empty';
  }

  /** What was given up may still be told of, and is not heard. */
  private listener(stop: AbortController): Listener {
    const ifMine = (set: () => void) => {
      if (this.stop === stop) set();
    };
    return {
      stage: (stage) => ifMine(() => ((this.state = stage), (this.share = 0))),
      share: (share) => ifMine(() => (this.share = share)),
      lost: (isLost) => ifMine(() => (this.isLost = isLost)),
    };
  }

  private show(result: Result): void {
    [this.result, this.isSaved] = [result, false];
    this.url = URL.createObjectURL(result.blob);
    this.state = 'done';
    this.stop = null;
    this.isLost = false;
  }

  private ended(problem: Problem): void {
    this.stop = null;
    this.isLost = false;
    this.problem = problem;
    this.state = 'failed';
  }

  private forgetResult(): void {
    if (this.url !== null) URL.revokeObjectURL(this.url);
    this.url = null;
    this.result = null;
    this.problem = null;
  }
}

function refusalOfSize(picture: Seen): Problem | null {
  const most = facts.capabilities?.limits.input_pixels ?? Infinity;
  if (picture.width * picture.height <= most) return null;
  return new Problem({ code: 'too-many-pixels', title: t('result.code_too_many_pixels') });
}

/** What is wrong with a file before it is sent; null if nothing can be told. */
export function refusal(file: File): Problem | null {
  if (file.size === 0) return new Problem({ code: 'empty-file', title: 'the file is empty' });
  const most = facts.capabilities?.limits.input_bytes ?? Infinity;
  if (file.size <= most) return null;
  return new Problem({ status: 413, code: 'body-too-large', title: 'the file is too large' });
}
