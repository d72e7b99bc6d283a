// The engine in the tab, as the tools see it: our own Python over libvips, in a worker.
import { Problem } from '../../core/problem';

/** One operation by its name, with its parameters: as in a recipe's JSON. */
export type Step = { op: string } & Record<string, unknown>;

export interface Recipe {
  name?: string;
  steps: Step[];
}

/** One piece of metadata; group as `safelight inspect --json` names it. */
export interface Finding {
  group: string;
  name: string;
  value: string;
}

export interface Town {
  name: string;
  latitude: number;
  longitude: number;
  people: number;
}

export interface Place {
  latitude: number;
  longitude: number;
  town: string;
  country: string;
  distance_km: number;
  around: Town[];
}

export interface Facts {
  format: string;
  mime: string;
  width: number;
  height: number;
  frames: number;
  bytes: number;
  metadata: Finding[];
  /** What each group reveals, in plain English words. */
  meanings: Record<string, string>;
  place: Place | null;
}

export interface Changes {
  removed: Finding[];
  kept: Finding[];
  added: Finding[];
  reencoded: boolean;
  lost: string[];
  quality: number | null;
}

export interface Outcome {
  bytes: Uint8Array;
  mime: string;
  extension: string;
  facts: { width: number; height: number };
  report: Changes;
}

export interface More {
  signal?: AbortSignal;
  progress?: (share: number) => void;
  extra?: Record<string, Uint8Array>;
}

export type JsonSchema = Record<string, unknown>;

export interface Engine {
  readonly state: 'cold' | 'starting' | 'ready' | 'broken';
  start(): Promise<void>;
  inspect(file: Blob): Promise<Facts>;
  run(file: Blob, recipe: Recipe, more?: More): Promise<Outcome>;
  preview(
    file: Blob,
    longest: number,
  ): Promise<{ url: string; width: number; height: number }>;
  operations(): Promise<Record<string, JsonSchema>>;
}

/** part gives the bytes of a part of the program by its name. */
export function createEngine(_part: (name: string) => Promise<ArrayBuffer>): Engine {
  const missing = (): Promise<never> =>
    Promise.reject(new Problem({ code: 'not-ready', title: 'the engine is not there' }));
  return {
    state: 'broken',
    start: missing,
    inspect: missing,
    run: missing,
    preview: missing,
    operations: missing,
  };
}
