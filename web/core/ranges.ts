// What a parameter may be, read from the JSON schema of its operation, so that it is said once.

export interface Range {
  min: number;
  max: number;
  usual: number;
}

interface Field {
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  default?: unknown;
  maxLength?: number;
  enum?: unknown[];
  anyOf?: Field[];
}

/** Least, greatest and usual value of a number; whole steps where an end is not reached itself. */
export function rangeOf(schema: Record<string, unknown> | undefined, name: string): Range {
  const field = fieldOf(schema, name);
  const min = field.minimum ?? (field.exclusiveMinimum ?? 0) + 1;
  const max = field.maximum ?? (field.exclusiveMaximum ?? 101) - 1;
  return { min, max, usual: typeof field.default === 'number' ? field.default : min };
}

/** How many signs a text may have. */
export function mostSigns(schema: Record<string, unknown> | undefined, name: string): number {
  return fieldOf(schema, name).maxLength ?? 200;
}

/** The words that a parameter may be, in the schema's order. */
export function wordsOf(schema: Record<string, unknown> | undefined, name: string): string[] {
  return (fieldOf(schema, name).enum ?? []).map(String);
}

function fieldOf(schema: Record<string, unknown> | undefined, name: string): Field {
  const fields = (schema?.['properties'] ?? {}) as Record<string, Field>;
  const found = fields[name] ?? {};
  const inner = found.anyOf?.find((one) => Object.keys(one).length > 1) ?? {};
  return { ...inner, ...found };
}
