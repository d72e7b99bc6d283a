// One file that lies on the desk: what is known of it so far.
import type { Problem } from '../core/problem';
import type { Facts } from './engine/engine';

export class Opened {
  readonly id: number;
  /** As it came; nothing is in it once it was forgotten. */
  file: File;
  readonly name: string;
  readonly size: number;
  /** What the worker that looks at it may have seen besides: those that came together. */
  among: object;
  /** Fires once the file is closed; another one from when it is opened again. */
  over = new AbortController();
  /** What inspect says; null until it has, and where it cannot. */
  facts: Facts | null = $state.raw(null);
  /** Why nothing can be done with the file; null if something can. */
  error: Problem | null = $state.raw(null);
  /** Why it cannot be shown or changed, though its metadata can be read and removed. */
  unseen: Problem | null = $state.raw(null);
  /** The address of a preview, at most 2000 pixels long; none but the chosen picture has one. */
  view: string | null = $state(null);
  /** Whether the browser decoded the file itself for the view. */
  isOfBrowser = false;
  /** The address of a small picture, once it was in sight. */
  thumb: string | null = $state(null);
  /** Of the picture as displayed, in pixels; 0 until known. */
  width = $state(0);
  height = $state(0);
  /** Looking at it has not ended. */
  waiting = $state(true);

  constructor(id: number, file: File, among: object = file) {
    this.id = id;
    this.file = file;
    this.among = among;
    this.name = file.name || 'picture';
    this.size = file.size;
  }

  /** Whether it is known how it looks, or why that cannot be shown. */
  get isSeen(): boolean {
    return !this.waiting && (this.view !== null || this.unseen !== null);
  }

  /** Ends whatever is still done with the file. */
  end(): void {
    this.over.abort();
    this.dropView();
    if (this.thumb) URL.revokeObjectURL(this.thumb);
    this.thumb = null;
  }

  /** After an end, as it was when it was opened: what was found out stays. */
  again(): void {
    this.over = new AbortController();
    if (this.error?.code === 'cancelled') this.error = null;
    this.waiting = this.facts === null && this.error === null;
  }

  /** Lets go of the file, whoever still knows of this. */
  empty(): void {
    this.file = new File([], this.name);
    this.among = this.file;
    this.facts = null;
  }

  /** Frees what the preview holds. */
  dropView(): void {
    if (this.view) {
      URL.revokeObjectURL(this.view);
      this.view = null;
    }
  }
}
