// Steps: a recipe while it is edited. What is saved is what the command line reads.

import type { OperationTold } from './api';
import { fieldsOf, parametersOf, valuesOf, wrongIn, type Values } from './schema';

export interface Step {
  readonly id: number;
  readonly op: string;
  readonly values: Values;
}

export interface RecipeDocument {
  name?: string;
  steps: ({ op: string } & Record<string, unknown>)[];
}

export type Fault = 'no_json' | 'no_steps' | 'unknown_step';

/** What a recipe file says that cannot be taken in. */
export class RecipeFault extends Error {
  constructor(
    readonly fault: Fault,
    readonly step = '',
  ) {
    super(fault);
  }
}

let last = 0;

export function newStep(operation: OperationTold, given: Record<string, unknown> = {}): Step {
  last += 1;
  return { id: last, op: operation.name, values: valuesOf(fieldsOf(operation.parameters), given) };
}

/** The same steps with one at another place; what lies outside is the nearest end. */
export function moved(steps: readonly Step[], id: number, by: number): Step[] {
  const from = steps.findIndex((step) => step.id === id);
  const step = steps[from];
  if (step === undefined) return [...steps];
  const rest = steps.filter((one) => one.id !== id);
  const to = Math.max(0, Math.min(rest.length, from + by));
  return [...rest.slice(0, to), step, ...rest.slice(to)];
}

export function without(steps: readonly Step[], id: number): Step[] {
  return steps.filter((step) => step.id !== id);
}

export function withValues(steps: readonly Step[], id: number, values: Values): Step[] {
  return steps.map((step) => (step.id === id ? { ...step, values } : step));
}

/** As the server and `safelight run` read it. */
export function documentOf(
  steps: readonly Step[],
  operations: readonly OperationTold[],
  name = '',
): RecipeDocument {
  const found = steps.map((step) => {
    const operation = operations.find((one) => one.name === step.op);
    const fields = operation === undefined ? [] : fieldsOf(operation.parameters);
    return { op: step.op, ...parametersOf(fields, step.values) };
  });
  return name === '' ? { steps: found } : { name, steps: found };
}

/** Steps from a recipe file. Throws RecipeFault. */
export function stepsOf(text: string, operations: readonly OperationTold[]): [Step[], string] {
  const document = parsed(text);
  if (!Array.isArray(document.steps) || document.steps.length === 0) {
    throw new RecipeFault('no_steps');
  }
  const steps = document.steps.map((untrusted: unknown) => {
    const one = (typeof untrusted === 'object' ? untrusted : null) as Record<string, unknown> | null;
    const op = typeof one?.op === 'string' ? one.op : '';
    const operation = operations.find((known) => known.name === op);
    if (operation === undefined || one === null) throw new RecipeFault('unknown_step', op);
    return newStep(operation, one);
  });
  return [steps, typeof document.name === 'string' ? document.name : ''];
}

function parsed(text: string): Record<string, unknown> {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new RecipeFault('no_json');
  }
  if (typeof found !== 'object' || found === null) throw new RecipeFault('no_json');
  return found as Record<string, unknown>;
}

/** Whether every value is one that its field takes. */
export function areWhole(steps: readonly Step[], operations: readonly OperationTold[]): boolean {
  return steps.every((step) => {
    const operation = operations.find((one) => one.name === step.op);
    if (operation === undefined) return false;
    return fieldsOf(operation.parameters).every(
      (field) => wrongIn(field, step.values[field.name] ?? null) === null,
    );
  });
}

/** Operations that a picture can go through to become another: what a step may be. */
export function usable(operations: readonly OperationTold[]): OperationTold[] {
  return operations.filter((one) => {
    const needsPicture = fieldsOf(one.parameters).some(
      (field) => field.kind === 'picture' && field.isRequired,
    );
    return one.gives === 'picture' && !needsPicture;
  });
}
