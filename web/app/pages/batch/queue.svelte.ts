// Queue: many files and one recipe, a few at a time. It goes on while another page is shown, and
// keeps everything while the server is gone.

import { Problem } from '../../../core/problem';
import { counted, named, type Row } from '../../../core/rows';
import { t } from '../../../core/text.svelte';
import { endingOf, type Result } from '../../results/result';
import { isGone, said } from '../../tasks/problems';
import { refusal } from '../../tasks/task.svelte';
import { erased, worked, type Listener, type Wish } from '../../tasks/working';

type Changing = { -readonly [Key in keyof Row]: Row[Key] };
/** Writes a result and says under which name: one that nothing had before. */
export type Sink = (name: string, blob: Blob) => Promise<string>;
export interface Folder {
  readonly name: string;
  readonly sink: Sink;
}

/** How many are with the server at once: enough to keep it at work, and memory flat. */
export const IN_FLIGHT = 3;
const BUSY_PAUSE_MS = 3000;

class Queue {
  rows = $state<Changing[]>([]);
  isPaused = $state(false);
  isRunning = $state(false);
  /** Why it stopped by itself: the server is gone, or does not know this browser any more. */
  problem = $state.raw<Problem | null>(null);
  /** The server does not answer while it has pictures; it is asked again by itself. */
  isLost = $state(false);
  place = $state<'computer' | 'network' | null>(null);
  /** Where results go at once; without one they wait here to be saved together. */
  folder = $state.raw<Folder | null>(null);
  /** Why results do not go into the folder any more; they are still here. */
  trouble = $state.raw<Problem | null>(null);
  results = new Map<number, { name: string; blob: Blob }>();
  private unsaved = new Set<number>();
  // Handed to the browser from here; a folder chosen later gets them all the same.
  private given = new Set<number>();
  // One is written after the other: two at once could find the same name free.
  private writing: Promise<unknown> = Promise.resolve();
  private files = new Map<number, File>();
  private names = new Set<string>();
  private wish: Wish | null = null;
  private stops = new Map<number, AbortController>();
  private jobs: string[] = [];
  private again = new Set<number>();
  private last = 0;

  readonly counts = $derived(counted(this.rows));
  readonly hasLeft = $derived(this.counts.waiting > 0);
  readonly isBusy = $derived(this.counts.sending + this.counts.working > 0);

  /** Something is here that was not saved yet. */
  get hasUnsaved(): boolean {
    return [...this.unsaved].some((id) => !this.given.has(id));
  }

  /** The numbers of the results that are here now. */
  done(): number[] {
    return this.rows.map(({ id }) => id).filter((id) => this.results.has(id));
  }

  /** These results were handed to the browser. */
  saved(ids: Iterable<number>): void {
    for (const id of ids) this.given.add(id);
  }

  add(files: readonly File[]): void {
    for (const file of files) {
      this.last += 1;
      this.files.set(this.last, file);
      const row = fresh(this.last, file);
      this.rows.push(row);
      const problem = refusal(file);
      if (problem !== null) fail(this.rows.at(-1) ?? row, problem);
    }
    if (this.isRunning) this.fill();
  }

  /** Has all that waits worked on in this way. */
  start(wish: Wish): void {
    this.wish = wish;
    this.isPaused = false;
    this.isRunning = true;
    this.problem = null;
    this.fill();
  }

  /** What is under way comes to its end; nothing more is sent. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.problem = null;
    this.fill();
  }

  /** What failed, or was stopped, waits again. */
  retry(): void {
    for (const row of this.rows) {
      if (row.state !== 'failed' && row.state !== 'stopped') continue;
      const file = this.files.get(row.id);
      if (file !== undefined && refusal(file) === null) Object.assign(row, fresh(row.id, file));
    }
    if (this.wish !== null) this.start(this.wish);
  }

  /** Ends what is under way; what waits is not sent. */
  stop(): void {
    for (const stop of this.stops.values()) stop.abort();
    for (const row of this.rows) if (row.state === 'waiting') row.state = 'stopped';
    this.isRunning = false;
  }

  remove(id: number): void {
    this.stops.get(id)?.abort();
    this.rows = this.rows.filter((row) => row.id !== id);
    this.files.delete(id);
    this.results.delete(id);
    this.unsaved.delete(id);
  }

  /** Lets go of everything here, and of what the server may still hold. */
  async clear(): Promise<void> {
    this.stop();
    const jobs = this.jobs;
    this.rows = [];
    this.files.clear();
    this.results.clear();
    this.unsaved.clear();
    this.given.clear();
    this.folder = null;
    this.trouble = null;
    this.names.clear();
    this.jobs = [];
    this.problem = null;
    this.place = null;
    const ended = await Promise.allSettled(jobs.map((job) => erased(job)));
    const failed = ended.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason; // the others are erased all the same
  }

