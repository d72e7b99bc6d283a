/** Offline: the service worker that keeps the studio for a visit without the server. */
import { firstParts } from './frame/parts';
import { shared } from './shared.svelte';

const ADDRESS = '/sw.js';
// The parts that the engine starts with come first; a page without tools waits for none.
const AFTER_MS = 3_000;
const PATIENCE_MS = 10_000;
let asked: Promise<void> | undefined;

/** Registers it, and takes what another app shared with us. Quiet where a browser has none. Settles
 * once the studio is kept, or cannot be. */
export function keepForLater(): Promise<void> {
  asked ??= begun();
  return asked;
}

async function begun(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const isExpected = location.hash.endsWith('?shared'); // the service worker led here
  if (isExpected) history.replaceState(null, '', location.hash.replace('?shared', ''));
  navigator.serviceWorker.addEventListener('message', (event: MessageEvent<unknown>) => {
    const { kind, files, left } = (event.data ?? {}) as Record<string, unknown>;
    if (kind !== 'shared' || !Array.isArray(files)) return;
    const given = files.filter((one): one is File => one instanceof File);
    shared.add(given, Number(left) || 0, isExpected);
  });
  try {
    await Promise.race([firstParts, after(AFTER_MS)]);
    await navigator.serviceWorker.register(ADDRESS, { scope: '/', updateViaCache: 'none' });
    const ready = await Promise.race([navigator.serviceWorker.ready, after(PATIENCE_MS)]);
    ready?.active?.postMessage({ kind: 'shared?' });
  } catch {
    // A private window, or a certificate that is not trusted: the studio works, with the server.
  }
}

const after = (ms: number): Promise<undefined> =>
  new Promise((done) => setTimeout(done, ms, undefined));
