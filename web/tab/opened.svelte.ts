// One file that lies on the desk: what is known of it so far.
import type { Problem } from '../core/problem';
import type { Facts } from './engine/engine';

export class Opened {
  readonly id: number;
  readonly file: File;
  readonly name: string;
  readonly size: number;
  /** Fires once the file is closed. */
  readonly over = new AbortController();
  /** What inspect says; null until it has, and where it cannot. */
  facts: Facts | null = $state.raw(null);
  /** Why nothing can be done with the file; null if something can. */
  error: Problem | null = $state.raw(null);
  /** Why it cannot be shown or changed, though its metadata can be read and removed. */
  unseen: Problem | null = $state.raw(null);
  /** The address of a preview, at most 2000 pixels long. */
  view: string | null = $state(null);
  /** Of the picture as displayed, in pixels; 0 until known. */
  width = $state(0);
  height = $state(0);
  /** Looking at it has not ended. */
  waiting = $state(true);

  constructor(id: number, file: File) {
    this.id = id;
    this.file = file;
    this.name = file.name || 'picture';
    this.size = file.size;
  }

  /** Ends whatever is still done with the file. */
  end(): void {
    this.over.abort();
    this.dropView();
  }

  /** Frees what the preview holds. */
  dropView(): void {
    if (this.view) {
      URL.revokeObjectURL(this.view);
      this.view = null;
    }
  }
}
