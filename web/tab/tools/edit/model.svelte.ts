// Editing one picture: what is wished, what came of it, and the way back.
import type { JsonSchema } from '../../../core/api';
import { changesPixels, SHAPE, steps, WISH, type Shape, type Wish } from '../../../core/edit';
import { History } from '../../../core/history';
import { Problem } from '../../../core/problem';
import { fieldsOf, type Field } from '../../../core/schema';
import type { Desk, Opened } from '../../desk.svelte';
import type { Outcome, Recipe } from '../../engine/engine';
import { isCancelled } from '../../problems';
import { isShown } from '../../viewing';
import { Latest } from './latest';
import { shaped } from './shaping';

interface State {
  shape: Shape;
  wish: Wish;
}

const KEY = 'edit';
const LONGEST_VIEW = 2400;

export class Editing {
  shape: Shape = $state.raw(SHAPE);
  wish: Wish = $state.raw(WISH);
  outcome = $state.raw<Outcome | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** From 0 to 1 while work is under way; null where it tells no share, -1 where there is none. */
  share = $state<number | null>(-1);
  before = $state('');
  after = $state('');
  canUndo = $state(false);
  canRedo = $state(false);
  one: Opened | null = $state.raw(null);
  private schemas = $state.raw<Record<string, JsonSchema>>({});
  private readonly latest = new Latest();
  private readonly kept = new WeakMap<Opened, { shape: Shape; history: History<State> }>();
  private history = new History<State>();
  private beforeOf = '';
  private readonly desk: Desk;

  constructor(desk: Desk) {
    this.desk = desk;
    this.wish = { ...WISH, ...desk.remembered<Partial<Wish>>(KEY, {}) };
    desk.engine.operations().then(
      (schemas) => (this.schemas = schemas as Record<string, JsonSchema>),
      () => undefined, // the forms then have the ranges of a browser alone
    );
  }

  /** A parameter of an operation, with its range; nothing while the engine has not told. */
  field(operation: string, name: string): Field | undefined {
    const schema = this.schemas[operation];
    return schema && fieldsOf(schema).find((field) => field.name === name);
  }

  get busy(): boolean {
    return this.share !== -1;
  }

  get format(): string {
    return this.wish.format || (this.one?.facts?.format ?? '');
  }

  get recipe(): Recipe {
    const format = this.one?.facts?.format ?? '';
    return { name: 'edited', steps: steps(this.shape, this.wish, format) };
  }

  get touchesPixels(): boolean {
    return changesPixels(this.shape, this.wish, this.one?.facts?.format ?? '');
  }

  /** Another picture, or none for now: each has its own shape and steps, all have the same wishes. */
  take(one: Opened | null): void {
    if (one === this.one) return;
    if (this.one) this.kept.set(this.one, { shape: this.shape, history: this.history });
    this.stop();
    this.share = -1;
    this.one = one;
    const kept = one && this.kept.get(one);
    [this.shape, this.history] = [kept?.shape ?? SHAPE, kept?.history ?? new History()];
    this.told();
    if (one) this.work();
  }

  reshape(change: Partial<Shape>): void {
    this.keep(Object.keys(change).join());
    this.shape = { ...this.shape, ...change };
    this.work();
  }

  want(change: Partial<Wish>): void {
    this.keep(Object.keys(change).join());
    this.wish = { ...this.wish, ...change };
    this.desk.remember(KEY, this.wish);
    this.work();
  }

  reset(): void {
    this.keep('reset');
    [this.shape, this.wish] = [SHAPE, WISH];
    this.desk.remember(KEY, this.wish);
    this.work();
  }

  undo(): void {
    this.put(this.history.undo(this.state));
  }

  redo(): void {
    this.put(this.history.redo(this.state));
  }

  /** Ends all work, and frees what was shown. */
  stop(): void {
    this.latest.stop();
    this.drop();
  }

  private get state(): State {
    return { shape: this.shape, wish: this.wish };
  }

  private keep(kind: string): void {
    this.history.keep(this.state, kind, performance.now());
    this.told();
  }

  private put(state: State): void {
    [this.shape, this.wish] = [state.shape, state.wish];
    this.desk.remember(KEY, this.wish);
    this.told();
    this.work();
  }

  private told(): void {
    [this.canUndo, this.canRedo] = [this.history.canUndo, this.history.canRedo];
  }

  private work(): void {
    const { one, recipe, shape } = this;
    if (!one?.facts || one.error) return;
    this.latest.ask(async (signal, isWanted) => {
      this.share = null;
      try {
        await this.look(one, shape, isWanted);
        const progress = (share: number): void => void (this.share = share);
        const run = this.desk.engine.run(one.file, recipe, { signal, progress });
        const outcome = await this.desk.busy(run);
        if (isWanted()) await this.show(one, outcome, isWanted);
      } catch (error) {
        if (isWanted() && !isCancelled(error)) this.fail(error);
      } finally {
        if (isWanted()) this.share = -1;
      }
    });
  }

  /** The original in its shape, for comparison; not while it has not changed. */
  private async look(one: Opened, shape: Shape, isWanted: () => boolean): Promise<void> {
    const key = JSON.stringify([one.id, shape]);
    if (one.unseen || key === this.beforeOf) return;
    const url = await shaped(one, shape);
    if (!isWanted()) {
      URL.revokeObjectURL(url);
      return;
    }
    const old = this.before;
    [this.before, this.beforeOf] = [url, key];
    later(old);
  }

  private async show(one: Opened, outcome: Outcome, isWanted: () => boolean): Promise<void> {
    const blob = new Blob([outcome.bytes as Uint8Array<ArrayBuffer>], { type: outcome.mime });
    const format = outcome.mime.replace('image/', '');
    const url = isShown(format)
      ? URL.createObjectURL(blob)
      : (await this.desk.engine.preview(blob, LONGEST_VIEW, { of: one.file })).url;
    if (!isWanted() || one !== this.one) return URL.revokeObjectURL(url);
    const old = this.after;
    [this.outcome, this.after, this.problem] = [outcome, one.unseen ? '' : url, null];
    later(old);
  }

  private fail(error: unknown): void {
    [this.outcome, this.problem] = [null, Problem.of(error)];
  }

  private drop(): void {
    later(this.before);
    later(this.after);
    [this.before, this.after, this.beforeOf, this.outcome, this.problem] = ['', '', '', null, null];
  }
}

/** A picture that is still being painted keeps its bytes a moment longer. */
function later(url: string): void {
  if (url) setTimeout(() => URL.revokeObjectURL(url), 1_000);
}

const edited = new WeakMap<Desk, Editing>();

/** The editing of this visit: shapes and steps stay while another tool is shown. */
export function editingOf(desk: Desk): Editing {
  const found = edited.get(desk) ?? new Editing(desk);
  edited.set(desk, found);
  return found;
}
