/** Welcomed: a first visit begins with the welcome, unless the link goes somewhere on purpose. */
import { kept } from './kept.svelte';
import { go } from './route.svelte';

export function welcome(): void {
  const isPlain = location.hash === '' || location.hash === '#/';
  if (!isPlain || kept.isWelcomed) return;
  kept.isWelcomed = true; // seen is enough: nobody is shown it twice
  go('welcome');
}
