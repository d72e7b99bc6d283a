/** Offline: the service worker that keeps the studio for a visit without the server. */
import { shared } from './shared.svelte';

const ADDRESS = '/sw.js';

/** Registers it, and takes what another app shared with us. Quiet where a browser has none. */
export async function keepForLater(): Promise<void> {
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
    await navigator.serviceWorker.register(ADDRESS, { scope: '/', updateViaCache: 'none' });
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage({ kind: 'shared?' });
  } catch {
    // A private window, or a certificate that is not trusted: the studio works, with the server.
  }
}
