// From the JSON Schema of an operation to fields of a form, and back to its parameters.

import type { JsonSchema } from './api';

export type Value = string | number | boolean | null;
export type Values = Record<string, Value>;
export type Kind = 'yes' | 'choice' | 'whole' | 'number' | 'words' | 'list' | 'colour' | 'picture';

export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly description: string;
  readonly choices: readonly (string | number)[];
  readonly least: number | null;
  readonly most: number | null;
  readonly longest: number | null;
  readonly pattern: string | null;
  readonly usual: Value;
  readonly example: string;
  readonly isRequired: boolean;
}

export type Wrong = 'missing' | 'no_number' | 'too_small' | 'too_large' | 'too_long' | 'no_match';

const COLOUR = /#\[0-9a-f/i;

/** The fields of an operation, in its own order. */
export function fieldsOf(schema: JsonSchema): Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, one]) =>
    fieldOf(name, one, required.has(name)),
  );
}

function fieldOf(name: string, schema: JsonSchema, isRequired: boolean): Field {
  const kinds = (schema.anyOf ?? [schema]).filter((one) => one.type !== 'null');
  const words = kinds.flatMap((one) => one.enum ?? []);
  const measured = kinds.find((one) => one.type === 'integer' || one.type === 'number');
  const main = kinds[0] ?? {};
  return {
    name,
    kind: kindOf(schema, kinds),
    description: schema.description ?? '',
    choices: words,
    least: measured?.minimum ?? measured?.exclusiveMinimum ?? null,
    most: measured?.maximum ?? measured?.exclusiveMaximum ?? null,
    longest: main.maxLength ?? null,
    pattern: main.pattern ?? null,
    usual: usualOf(schema.default),
    example: exampleOf(schema),
    isRequired,
  };
}

function kindOf(schema: JsonSchema, kinds: JsonSchema[]): Kind {
  const main = kinds[0] ?? {};
  if (schema.picture !== undefined && kinds.length === 1 && !COLOUR.test(main.pattern ?? '')) {
    return 'picture';
  }
  if (kinds.length > 1) return 'words'; // a number or one of some words
  if (main.enum !== undefined) return 'choice';
  if (main.type === 'boolean') return 'yes';
  if (main.type === 'integer') return 'whole';
  if (main.type === 'number') return 'number';
  if (main.type === 'array') return 'list';
  const isColour = main.pattern === '^#[0-9a-fA-F]{6}$' || schema.default === '#000000';
  return isColour || schema.default === '#ffffff' ? 'colour' : 'words';
}

function usualOf(given: unknown): Value {
  if (Array.isArray(given)) return given.join(',');
  const isPlain = ['string', 'number', 'boolean'].includes(typeof given);
  return isPlain ? (given as Value) : null;
}

function exampleOf(schema: JsonSchema): string {
  const first = schema.examples?.[0];
  return typeof first === 'string' || typeof first === 'number' ? String(first) : '';
}

/** What a field that is left as it is begins with. */
export function usualValues(fields: readonly Field[]): Values {
  return Object.fromEntries(fields.map((field) => [field.name, field.usual]));
}

/** What is wrong with a value, as far as the schema tells; null if nothing. */
export function wrongIn(field: Field, value: Value): Wrong | null {
  if (value === null || value === '') return field.isRequired ? 'missing' : null;
  if (typeof value === 'boolean') return null;
  if (field.kind === 'whole' || field.kind === 'number') return wrongNumber(field, Number(value));
  const text = String(value);
  if (field.kind === 'words' && mixed(field)) return wrongMixed(field, text);
  if (field.longest !== null && text.length > field.longest) return 'too_long';
  // A colour may also be said by its name, which the server knows and the pattern does not.
  const isFree = field.kind === 'list' || COLOUR.test(field.pattern ?? '');
  const isOdd = field.pattern !== null && !isFree && !new RegExp(field.pattern).test(text);
  return isOdd ? 'no_match' : null;
}

function mixed(field: Field): boolean {
  return field.choices.length > 0 && field.least !== null;
}

function wrongMixed(field: Field, text: string): Wrong | null {
  return field.choices.includes(text) ? null : wrongNumber(field, Number(text));
}

function wrongNumber(field: Field, value: number): Wrong | null {
  if (!Number.isFinite(value) || (field.kind === 'whole' && !Number.isInteger(value))) {
    return 'no_number';
  }
  if (field.least !== null && value < field.least) return 'too_small';
  if (field.most !== null && value > field.most) return 'too_large';
  return null;
}

/** The parameters as the server reads them: what is as usual, or empty, is left out. */
export function parametersOf(fields: readonly Field[], values: Values): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name] ?? null;
    if (value === null || value === '' || value === field.usual) continue;
    found[field.name] = typed(field, value);
  }
  return found;
}

function typed(field: Field, value: Value): unknown {
  if (field.kind === 'whole' || field.kind === 'number') return Number(value);
  if (field.kind === 'choice') {
    return field.choices.find((one) => String(one) === String(value)) ?? value;
  }
  if (field.kind === 'list') return parts(String(value));
  if (mixed(field) && !field.choices.includes(String(value))) return Number(value);
  return value;
}

function parts(text: string): unknown[] {
  const words = text.split(',').map((one) => one.trim()).filter(Boolean);
  return words.length > 0 && words.every((one) => /^-?\d+(\.\d+)?$/.test(one))
    ? words.map(Number)
    : words;
}

/** Values of a form from the parameters of a step; what no field knows is left out. */
export function valuesOf(fields: readonly Field[], given: Record<string, unknown>): Values {
  const found = usualValues(fields);
  for (const field of fields) {
    if (field.name in given) found[field.name] = usualOf(given[field.name]);
  }
  return found;
}
