/** History: settings as they were, to undo and redo. Changes of one thing in a row are one step. */

const ONE_STEP_MS = 700;

export class History<T> {
  private past: T[] = [];
  private future: T[] = [];
  private kind = '';
  private since = -Infinity;

  /** Keeps what was there before a change; kind says what is changed. */
  keep(before: T, kind: string, now: number): void {
    if (kind !== this.kind || now - this.since > ONE_STEP_MS) {
      this.past.push(structuredClone(before));
    }
    [this.kind, this.since, this.future] = [kind, now, []];
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** What was before; present becomes what redo gives back. */
  undo(present: T): T {
    return this.turn(this.past, this.future, present);
  }

  redo(present: T): T {
    return this.turn(this.future, this.past, present);
  }

  private turn(from: T[], to: T[], present: T): T {
    const found = from.pop();
    if (found === undefined) return present;
    to.push(structuredClone(present));
    this.kind = '';
    return found;
  }
}
