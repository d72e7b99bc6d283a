// The preview: the same operation on a smaller copy, made anew after each change, one at a time.

import { untrack } from 'svelte';
import { Problem } from '../../../core/problem';
import type { Engine, Step } from '../../engine/engine';

const LONGEST = 1200;
const QUIET_MS = 150;

export interface Wish {
  file: File;
  step: Step | null;
  extra: Record<string, Uint8Array>;
}

export class Preview {
  url: string | null = $state(null);
  problem: Problem | null = $state.raw(null);
  isBusy = $state(false);
  private wish: Wish | null = null;
  private small: { file: File; blob: Blob } | null = null;
  private timer = 0;
  private file: File | null = null;

  constructor(private readonly engine: Engine) {}

  /** Shows this as soon as what is being made now is done; only the last wish counts. */
  ask(wish: Wish): void {
    this.turnTo(wish.file);
    this.wish = wish;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.work(), QUIET_MS);
  }

  /** What is seen of another picture goes. */
  turnTo(file: File | null): void {
    if (file === this.file) return;
    [this.wish, this.file, this.small] = [null, file, null];
    untrack(() => this.drop());
  }

  destroy(): void {
    clearTimeout(this.timer);
    [this.wish, this.file, this.small] = [null, null, null];
    this.show(null);
  }

  private drop(): void {
    this.show(null);
    this.problem = null;
  }

  private async work(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    while (this.wish) {
      const wish = this.wish;
      this.wish = null;
      try {
        const blob = await this.made(wish);
        this.problem = null;
        if (wish.file === this.file) this.show(URL.createObjectURL(blob));
      } catch (error) {
        if (wish.file === this.file) this.problem = Problem.of(error);
      }
    }
    this.isBusy = false;
  }

  private async made({ file, step, extra }: Wish): Promise<Blob> {
    const small = await this.reduced(file);
    if (!step) return small;
    const { bytes, mime } = await this.engine.run(small, { steps: [step] }, { extra, of: file });
    return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: mime });
  }

  private async reduced(file: File): Promise<Blob> {
    if (this.small?.file === file) return this.small.blob;
    const steps = [
      { op: 'resize', fit: `${LONGEST}x${LONGEST}` },
      { op: 'convert', to: 'png', effort: 0 },
    ];
    const { bytes, mime } = await this.engine.run(file, { steps });
    const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: mime });
    if (file === this.file) this.small = { file, blob };
    return blob;
  }

  private show(url: string | null): void {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = url;
  }
}
