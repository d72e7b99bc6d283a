/**
 * Service worker: keeps the studio on this device, so that the tools of the tab work while the
 * server does not. It keeps files of this build alone, never an answer of the interface, and hands
 * on what other apps share without writing it anywhere.
 */
/// <reference lib="webworker" />
import { CACHE, cacheName } from '../core/keeping';
import { handOver, share } from './sharing';

const worker = self as unknown as ServiceWorkerGlobalScope;
const MINE = cacheName(STUDIO_VERSION);
const FILES = '/studio/';
const FRAME = `${FILES}frame.html`;
const NEWEST = new Set(['/', `${FILES}manifest.json`]);
const SHARE = '/share';
const SLOW_MS = 4_000;
// The frame and its parts come when they are first used, and then stay; the rest comes at once.
const LARGE_BYTES = 400_000;
const LATER = new Set(['frame.html', 'index.html', 'sw.js']);
const known = new Set(STUDIO_FILES.map(({ path }) => FILES + path));

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(activate()));
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== worker.location.origin) return;
  if (request.method === 'POST' && url.pathname === SHARE) event.respondWith(share(event));
  if (request.method !== 'GET') return;
  if (NEWEST.has(url.pathname)) event.respondWith(newest(url.pathname, request));
  else if (isMine(url)) event.respondWith(kept(url.pathname, request));
});
worker.addEventListener('message', (event) => {
  const { kind } = (event.data ?? {}) as { kind?: unknown };
  if (kind === 'shared?') handOver(event.source);
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

/** Whether an address names a file of this build: the frame alone may say of which build. */
function isMine({ pathname, search }: URL): boolean {
  if (!known.has(pathname)) return false;
  const isOfBuild = pathname === FRAME && search === `?v=${STUDIO_VERSION}`;
  return search === '' || isOfBuild;
}

/** What was kept; otherwise it is asked for, and kept once for all ways to write its address. */
async function kept(path: string, request: Request): Promise<Response> {
  const before = await caches.match(path, { cacheName: MINE });
  if (before !== undefined) return before;
  const answer = await fetch(request);
  if (answer.ok) {
    const copy = answer.clone();
    await caches
      .open(MINE)
      .then((cache) => cache.put(path, copy))
      .catch(() => undefined); // no room: it works as long as the server does
  }
  return answer;
}
