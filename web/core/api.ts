// What the server answers, as far as the studio reads it: docs/reference/openapi.json has all of it.

export type JobState = 'queued' | 'running' | 'done' | 'partial' | 'failed' | 'cancelled';
export type ItemState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

export interface Counts {
  queued: number;
  running: number;
  done: number;
  failed: number;
  cancelled: number;
}

export interface JobFacts {
  id: string;
  state: JobState;
  items: number;
  counts: Counts;
  seconds: number;
  eta_s?: number;
  links: { self: string; items: string; events: string };
}

export interface Change {
  what: 'removed' | 'added' | 'kept';
  group: string;
  name: string;
}

// What is known of a result; an operation that gives no picture tells other things.
export interface ResultFacts {
  format: string;
  width: number;
  height: number;
  bytes: number;
  input_bytes: number;
  input_width: number;
  input_height: number;
  input_format: string;
  reencoded: boolean;
  lost: string[];
  removed: string[];
  kept: string[];
  added: string[];
  models: string[];
  level: number;
  seconds: number;
  confidence?: number | null;
  changes?: Change[];
}

export interface ItemProblem {
  code: string;
  detail: string;
  hint: string;
  status: number;
}

export interface ItemFacts {
  index: number;
  job?: string;
  state: ItemState;
  share?: number;
  result?: ResultFacts;
  receipt?: string;
  asset?: string;
  problem?: ItemProblem;
  can_retry?: boolean;
  waited_s?: number;
  worked_s?: number;
}

export interface ProgressTold {
  job: string;
  index: number;
  state: ItemState;
  share: number;
}

export interface ModelFacts {
  name: string;
  title: string;
  task: string;
  aliases: string[];
  caveat: string;
  state: string;
  exact: string | null;
  input: { kind?: string } & Record<string, unknown>;
  output: { scale?: number; kind?: string } & Record<string, unknown>;
  speed: 'fast' | 'medium' | 'slow' | null;
  seconds: number | null;
  seconds_per: 'megapixel' | 'picture' | null;
}

export interface Limits {
  input_bytes: number;
  input_pixels: number;
  timeout_s: number;
  waiting: number;
  held_bytes: number;
  result_s: number;
}

export interface OperationTold {
  name: string;
  version: number;
  summary: string;
  gives: string;
  touches_pixels: boolean;
  parameters: JsonSchema;
}

export interface FormatTold {
  name: string;
  title: string;
  endings: string[];
  reads: boolean;
  writes: boolean;
  scrubs: boolean;
}

export interface Capabilities {
  safelight: string;
  operations: OperationTold[];
  recipes: string[];
  recipes_only: boolean;
  formats: FormatTold[];
  limits: Limits;
  /** What the policy of the server's machine locks; value null where it may name a place there. */
  locked: { key: string; value: string | null }[];
}

export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: (string | number)[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  picture?: string;
}
