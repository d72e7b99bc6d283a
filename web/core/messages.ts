/**
 * Messages: all that the page and the tool frame say to each other, and how each is checked.
 *
 * Both sides take a message from the expected window only, and only if its shape is one of these.
 */

import { isRemembered } from './remembered';

/** A language by its code, as a folder of text/ is called. */
export type Language = string;
export type Theme = 'dark' | 'light' | 'grey';

export const HANDOVER_TOOLS = ['enlarge', 'restore', 'cutout', 'sanitize', 'batch'] as const;
export type HandoverTool = (typeof HANDOVER_TOOLS)[number];

export interface Situation {
  kind: 'set';
  language: Language;
  theme: Theme;
  reduced: boolean;
  tool: string;
  offline: boolean;
  settings: Record<string, unknown>;
}

export type ToFrame =
  | Situation
  | { kind: 'part'; name: string; bytes: ArrayBuffer | null }
  | { kind: 'files'; files: File[] }
  | { kind: 'try' }; // every way out, and say how each ended

/**
 * What the frame may say, and what the page lets come of it. A frame that was taken over can say
 * all of this at will, so nothing here may become a request with something in it.
 *
 *   ready     heard once; the page then fetches all parts, in an order of its own
 *   want      answered from those parts alone; a name that is none gets null. Never a request
 *   go        to tools of the tab alone, which ask nobody
 *   counts    three whole numbers, for the page to ask before it is closed
 *   handover  files to a tool of this computer, only just after somebody pressed something
 *   remember  a setting that the tools have, in its shape (remembered.ts); shown in the settings
 *             and sent nowhere
 *   key       a key that was pressed, only just after somebody pressed something
 *   tried     only while the page waits for it; shown, and sent nowhere
 */
export type ToPage =
  | { kind: 'ready' }
  | { kind: 'want'; name: string }
  | { kind: 'go'; tool: string }
  | { kind: 'counts'; opened: number; working: number; unsaved: number }
  | { kind: 'handover'; tool: HandoverTool; files: File[] }
  | { kind: 'remember'; key: string; value: unknown }
  | { kind: 'key'; key: string }
  | { kind: 'tried'; ways: Way[] };

/** One way out that was tried: by whom it was refused, or that it was not. */
export interface Way {
  way: string;
  by: string;
  refused: boolean;
}

export type Kind<M extends { kind: string }> = M['kind'];
export type Of<M extends { kind: string }, K extends Kind<M>> = Extract<M, { kind: K }>;

/** Files in one message, and taken at once; whoever has more says it in several. */
export const MAX_FILES = 10_000;
const MAX_WAYS = 200;
const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const PART = /^[a-z0-9][a-z0-9._-]{0,63}$/i;
const LANGUAGE = /^[a-z]{2,3}$/;
const PRESSED = /^[ -~]{1,12}$/;

type Fields = Record<string, unknown>;
type Check = (fields: Fields) => boolean;

const isText = (value: unknown, pattern: RegExp): boolean =>
  typeof value === 'string' && pattern.test(value);
const isCount = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const areFiles = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= MAX_FILES && value.every((one) => one instanceof File);

const TO_FRAME: Record<Kind<ToFrame>, Check> = {
  set: (m) =>
    isText(m['language'], LANGUAGE) &&
    (m['theme'] === 'dark' || m['theme'] === 'light' || m['theme'] === 'grey') &&
    typeof m['reduced'] === 'boolean' &&
    typeof m['offline'] === 'boolean' &&
    isText(m['tool'], NAME) &&
    isRecord(m['settings']),
  part: (m) =>
    isText(m['name'], PART) && (m['bytes'] === null || m['bytes'] instanceof ArrayBuffer),
  files: (m) => areFiles(m['files']),
  try: () => true,
};

const TO_PAGE: Record<Kind<ToPage>, Check> = {
  ready: () => true,
  want: (m) => isText(m['name'], PART),
  go: (m) => isText(m['tool'], NAME),
  counts: (m) => [m['opened'], m['working'], m['unsaved']].every(isCount),
  handover: (m) =>
    (HANDOVER_TOOLS as readonly unknown[]).includes(m['tool']) && areFiles(m['files']),
  remember: (m) => isRemembered(m['key'], m['value']),
  key: (m) => isText(m['key'], PRESSED),
  tried: (m) =>
    Array.isArray(m['ways']) && m['ways'].length <= MAX_WAYS && m['ways'].every(isWay),
};

function isWay(value: unknown): boolean {
  if (!isRecord(value) || typeof value['refused'] !== 'boolean') return false;
  return [value['way'], value['by']].every((one) => typeof one === 'string' && one.length <= 300);
}

/** All files, in as many messages as they need: one with too many is no message, and not heard. */
export function inMessages<F>(files: readonly F[], most: number = MAX_FILES): F[][] {
  const parts = Math.ceil(files.length / most);
  return Array.from({ length: parts }, (_, at) => files.slice(at * most, (at + 1) * most));
}

/** What the page said, if it is a message to the frame; null for anything else. */
export function toFrame(data: unknown): ToFrame | null {
  return checked<ToFrame>(TO_FRAME, data);
}

/** What the frame said, if it is a message to the page; null for anything else. */
export function toPage(data: unknown): ToPage | null {
  return checked<ToPage>(TO_PAGE, data);
}

function checked<M>(checks: Record<string, Check>, data: unknown): M | null {
  if (!isRecord(data) || typeof data['kind'] !== 'string') return null;
  if (!Object.hasOwn(checks, data['kind'])) return null;
  return checks[data['kind']]?.(data) === true ? (data as M) : null;
}
