/**
 * Keys: the table of all shortcuts. What is bound and what the help sheet shows both come from it;
 * whoever listens to keys asks here, so that nothing is heard that is not in the table.
 *
 * Single letters count only while no field has focus, and can be switched off (WCAG 2.1.4).
 */
import { TOOLS } from './tools';

export const PLACES = [
  'everywhere',
  'open',
  'strip',
  'edit',
  'compare',
  'lens',
  'boxes',
  'brush',
  'corners',
  'steps',
] as const;
export type Place = (typeof PLACES)[number];

export interface Shortcut {
  /** What is pressed: keys as KeyboardEvent.key tells them, or the name of a group of them. */
  readonly keys: string;
  /** Key of the text that says what it does. */
  readonly does: string;
  readonly place: Place;
  /** The control does it by itself while it has focus; nothing is bound to the whole page. */
  readonly isNative?: boolean;
}

/** Keys that do the same in several directions, or are the same thing by two names. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Arrows: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'],
  Upright: ['ArrowUp', 'ArrowDown'],
  Pages: ['PageUp', 'PageDown'],
  Ends: ['Home', 'End'],
  Erase: ['Delete', 'Backspace'],
  Space: [' '],
};
const GO = 'g';
const SEQUENCE_MS = 1_500;

const native = (place: Place, keys: string, does: string): Shortcut => {
  return { keys, does: `help.key_${does}`, place, isNative: true };
};

const fixed: readonly Shortcut[] = [
  { keys: '?', does: 'help.key_help', place: 'everywhere' },
  { keys: 'Escape', does: 'help.key_close', place: 'everywhere' },
  { keys: 'o', does: 'help.key_open', place: 'open' },
  { keys: 's', does: 'help.key_save', place: 'open' },
  { keys: 'u', does: 'help.key_undo', place: 'open' },
  { keys: 'n', does: 'help.key_next', place: 'open' },
  { keys: 'p', does: 'help.key_previous', place: 'open' },
  native('strip', 'Arrows', 'strip_step'),
  native('strip', 'Ends', 'strip_ends'),
  native('strip', 'Delete', 'strip_close'),
  native('strip', 'Control z', 'strip_reopen'),
  native('strip', 'Shift Delete', 'strip_forget'),
  native('edit', 'Control z', 'undo'),
  native('edit', 'Control y', 'redo'),
  native('edit', 'Control Shift z', 'redo'),
  { keys: '1', does: 'help.key_compare_before', place: 'compare' },
  { keys: '2', does: 'help.key_compare_middle', place: 'compare' },
  { keys: '3', does: 'help.key_compare_after', place: 'compare' },
  { keys: 'b', does: 'help.key_compare_hold', place: 'compare' },
  native('compare', 'Arrows', 'compare_step'),
  native('compare', 'Pages', 'compare_leap'),
  native('compare', 'Ends', 'compare_ends'),
  native('lens', 'Arrows', 'lens_move'),
  native('lens', 'Shift Arrows', 'lens_pan'),
  native('boxes', 'Arrows', 'box_move'),
  native('boxes', 'Shift Arrows', 'box_leap'),
  native('boxes', 'Alt Arrows', 'box_size'),
  native('boxes', 'Alt Shift Arrows', 'box_size_leap'),
  native('boxes', 'Erase', 'box_delete'),
  native('brush', 'Arrows', 'brush_move'),
  native('brush', 'Shift Arrows', 'brush_nudge'),
  native('brush', 'Space', 'brush_paint'),
  native('brush', '[', 'brush_smaller'),
  native('brush', ']', 'brush_larger'),
  native('brush', 'x', 'brush_mode'),
  native('brush', 'u', 'undo'),
  native('brush', 'Control z', 'undo'),
  native('corners', 'Arrows', 'corners_move'),
  native('steps', 'Alt Upright', 'steps_move'),
];

let isSwitchedOn = (): boolean => true;

/** Says whether single letters are to be heard. */
export function switchedBy(isOn: () => boolean): void {
  isSwitchedOn = isOn;
}

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
): () => void {
  let before = '';
  let since = 0;
  const press = (event: Event): void => {
    const pressed = event as KeyboardEvent;
    if (pressed.defaultPrevented || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
    const { key } = pressed;
    if (key !== 'Escape' && (!isSwitchedOn() || isTyping(pressed))) return;
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

/** Whether the table has what is pressed, for a control of that place that has the focus. */
export function isHeard(place: Place, event: Chord): boolean {
  if (event.key.length === 1 && event.key !== ' ' && !isCommand(event) && !isSwitchedOn()) {
    return false;
  }
  const pressed = chord(event);
  return fixed.some((one) => one.place === place && chords(one.keys).includes(pressed));
}

/** What of a KeyboardEvent says which keys are down. */
export type Chord = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

const isCommand = (event: Chord): boolean => event.ctrlKey || event.metaKey;

function chord(event: Chord): string {
  const { key } = event;
  const isLetter = key.length === 1 && key !== ' ';
  const held = [
    ...(isCommand(event) ? ['Control'] : []),
    ...(event.altKey ? ['Alt'] : []),
    // Of a sign alone, Shift is a part: it is how "?" is typed.
    ...(event.shiftKey && (!isLetter || isCommand(event)) ? ['Shift'] : []),
  ];
  return [...held, isLetter ? key.toLowerCase() : key].join(' ');
}

/** Every chord that an entry of the table stands for. */
function chords(keys: string): string[] {
  const parts = keys.split(' ');
  const last = parts.pop() ?? '';
  return (GROUPS[last] ?? [last]).map((key) => [...parts, key].join(' '));
}

function isTyping(event: KeyboardEvent): boolean {
  const [inner] = event.composedPath();
  if (typeof HTMLElement === 'undefined' || !(inner instanceof HTMLElement)) return false;
  if (inner.isContentEditable || inner.matches('textarea, select')) return true;
  const quiet = 'input:not([type=button], [type=checkbox], [type=radio], [type=range])';
  return inner.matches(quiet);
}
