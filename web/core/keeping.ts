/** Keeping: how the browser's cache of a build is called, for the page and its service worker. */

export const CACHE = 'safelight-';

export function cacheName(version: string): string {
  return CACHE + version;
}
