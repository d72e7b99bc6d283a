// The desk: the files that are open, and what every tool may do with them.
import { untrack } from 'svelte';
import { directionOf } from '../core/languages';
import { inMessages, MAX_FILES, type HandoverTool } from '../core/messages';
import { Problem } from '../core/problem';
import { language } from '../core/text.svelte';
import type { Door } from './door';
import type { Asking, Engine, Facts } from './engine/engine';
import { Opened } from './opened.svelte';
import { ours } from './problems';
import { download, downloadAll, type Saved } from './saving';
import { Seeing } from './seeing';
import { Thumbnails } from './thumbnails';
import { tooLarge, view } from './viewing';

export { Opened } from './opened.svelte';

/** What the shown tool does itself; open takes the files in place of the desk. */
export interface Offered {
  open?: (files: File[]) => void;
  save?: () => void;
  undo?: () => void;
}

export class Desk {
  readonly engine: Engine;
  readonly thumbnails = new Thumbnails();
  opened: Opened[] = $state.raw([]);
  /** The name of the tool that is shown. */
  tool = $state('start');
  offline = $state(false);
  /** What was last said aloud; shown to screen readers. */
  said = $state('');
  /** What the tool that is shown does on the keys for saving and undoing. */
  offered: Offered = $state.raw({});
  /** What was closed last, and where it lay; it can be opened again as it was. */
  closed: { one: Opened; place: number } | null = $state.raw(null);
  /** Of the files that came last some were left out. */
  isTooMany = $state(false);
  private chosen: number | null = $state(null);
  private working = 0;
  private readonly looks = new WeakSet<AbortSignal>();
  private readonly unsaved = new Map<string, number>();
  private settings: Record<string, unknown> = {};
  private last = 0;
  private readonly door: Door;
  private readonly seeing: Seeing;

  constructor(door: Door, engine: Engine) {
    this.door = door;
    this.engine = engine;
    const look = (file: File, facts: Facts, asking: Asking) => view(file, facts, engine, asking);
    this.seeing = new Seeing(look, () => this.current);
    door.on('set', (message) => {
      language.code = message.language;
      const { code: lang } = language;
      Object.assign(document.documentElement, { lang, dir: directionOf(lang) });
      document.documentElement.dataset['theme'] = message.theme;
      document.documentElement.classList.toggle('reduced', message.reduced);
      this.tool = message.tool;
      this.offline = message.offline;
      this.settings = { ...message.settings }; // what the page forgot is forgotten here
    });
    door.on('files', (message) => this.take(message.files));
  }

  get current(): Opened | null {
    return this.opened.find((one) => one.id === this.chosen) ?? this.opened[0] ?? null;
  }

  /** Those that something can be done with. */
  get good(): Opened[] {
    return this.opened.filter((one) => one.facts && !one.error);
  }

  choose(id: number): void {
    this.chosen = id;
    this.turn();
  }

  /** Files that were dropped, pasted or chosen: to the tool if it wants them, else to the desk. */
  take(files: Iterable<File>): void {
    const all = [...files];
    const given = all.slice(0, MAX_FILES);
    this.isTooMany = all.length > given.length;
    if (this.offered.open) {
      this.offered.open(given);
    } else {
      void this.open(given);
    }
  }

  /** Puts files beside those that are there and looks at each; one that is wrong stays, with why. */
  async open(files: Iterable<File>): Promise<void> {
    // One worker for those that came together: a start for each would take longer than the looks.
    const given = [...files];
    const among = given.length > 1 ? {} : undefined;
    const added = given.map((file) => new Opened((this.last += 1), file, among));
    if (added.length === 0) {
      return;
    }
    this.opened = [...this.opened, ...added];
    this.chosen = added[0]?.id ?? this.chosen;
    this.turn();
    this.count();
    for (const one of added) {
      if (one.waiting && !one.over.signal.aborted) await this.busy(this.look(one));
    }
  }

  close(id: number): void {
    const place = this.opened.findIndex((one) => one.id === id);
    if (place < 0) {
      return;
    }
    const one = this.opened[place] as Opened;
    one.end();
    this.forget();
    this.closed = { one, place };
    this.opened = this.opened.filter((other) => other !== one);
    if (this.chosen === id) {
      this.chosen = (this.opened[place] ?? this.opened[place - 1])?.id ?? null;
    }
    this.turn();
    this.count();
  }