  /** What is here, in the order of the files. */
  *finished(): Generator<{ name: string; blob: Blob }> {
    for (const row of this.rows) {
      const result = this.results.get(row.id);
      if (result !== undefined) yield result;
    }
  }

  /** Results go there from now on, and first those that are here and not saved. */
  async into(folder: Folder): Promise<void> {
    this.folder = folder;
    this.trouble = null;
    for (const id of [...this.unsaved]) await this.stow(id);
  }

  private fill(): void {
    if (!this.isRunning || this.isPaused || this.problem !== null) return;
    while (this.stops.size < IN_FLIGHT) {
      const next = this.rows.find((row) => row.state === 'waiting');
      if (next === undefined) break;
      void this.work(next);
    }
    if (this.stops.size === 0) this.isRunning = false;
  }

  private async work(row: Changing): Promise<void> {
    const [file, wish] = [this.files.get(row.id), this.wish];
    if (file === undefined || wish === null) return void (row.state = 'stopped');
    const stop = new AbortController();
    this.stops.set(row.id, stop);
    row.state = 'sending';
    try {
      const result = await worked(file, wish, this.listener(row), stop.signal);
      await this.take(row, file, result);
    } catch (thrown) {
      await this.failed(row, file, Problem.of(thrown), stop.signal);
    } finally {
      this.stops.delete(row.id);
      this.isLost &&= this.stops.size > 0;
      this.fill();
    }
  }

  private async take(row: Changing, file: File, result: Result): Promise<void> {
    this.jobs.push(result.job);
    if (!this.files.has(row.id)) return; // taken off the list meanwhile
    const { facts } = result;
    row.output = named(file.name, '', endingOf(facts.format), this.names);
    this.results.set(row.id, { name: row.output, blob: result.blob });
    this.unsaved.add(row.id);
    if (await this.stow(row.id)) this.results.delete(row.id);
    this.place = result.place;
    Object.assign(row, {
      state: 'done',
      share: 1,
      bytesAfter: facts.bytes,
      width: facts.width,
      height: facts.height,
      seconds: result.seconds,
      receipt: result.receipt,
    });
  }

  /** Writes one into the folder, if there is one. What cannot be written stays here. */
  private stow(id: number): Promise<boolean> {
    const written = this.writing.then(async () => {
      const [folder, result] = [this.folder, this.results.get(id)];
      if (folder === null || result === undefined || !this.unsaved.has(id)) return false;
      try {
        const output = await folder.sink(result.name, result.blob);
        const row = this.rows.find((one) => one.id === id);
        if (row !== undefined) row.output = output;
        return this.unsaved.delete(id);
      } catch (thrown) {
        const hint = `${t('batch.folder_failed_hint')} ${Problem.of(thrown).title}`;
        this.trouble = new Problem({ code: 'folder', title: t('batch.folder_failed'), hint });
        if (this.folder === folder) this.folder = null; // the next would fail as well
        return false;
      }
    });
    this.writing = written;
    return written;
  }

  private listener(row: Changing): Listener {
    return {
      stage: (stage) => (row.state = stage === 'sending' ? 'sending' : 'working'),
      share: (share) => (row.share = share),
      lost: (isLost) => (this.isLost = isLost),
    };
  }

  private async failed(
    row: Changing,
    file: File,
    problem: Problem,
    signal: AbortSignal,
  ): Promise<void> {
    if (problem.code === 'cancelled') return void (row.state = 'stopped');
    if (isGone(problem) || problem.status === 401) {
      Object.assign(row, fresh(row.id, file));
      this.problem = problem; // nothing more is sent until somebody says so
      return;
    }
    if (problem.code === 'gone' && !this.again.has(row.id)) {
      this.again.add(row.id); // the server has started again and lost it; the file is still here
      Object.assign(row, fresh(row.id, file));
      return;
    }
    if (problem.code === 'busy') {
      Object.assign(row, fresh(row.id, file));
      row.state = 'sending'; // its place is kept while it waits
      await passed(problem.waitMs ?? BUSY_PAUSE_MS, signal);
      row.state = signal.aborted ? 'stopped' : 'waiting';
      return;
    }
    fail(row, problem);
  }
}

/** Until that time is over, or nobody waits any more. */
function passed(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()));
    if (signal.aborted) resolve();
  });
}

function fail(row: Changing, problem: Problem): void {
  const words = said(problem);
  const own = words.own === '' ? '' : t('result.server_says', { words: words.own });
  const hint = [words.hint, own].filter(Boolean).join(' ');
  Object.assign(row, { state: 'failed', reason: words.text, hint, code: problem.code });
}

function fresh(id: number, file: File): Changing {
  return {
    id,
    name: file.name,
    bytesBefore: file.size,
    state: 'waiting',
    share: 0,
    reason: '',
    hint: '',
    code: '',
    output: '',
    bytesAfter: null,
    width: null,
    height: null,
    seconds: null,
    receipt: '',
  };
}

export const queue = new Queue();
