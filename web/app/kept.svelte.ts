/**
 * Kept: settings that stay on this device, in the browser's own store, until they are forgotten.
 * Nothing of it is sent to any server, ours included.
 */
import './words';
import { language } from '../core/text.svelte';
import type { Language, Theme } from '../core/messages';

export type Appearance = Theme | 'system';
export const APPEARANCES: readonly Appearance[] = ['system', 'light', 'dark', 'grey'];

const PREFIX = 'safelight.';
const TOOL = `${PREFIX}tool.`;

const isDark = window.matchMedia('(prefers-color-scheme: dark)');
const isReduced = window.matchMedia('(prefers-reduced-motion: reduce)');

let appearance = $state<Appearance>(one(read('appearance'), APPEARANCES, 'system'));
let prefersDark = $state(isDark.matches);
let prefersLess = $state(isReduced.matches);
let forgotten = $state(0);
let hasShortcuts = $state(read('shortcuts') !== false);
isDark.addEventListener('change', (event) => (prefersDark = event.matches));
isReduced.addEventListener('change', (event) => (prefersLess = event.matches));
language.code = one(read('language'), codes(), preferred());

export const kept = {
  get appearance(): Appearance {
    return appearance;
  },
  set appearance(wish: Appearance) {
    appearance = wish;
    write('appearance', wish);
  },
  get theme(): Theme {
    return appearance === 'system' ? (prefersDark ? 'dark' : 'light') : appearance;
  },
  get isReduced(): boolean {
    return prefersLess;
  },
  get shortcuts(): boolean {
    return hasShortcuts;
  },
  set shortcuts(wish: boolean) {
    hasShortcuts = wish;
    write('shortcuts', wish);
  },
  get language(): Language {
    return language.code;
  },
  set language(code: Language) {
    language.code = code;
    write('language', code);
  },
  /** How often everything was forgotten: what has a copy of it looks again. */
  get forgotten(): number {
    return forgotten;
  },
  get isWelcomed(): boolean {
    return read('welcomed') === true;
  },
  set isWelcomed(wish: boolean) {
    write('welcomed', wish);
  },
};

/** Settings of tools, by their keys. */
export function toolSettings(): Record<string, unknown> {
  const found = Object.keys(localStorage).filter((key) => key.startsWith(TOOL));
  return Object.fromEntries(
    found.map((key) => [key.slice(TOOL.length), read(key.slice(PREFIX.length))]),
  );
}

/** Keeps one setting of a tool; null forgets it. */
export function keepTool(key: string, value: unknown): void {
  if (value === null || value === undefined) localStorage.removeItem(TOOL + key);
  else write(`tool.${key}`, value);
}

/** All that is kept, as it is kept. */
export function everythingKept(): { key: string; value: string }[] {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  return keys.sort().map((key) => ({ key, value: localStorage.getItem(key) ?? '' }));
}

/** Forgets every setting on this device, and goes back to what the system prefers. */
export function forgetEverything(): void {
  for (const { key } of everythingKept()) localStorage.removeItem(key);
  sessionStorage.clear();
  appearance = 'system';
  hasShortcuts = true;
  language.code = preferred();
  forgotten += 1;
}

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? 'null');
  } catch {
    return null; // somebody else wrote it, or the browser keeps nothing
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // A full or forbidden store: the setting holds until the page is closed.
  }
}

function one<T>(value: unknown, allowed: readonly T[], otherwise: T): T {
  return allowed.includes(value as T) ? (value as T) : otherwise;
}

function codes(): Language[] {
  return language.all.map(({ code }) => code);
}

function preferred(): Language {
  const wished = navigator.languages.map((tag) => tag.slice(0, 2));
  return codes().find((code) => code === wished.find((tag) => codes().includes(tag)))
    ?? 'en';
}