  /** Opens what was closed last where it lay; tools know it by its number, and have its steps. */
  reopen(): void {
    if (!this.closed) return;
    const { one, place } = this.closed;
    one.again();
    [this.closed, this.opened] = [null, this.opened.toSpliced(place, 0, one)];
    this.chosen = one.id;
    this.turn();
    this.count();
    if (one.waiting) void this.busy(this.look(one));
  }

  /** What was closed last is let go of, by the worker that has seen it, too: it cannot come back. */
  forget(): void {
    const one = this.closed?.one;
    this.closed = null;
    if (!one) return;
    this.engine.leave(one.file, one.among);
    one.empty();
  }

  /** Tells the page that work goes on until the promise has settled. */
  async busy<T>(work: Promise<T>): Promise<T> {
    this.working += 1;
    this.count();
    try {
      return await work;
    } finally {
      this.working -= 1;
      this.count();
    }
  }

  /** A tool says how many results it has that nobody has saved: leaving then asks first. */
  holds(tool: string, results: number): void {
    if ((this.unsaved.get(tool) ?? 0) === results) return;
    this.unsaved.set(tool, results);
    untrack(() => this.count()); // an effect that tells it does not follow what is open
  }

  /** A part of the Studio by its name: bytes that the page hands over. Rejects where it is missing. */
  part(name: string): Promise<ArrayBuffer> {
    return this.door.part(name);
  }

  go(tool: string): void {
    this.door.send({ kind: 'go', tool });
  }

  save(name: string, bytes: Uint8Array, type: string): void {
    download(name, new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
  }

  /** One file as it is, several as an archive. A frame like this may not choose a folder. */
  async saveAll(outcomes: Saved[]): Promise<void> {
    const [first, ...rest] = outcomes;
    if (first && rest.length === 0) {
      download(first.name, first.blob);
    } else if (first) {
      await downloadAll(outcomes);
    }
  }

  handover(tool: HandoverTool, files: File[]): void {
    for (const part of inMessages(files)) this.door.send({ kind: 'handover', tool, files: part });
  }

  remember(key: string, value: unknown): void {
    this.settings[key] = value;
    this.door.send({ kind: 'remember', key, value });
  }

  remembered<T>(key: string, otherwise: T): T {
    return key in this.settings ? (this.settings[key] as T) : otherwise;
  }

  /** Binds the keys for saving and undoing, until what it returns is called: for an $effect. */
  offer(offered: Offered): () => void {
    this.offered = offered;
    return () => {
      this.offered = {};
    };
  }

  /** Opens the browser's own dialogue for choosing files. */
  pick(): void {
    document.querySelector<HTMLInputElement>('[data-picker]')?.click();
  }

  /** Said to a screen reader once whatever it says now has ended. */
  say(text: string): void {
    this.said = text;
  }

  /** A key that the page may know, as "?". */
  key(key: string): void {
    this.door.send({ kind: 'key', key });
  }

  private async look(one: Opened): Promise<void> {
    const { signal } = one.over;
    if (this.looks.has(signal)) return; // it was closed and came back before its turn
    this.looks.add(signal);
    try {
      if (one.size === 0) {
        throw ours('empty');
      }
      const facts = await this.engine.inspect(one.file, { of: one.among, signal });
      one.facts = facts;
      one.width = facts.width;
      one.height = facts.height;
      one.unseen = tooLarge(facts);
      // What it tells does not wait for the view.
      if (one === this.current) void this.busy(this.seeing.turn());
    } catch (error) {
      one.error = Problem.of(error);
    } finally {
      if (!signal.aborted) one.waiting = false;
    }
  }

  /** Another one is shown: none but it has a large view, however many are open. */
  private turn(): void {
    const { current } = this;
    for (const one of this.opened) {
      if (one !== current) one.dropView();
    }
    void this.busy(this.seeing.turn());
  }

  private count(): void {
    const unsaved = [...this.unsaved.values()].reduce((sum, n) => sum + n, 0);
    const { length: opened } = this.opened;
    this.door.send({ kind: 'counts', opened, working: this.working, unsaved });
  }
}
