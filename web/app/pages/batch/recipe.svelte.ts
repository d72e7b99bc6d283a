// Recipe: the steps that a batch goes through, as they are edited here.

import type { OperationTold } from '../../../core/api';
import type { Values } from '../../../core/schema';
import {
  areWhole, documentOf, moved, newStep, stepsOf, usable, withValues, without, type Step,
} from '../../../core/steps'; // prettier-ignore
import type { Wish } from '../../tasks/working';
import { facts } from '../../tasks/server_facts.svelte';

export interface Preset {
  readonly key: string;
  readonly steps: readonly ({ op: string } & Record<string, unknown>)[];
}

/** What many batches are for. The names are texts; the steps are those of the examples. */
export const PRESETS: readonly Preset[] = [
  {
    key: 'web',
    steps: [
      { op: 'resize', fit: '2000x2000' },
      { op: 'convert', to: 'webp', quality: 82 },
    ],
  },
  {
    key: 'shop',
    steps: [
      { op: 'cutout', bg: '#ffffff', crop: true, margin: 8 },
      { op: 'resize', fit: '1200x1200' },
    ],
  },
  { key: 'repair', steps: [{ op: 'restore' }, { op: 'upscale', scale: 2 }] },
  { key: 'strict', steps: [{ op: 'scrub', profile: 'strict' }] },
  { key: 'sanitize', steps: [{ op: 'sanitize' }] },
];

class RecipeEdited {
  steps = $state.raw<readonly Step[]>([]);
  name = $state('');
  /** One of the recipes that the server was started with, instead of steps. */
  named = $state('');

  readonly operations = $derived<readonly OperationTold[]>(facts.capabilities?.operations ?? []);
  readonly possible = $derived(usable(this.operations));
  readonly isReady = $derived(
    this.named !== '' || (this.steps.length > 0 && areWhole(this.steps, this.operations)),
  );
  readonly text = $derived(
    JSON.stringify(documentOf(this.steps, this.operations, this.name), null, 2) + '\n',
  );

  operation(op: string): OperationTold | undefined {
    return this.operations.find((one) => one.name === op);
  }

  choose(preset: Preset): void {
    this.named = '';
    this.name = preset.key;
    this.steps = preset.steps.flatMap((step) => {
      const operation = this.operation(step.op);
      return operation === undefined ? [] : [newStep(operation, step)];
    });
  }

  add(op: string): void {
    const operation = this.operation(op);
    if (operation !== undefined) this.steps = [...this.steps, newStep(operation)];
  }

  move(id: number, by: number): void {
    this.steps = moved(this.steps, id, by);
  }

  remove(id: number): void {
    this.steps = without(this.steps, id);
  }

  set(id: number, values: Values): void {
    this.steps = withValues(this.steps, id, values);
  }

  /** Steps of a file. Throws RecipeFault; then nothing has changed. */
  load(text: string): void {
    const [steps, name] = stepsOf(text, this.operations);
    [this.steps, this.name, this.named] = [steps, name, ''];
  }

  wish(): Wish {
    if (this.named !== '') return { path: `/run/${encodeURIComponent(this.named)}`, suffix: '' };
    const recipe = JSON.stringify(documentOf(this.steps, this.operations));
    return { path: '/run', suffix: '', parts: { recipe } };
  }
}

export const recipe = new RecipeEdited();
