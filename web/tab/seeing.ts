// Seeing: the large view of the chosen picture. One is made at a time, the newest choice is next.
import { Problem } from '../core/problem';
import type { Asking, Facts } from './engine/engine';
import type { Opened } from './opened.svelte';
import type { View } from './viewing';

/** So long a view that nobody waits for may take to end by itself: a new worker takes longer. */
const TO_END_MS = 300;

type Look = (file: File, facts: Facts, asking: Asking) => Promise<View>;

export class Seeing {
  private readonly look: Look;
  private readonly chosen: () => Opened | null;
  private now: { one: Opened; stop: AbortController } | null = null;

  constructor(look: Look, chosen: () => Opened | null) {
    this.look = look;
    this.chosen = chosen;
  }

  /** Makes the view of what is chosen, if it has none; what was begun for another is given up. */
  async turn(): Promise<void> {
    const { now } = this;
    if (now) {
      setTimeout(() => now.one === this.chosen() || now.stop.abort(), TO_END_MS);
      return;
    }
    try {
      for (let one = this.chosen(); one?.facts && isWanting(one); one = this.chosen()) {
        await this.show(one, one.facts);
      }
    } finally {
      this.now = null;
    }
  }

  private async show(one: Opened, facts: Facts): Promise<void> {
    const stop = new AbortController();
    const { signal } = stop;
    const end = (): void => stop.abort();
    this.now = { one, stop };
    one.over.signal.addEventListener('abort', end);
    try {
      const seen = await this.look(one.file, facts, { of: one.among, signal });
      if (signal.aborted || one !== this.chosen()) return URL.revokeObjectURL(seen.url);
      [one.view, one.isOfBrowser] = [seen.url, seen.isOfBrowser];
    } catch (error) {
      if (!signal.aborted) one.unseen = Problem.of(error);
    } finally {
      one.over.signal.removeEventListener('abort', end);
    }
  }
}

const isWanting = (one: Opened): boolean => !one.error && !one.unseen && !one.view;
