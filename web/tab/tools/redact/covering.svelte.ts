// What is to be covered in each opened file, step by step, so that every step can be undone.

import type { Rectangle } from '../../../core/rectangles';
import type { Desk, Opened } from '../../desk.svelte';

const MOST_STEPS = 100;

export class Covering {
  boxes: Rectangle[] = $state.raw([]);
  chosen = $state(-1);
  private readonly kept = new WeakMap<Opened, { boxes: Rectangle[]; past: Rectangle[][] }>();
  private past: Rectangle[][] = $state.raw([]);
  /** The boxes that the next undo leads back to. */
  private settled: Rectangle[] = [];
  private file: Opened | null = null;

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  /** Goes over to another opened file; what was drawn on the one before is kept. */
  turnTo(file: Opened | null): void {
    if (file === this.file) return;
    if (this.file) this.kept.set(this.file, { boxes: this.boxes, past: this.past });
    const { boxes, past } = (file && this.kept.get(file)) ?? { boxes: [], past: [] };
    [this.file, this.boxes, this.past, this.chosen] = [file, boxes, past, -1];
    this.settled = boxes;
  }

  /** isSettled is false while a pointer still drags. */
  change(boxes: Rectangle[], chosen: number, isSettled: boolean): void {
    [this.boxes, this.chosen] = [boxes, chosen];
    if (!isSettled || JSON.stringify(this.settled) === JSON.stringify(boxes)) return;
    this.past = [...this.past.slice(-MOST_STEPS), this.settled];
    this.settled = boxes;
  }

  undo(): void {
    const before = this.past.at(-1);
    if (!before) return;
    this.past = this.past.slice(0, -1);
    [this.boxes, this.chosen] = [before, before.length - 1];
    this.settled = before;
  }
}

const drawn = new WeakMap<Desk, Covering>();

/** The boxes of this visit: they stay while another tool is shown. */
export function coveringOf(desk: Desk): Covering {
  const found = drawn.get(desk) ?? new Covering();
  drawn.set(desk, found);
  return found;
}
