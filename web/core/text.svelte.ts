/**
 * Text: every word that people read, from catalogues, in the language they chose.
 *
 * t('edit.saved', {n: 3}) takes the key `saved` of the area `edit`. `{name}` is filled in; a value
 * with plural forms is chosen by `n`. Page and frame each bring the catalogues that they need; a
 * language is there once a catalogue of it is: a folder of text/ is all that it takes.
 */
import { inForm, nameOf, type Words } from './languages';
import type { Language } from './messages';

export type Catalogue = Record<string, Words>;
export type Values = Record<string, string | number>;

const OTHERWISE: Language = 'en';
const known = new Map<string, Words>();
const codes = new Set<Language>();
let chosen = $state<Language>(OTHERWISE);

/** The language in use; setting it changes every text at once. */
export const language = {
  get code(): Language {
    return chosen;
  },
  set code(code: Language) {
    if (codes.has(code)) chosen = code;
  },
  /** Every language that there are words in, by its own name. */
  get all(): { code: Language; name: string }[] {
    return [...codes].sort().map((code) => ({ code, name: nameOf(code) }));
  },
};

/** Takes catalogues in. files: by path, `…/LANGUAGE/AREA.json`, as import.meta.glob gives them. */
export function learn(files: Record<string, Catalogue>): void {
  for (const [path, catalogue] of Object.entries(files)) {
    const [area, code = OTHERWISE] = path.replace(/\.json$/, '').split('/').reverse();
    codes.add(code);
    for (const [key, words] of Object.entries(catalogue)) {
      known.set(`${code}:${area}.${key}`, words);
    }
  }
}

/** The words of a key; the key itself where no catalogue has it, so that a gap is seen. */
export function t(key: string, values: Values = {}): string {
  const own = known.get(`${chosen}:${key}`);
  const words = own ?? known.get(`${OTHERWISE}:${key}`);
  if (words === undefined) return key;
  const n = Number(values['n'] ?? 0);
  const plain = inForm(words, n, own === undefined ? OTHERWISE : chosen);
  return plain.replace(/\{(\w+)\}/g, (all, name: string) => shown(values[name], all));
}

/** Whether there are words for a key. */
export function has(key: string): boolean {
  return known.has(`${OTHERWISE}:${key}`);
}

/** A number as the language writes it. */
export function count(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

/** Bytes in the unit that reads best: 3.2 MB. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${count(value, value < 10 && power > 0 ? 1 : 0)} ${units[power]}`;
}

/** A moment in the reader's own time zone. */
export function moment(when: Date | string): string {
  const style = { dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat(locale(), style).format(new Date(when));
}

/** The chosen language as the reader's own country writes it, British where nobody knows. */
export function locale(): string {
  const own = navigator.languages.find((tag) => tag.startsWith(`${chosen}-`));
  return own ?? (chosen === 'en' ? 'en-GB' : chosen);
}

function shown(value: string | number | undefined, otherwise: string): string {
  if (value === undefined) return otherwise;
  return typeof value === 'number' ? count(value, 2) : value;
}
