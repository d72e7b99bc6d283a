// The size of an opened picture as it is displayed, in pixels of the file.
import type { Size } from '../core/rectangles';
import type { Opened } from './desk.svelte';

/** As plain numbers: what is state of an object is not copied along with it. */
export function sizeOf({ width, height }: Opened): Size {
  return { width, height };
}
