// The batch of a visit: it goes on while another tool is shown. Results are kept as Blobs, which a
// browser may put on its disk; no more than one file is held as bytes.

import { Problem } from '../../../core/problem';
import { distinct, named } from '../../../core/naming';
import { Queue, type Tally, type Task } from '../../../core/queue';
import type { Desk } from '../../desk.svelte';
import type { Asking, Recipe } from '../../engine/engine';

export interface Done {
  blob: Blob;
  extension: string;
  removed: number;
}

export interface Row {
  id: number;
  name: string;
  before: number;
  stage: Task<Done>['stage'];
  done: Done | null;
  problem: Problem | null;
}

export class Batch {
  /** Of the file that is worked on, 0 to 1. */
  share = $state(0);
  private version = $state(0);
  private readonly given = new WeakSet<Done>();
  private readonly queue = new Queue<Done>(() => (this.version += 1));

  constructor(private readonly desk: Desk) {}

  get rows(): Row[] {
    void this.version;
    return this.queue.tasks.map(({ id, file, stage, result, trouble }) => ({
      ...{ id, stage, name: file.name, before: file.size, done: result },
      problem: trouble ? Problem.of(trouble) : null,
    }));
  }

  get files(): File[] {
    void this.version;
    return this.queue.tasks.map((task) => task.file);
  }

  get tally(): Tally {
    void this.version;
    return this.queue.tally;
  }

  get isRunning(): boolean {
    void this.version;
    return this.queue.isRunning;
  }

  get isPaused(): boolean {
    void this.version;
    return this.queue.isPaused;
  }

  /** How many results nobody has saved; those that went are counted no more. */
  get unsaved(): number {
    void this.version;
    return this.queue.tasks.filter(({ result }) => result && !this.given.has(result)).length;
  }

  /** A result, or all of them, was handed to the browser. */
  saved(id?: number): void {
    for (const task of this.queue.tasks) {
      if (task.result && (id === undefined || task.id === id)) this.given.add(task.result);
    }
    this.version += 1;
  }

  add(files: File[]): void {
    this.queue.add(files);
  }

  remove(id: number): void {
    this.queue.remove(id);
  }

  clear(): void {
    this.queue.clear();
  }

  pause(): void {
    this.queue.pause();
  }

  cancel(): void {
    this.queue.cancel();
  }

  again(all: boolean): void {
    this.queue.again(all);
  }

  /** Works on all that waits; the same recipe for each. */
  run(recipe: Recipe): Promise<void> {
    const more = { of: {} }; // a worker for all of a run: a start for each file would take longer
    return this.desk.busy(
      this.queue.run((file, signal) => this.made(file, recipe, { ...more, signal })),
    );
  }

  /** The results with a name each that no other has. */
  results(): { name: string; blob: Blob }[] {
    const done = this.queue.tasks.filter((task) => task.result);
    const names = distinct(
      done.map((task) => named(task.file.name, '', task.result?.extension ?? '')),
    );
    return done.map((task, at) => ({ name: names[at] as string, blob: task.result!.blob }));
  }

  private async made(file: File, recipe: Recipe, more: Asking): Promise<Done> {
    this.share = 0;
    const progress = (share: number): void => void (this.share = share);
    const made = await this.desk.engine.run(file, recipe, { ...more, progress });
    const blob = new Blob([made.bytes as Uint8Array<ArrayBuffer>], { type: made.mime });
    return { blob, extension: made.extension, removed: made.report.removed.length };
  }
}

const batches = new WeakMap<Desk, Batch>();

/** The one batch of this visit. */
export function batchOf(desk: Desk): Batch {
  const found = batches.get(desk) ?? new Batch(desk);
  batches.set(desk, found);
  return found;
}
