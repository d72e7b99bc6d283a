/**
 * Service worker: keeps the studio on this device, so that the tools of the tab work while the
 * server does not. It keeps files of this build alone, never an answer of the interface, and hands
 * on what other apps share without writing it anywhere.
 */
/// <reference lib="webworker" />
import { CACHE, cacheName } from '../core/keeping';

const worker = self as unknown as ServiceWorkerGlobalScope;
const MINE = cacheName(STUDIO_VERSION);
const FILES = '/studio/';
const NEWEST = new Set(['/', `${FILES}manifest.json`]);
const SHARE = '/share';
const SLOW_MS = 4_000;
const SHARED_MS = 120_000;
// The frame and its parts come when they are first used, and then stay; the rest comes at once.
const LARGE_BYTES = 400_000;
const LATER = new Set(['frame.html', 'index.html', 'sw.js']);
const known = new Set(STUDIO_FILES.map(({ path }) => FILES + path));

let shared: File[] = [];

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(activate()));
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== worker.location.origin) return;
  if (request.method === 'POST' && url.pathname === SHARE) event.respondWith(share(request));
  if (request.method !== 'GET') return;
  if (NEWEST.has(url.pathname)) event.respondWith(newest(url.pathname, request));
  else if (known.has(url.pathname)) event.respondWith(kept(request));
});
worker.addEventListener('message', (event) => {
  const { kind } = (event.data ?? {}) as { kind?: unknown };
  if (kind !== 'shared?' || shared.length === 0) return;
  event.source?.postMessage({ kind: 'shared', files: shared });
  shared = [];
});

async function install(): Promise<void> {
  const cache = await caches.open(MINE);
  const small = STUDIO_FILES.filter(({ path, size }) => size < LARGE_BYTES && !LATER.has(path));
  await cache.addAll([...NEWEST, ...small.map(({ path }) => FILES + path)]);
  await worker.skipWaiting();
}

async function activate(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(CACHE) && name !== MINE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** What the server has now; what was kept where it does not answer soon. */
async function newest(path: string, request: Request): Promise<Response> {
  const before = await caches.match(path, { cacheName: MINE });
  const late = new Promise<null>((give) => setTimeout(give, SLOW_MS, null));
  const asked = fetch(request).catch(() => null);
  const answer = await (before === undefined ? asked : Promise.race([asked, late]));
  return answer ?? before ?? Response.error();
}

/** What was kept; otherwise it is asked for, and kept. */
async function kept(request: Request): Promise<Response> {
  const before = await caches.match(request, { cacheName: MINE });
  if (before !== undefined) return before;
  const answer = await fetch(request);
  if (answer.ok) {
    const copy = answer.clone();
    await caches
      .open(MINE)
      .then((cache) => cache.put(request, copy))
      .catch(() => undefined); // no room: it works as long as the server does
  }
  return answer;
}

/** Another app shared pictures: they wait in memory for the page that opens now. */
async function share(request: Request): Promise<Response> {
  const form = await request.formData();
  shared = form.getAll('pictures').filter((one): one is File => one instanceof File);
  setTimeout(() => (shared = []), SHARED_MS);
  return Response.redirect('/#/start', 303);
}
