/** Manifest: what this build of the studio is made of, asked once for a visit. */
import { cacheName } from '../../core/keeping';
import { Problem } from '../../core/problem';
import { t } from '../../core/text.svelte';

interface Manifest {
  /** Names this build: another build has another. */
  version: string;
  /** Under which name each part of the frame is served. */
  parts: Record<string, string>;
  /** content: the SHA-256 of a file as the page gets it, without any compression. */
  files: Record<string, { content: string }>;
}

const FILES = '/studio/';
let asked: Promise<Manifest> | undefined;
const puts: (Promise<unknown> | undefined)[] = [];

export function manifest(): Promise<Manifest> {
  asked ??= fetched('manifest.json')
    .then((answer) => answer.json() as Promise<Manifest>)
    .catch((thrown: unknown) => {
      asked = undefined;
      throw thrown;
    });
  return asked;
}

/** One file of this build. Rejects with a Problem where it is not to be had. */
export async function fetched(name: string, priority: RequestPriority = 'auto'): Promise<Response> {
  const init = { credentials: 'same-origin', priority } as const;
  const answer = await fetch(FILES + name, init).catch(() => null);
  if (answer?.ok) return answer;
  throw missing(name, answer?.status);
}

function missing(name: string, status = 0): Problem {
  return new Problem({
    status,
    code: 'part-missing',
    title: t('shell.part_missing', { name }),
    hint: t('shell.part_missing_hint'),
  });
}

/**
 * The bytes of a file whose name has its content in it: kept on this device from then on. They are
 * compared with the manifest, wherever they come from; allKept says when they are kept.
 */
export async function keptFile(name: string, priority?: RequestPriority): Promise<ArrayBuffer> {
  const { version, files } = await manifest();
  const wanted = Object.hasOwn(files, name) ? files[name]?.content : undefined;
  const cache = await globalThis.caches?.open(cacheName(version)).catch(() => undefined);
  const kept = await cache?.match(FILES + name).catch(() => undefined);
  const before = await kept?.arrayBuffer().catch(() => undefined);
  if (before !== undefined && (await isOurs(before, wanted))) return before;
  await cache?.delete(FILES + name);
  const answer = await fetched(name, priority);
  const bytes = await answer.arrayBuffer().catch(() => Promise.reject(missing(name)));
  if (!(await isOurs(bytes, wanted))) {
    await cache?.delete(FILES + name); // the service worker may have kept it
    throw new Problem({
      code: 'part-wrong',
      title: t('shell.part_wrong', { name }),
      hint: t('shell.part_wrong_hint'),
    });
  }
  const type = answer.headers.get('content-type') ?? '';
  const copy = new Response(bytes, { headers: { 'content-type': type } });
  puts.push(cache?.put(FILES + name, copy).catch(() => undefined)); // no room is no reason
  return bytes;
}

/** Settles once all that has come is kept, or there is no room for it. */
export async function allKept(): Promise<void> {
  await Promise.all(puts);
}

/** Whether the bytes are what was built. Without a secure context a browser offers no digest; then
 * nothing is compared. */
async function isOurs(bytes: ArrayBuffer, wanted: string | undefined): Promise<boolean> {
  const { subtle } = globalThis.crypto as { subtle?: SubtleCrypto };
  if (subtle === undefined) return true;
  const found = await subtle.digest('SHA-256', bytes);
  const hex = [...new Uint8Array(found)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex === wanted;
}

/** Where the tool frame of this build lies. */
export async function frameAddress(): Promise<string> {
  return `${FILES}frame.html?v=${(await manifest()).version}`;
}
