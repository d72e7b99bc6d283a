// What the frame and the engine's worker say to each other.

/** One piece of metadata as found; group: what it can reveal, as `safelight inspect --json` names it. */
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

/** Where it was taken, in decimal degrees, and the town that tells it best, if one is near. */
export interface Place {
  latitude: number;
  longitude: number;
  town: string;
  country: string;
  distance_km: number;
  around: Town[];
}

/** What a file says, as `safelight inspect` reads it. width, height: of one frame as displayed, 0 for
 * what has none. frames_opened: so many go through a recipe, one where they are not alike. reads: its pixels can be worked on; scrubs: its metadata can be removed. */
export interface Facts {
  format: string;
  title: string;
  kind: 'picture' | 'document' | 'video';
  mime: string;
  bytes: number;
  width: number;
  height: number;
  frames: number;
  frames_opened: number;
  bits: number;
  has_alpha: boolean;
  colour: string;
  orientation: number;
  quality: number | null;
  reads: boolean;
  scrubs: boolean;
  metadata: Finding[];
  /** What each group reveals, in plain English words. */
  meanings: Record<string, string>;
  services: string[];
  place: Place | null;
}

/** What became of the metadata, and what the picture itself lost. reencoded: false where the pixels
 * are bit for bit those of the input; quality: where one was searched for; recipe: the SHA-256 of its
 * canonical form, as a receipt has it. */
export interface Changes {
  removed: Finding[];
  kept: Finding[];
  added: Finding[];
  reencoded: boolean;
  lost: string[];
  quality: number | null;
  recipe: string;
  input_sha256: string;
  output_sha256: string;
}

export interface Made {
  mime: string;
  extension: string;
  facts: { width: number; height: number };
  report: Changes;
}

/** One operation by its name, with its parameters. */
export type Step = { op: string } & Record<string, unknown>;

/** JSON that src/safelight/recipe.py reads. A further picture is named as `extra` names it. */
export interface Recipe {
  name?: string;
  steps: Step[];
}

export interface Failure {
  code: string;
  title: string;
  hint: string;
  status: number;
}

/** A JSON schema of one operation's parameters, by pydantic. */
export type JsonSchema = Record<string, unknown>;

export type Ask =
  | { kind: 'start' }
  | { kind: 'operations' }
  | { kind: 'inspect'; file: Blob }
  | { kind: 'run'; file: Blob; recipe: Recipe; extra: Record<string, Uint8Array> };

export type ToWorker =
  | ({ id: number } & Ask)
  | { kind: 'part'; name: string; bytes: ArrayBuffer | WebAssembly.Module | null };

export type FromWorker =
  | { kind: 'want'; name: string }
  | { kind: 'share'; id: number; share: number }
  | { kind: 'done'; id: number; answer: unknown; bytes?: Uint8Array<ArrayBuffer> }
  /** unwell: after this the worker is of no more use. */
  | { kind: 'failed'; id: number; failure: Failure; unwell: boolean };
