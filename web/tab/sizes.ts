// The size of an opened picture as it is displayed, in pixels of the file.
import type { Size } from '../core/rectangles';
import type { Opened } from './desk.svelte';

/** A preview made by the engine may be smaller than the file, and upright where that is not. */
export function sizeOf(one: Opened): Size {
  const longest = Math.max(one.facts?.width ?? 0, one.facts?.height ?? 0);
  const shown = Math.max(one.width, one.height);
  if (!one.facts || shown === 0 || longest <= shown) {
    return { width: one.width, height: one.height };
  }
  const isTurned = one.width > one.height !== one.facts.width > one.facts.height;
  const { width, height } = one.facts;
  return isTurned ? { width: height, height: width } : { width, height };
}
