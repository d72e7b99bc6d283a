// What the compare view is made of: its words and its buttons.

export const MODES = ['slider', 'side', 'difference', 'lens'] as const;
export type Mode = (typeof MODES)[number];

/** Every text that a person meets. */
export interface CompareWords {
  before: string;
  after: string;
  /** Name of the whole view. */
  view: string;
  modes: Record<Mode, string>;
  mode: string;
  zoom: string;
  fit: string;
  split: string;
  /** What the range says at a split: "62 % original". */
  part(percent: number): string;
  hold: string;
  differs: string;
  brighter: string;
}

export function made<K extends keyof HTMLElementTagNameMap>(tag: K, name: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}

export function toggle(text: string, kind: string, value: string, pressed: () => void): HTMLButtonElement {
  const button = made('button', kind);
  button.type = 'button';
  button.textContent = text;
  button.dataset[kind] = value;
  button.onclick = () => button.getAttribute('aria-disabled') !== 'true' && pressed();
  return button;
}

export function group(name: string, children: HTMLElement[]): HTMLElement {
  const element = made('div', 'group');
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', name);
  element.append(...children);
  return element;
}
