/** Offline: the service worker that keeps the studio for a visit without the server. */
import { host } from './frame/host.svelte';

const ADDRESS = '/sw.js';

/** Registers it, and takes what another app shared with us. Quiet where a browser has none. */
export async function keepForLater(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.addEventListener('message', (event: MessageEvent<unknown>) => {
    const { kind, files } = (event.data ?? {}) as { kind?: unknown; files?: unknown };
    if (kind !== 'shared' || !Array.isArray(files)) return;
    host.give(files.filter((one): one is File => one instanceof File));
  });
  try {
    await navigator.serviceWorker.register(ADDRESS, { scope: '/', updateViaCache: 'none' });
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage({ kind: 'shared?' });
  } catch {
    // A private window, or a certificate that is not trusted: the studio works, with the server.
  }
}
