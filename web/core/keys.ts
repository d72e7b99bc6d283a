/**
 * Keys: the table of all shortcuts. What is bound and what the help sheet shows both come from it.
 *
 * No modifiers, so that nothing of the browser's is taken away. A single letter counts only while
 * no field has focus, and all of it can be switched off (WCAG 2.1.4).
 */
import { TOOLS } from './tools';

export type Place = 'everywhere' | 'open' | 'compare' | 'boxes' | 'brush';

export interface Shortcut {
  /** What is pressed: one key as KeyboardEvent.key tells it, or two with a blank between. */
  readonly keys: string;
  /** Key of the text that says what it does. */
  readonly does: string;
  readonly place: Place;
  /** The control does it by itself while it has focus; nothing is bound to the whole page. */
  readonly isNative?: boolean;
}

const GO = 'g';
const SEQUENCE_MS = 1_500;

const fixed: readonly Shortcut[] = [
  { keys: '?', does: 'help.key_help', place: 'everywhere' },
  { keys: 'Escape', does: 'help.key_close', place: 'everywhere' },
  { keys: 'o', does: 'help.key_open', place: 'open' },
  { keys: 's', does: 'help.key_save', place: 'open' },
  { keys: 'u', does: 'help.key_undo', place: 'open' },
  { keys: 'n', does: 'help.key_next', place: 'open' },
  { keys: 'p', does: 'help.key_previous', place: 'open' },
  { keys: '1', does: 'help.key_compare_before', place: 'compare' },
  { keys: '2', does: 'help.key_compare_middle', place: 'compare' },
  { keys: '3', does: 'help.key_compare_after', place: 'compare' },
  { keys: 'b', does: 'help.key_compare_hold', place: 'compare' },
  { keys: 'ArrowLeft', does: 'help.key_compare_step', place: 'compare', isNative: true },
  { keys: 'PageUp', does: 'help.key_compare_leap', place: 'compare', isNative: true },
  { keys: 'ArrowRight', does: 'help.key_box_move', place: 'boxes', isNative: true },
  { keys: 'Shift ArrowRight', does: 'help.key_box_size', place: 'boxes', isNative: true },
  { keys: 'Delete', does: 'help.key_box_delete', place: 'boxes', isNative: true },
  { keys: '[', does: 'help.key_brush_smaller', place: 'brush' },
  { keys: ']', does: 'help.key_brush_larger', place: 'brush' },
];

const byLetter = new Map<string, string>(TOOLS.map((tool) => [tool.key, tool.name]));

/** A page besides the tab tools says which letter leads to it. */
export function lead(letter: string, page: string): void {
  const taken = byLetter.get(letter);
  if (taken !== undefined && taken !== page) throw new Error(`"g ${letter}" goes to ${taken}`);
  byLetter.set(letter, page);
}

/** The page that these keys go to, undefined for others. */
export function destination(keys: string): string | undefined {
  const [first, letter] = keys.split(' ');
  return first === GO && letter !== undefined ? byLetter.get(letter) : undefined;
}

/** Every shortcut that there is, those that go to a page first. */
export function shortcuts(): Shortcut[] {
  const goes = [...byLetter].map(([letter, page]): Shortcut => {
    return { keys: `${GO} ${letter}`, does: `common.page_${page}`, place: 'everywhere' };
  });
  return [...goes, ...fixed];
}

/**
 * Calls heard with the keys of each shortcut that is pressed on target. heard returns whether it
 * did something; only then is the key kept from the browser. Returns what ends it all.
 */
export function keyboard(
  target: EventTarget,
  heard: (keys: string) => boolean,
  isOn: () => boolean = () => true,
): () => void {
  let before = '';
  let since = 0;
  const press = (event: Event): void => {
    const pressed = event as KeyboardEvent;
    if (pressed.defaultPrevented || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
    const { key } = pressed;
    if (key !== 'Escape' && (!isOn() || isTyping(pressed))) return;
    const keys = before === GO && event.timeStamp - since < SEQUENCE_MS ? `${GO} ${key}` : key;
    [before, since] = [key === GO && keys === GO ? GO : '', event.timeStamp];
    if (isBound(keys) && heard(keys)) pressed.preventDefault();
  };
  target.addEventListener('keydown', press);
  return () => target.removeEventListener('keydown', press);
}

function isBound(keys: string): boolean {
  // Only the page knows all of its pages, so whoever listens is asked about any of these.
  if (keys.startsWith(`${GO} `)) return true;
  return fixed.some((one) => one.keys === keys && one.isNative !== true);
}

function isTyping(event: KeyboardEvent): boolean {
  const [inner] = event.composedPath();
  if (typeof HTMLElement === 'undefined' || !(inner instanceof HTMLElement)) return false;
  if (inner.isContentEditable || inner.matches('textarea, select')) return true;
  const quiet = 'input:not([type=button], [type=checkbox], [type=radio], [type=range])';
  return inner.matches(quiet);
}
