// The eight handles of a box. They are for pointers alone: the keyboard has the arrow keys.

import type { Grip } from '../core/rectangles';

export const GRIPS: Grip[] = [
  { x: -1, y: -1 },
  { x: 0, y: -1 },
  { x: 1, y: -1 },
  { x: -1, y: 0 },
  { x: 1, y: 0 },
  { x: -1, y: 1 },
  { x: 0, y: 1 },
  { x: 1, y: 1 },
];
const CURSORS = ['nwse', 'ns', 'nesw', 'ew', 'ew', 'nesw', 'ns', 'nwse'];

/** Eight elements that know, as data-grip, which of GRIPS they are. */
export function handles(): HTMLElement[] {
  return GRIPS.map((grip, place) => {
    const handle = document.createElement('span');
    handle.className = 'boxes-grip';
    handle.dataset.grip = String(place);
    handle.style.left = `${(grip.x + 1) * 50}%`;
    handle.style.top = `${(grip.y + 1) * 50}%`;
    handle.style.cursor = `${CURSORS[place]}-resize`;
    return handle;
  });
}
