/** Manifest: what this build of the studio is made of, asked once for a visit. */
import { cacheName } from '../../core/keeping';
import { Problem } from '../../core/problem';
import { t } from '../../core/text.svelte';

interface Manifest {
  /** Names this build: another build has another. */
  version: string;
  /** Under which name each part of the frame is served. */
  parts: Record<string, string>;
}

const FILES = '/studio/';
let asked: Promise<Manifest> | undefined;

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
  throw new Problem({
    status: answer?.status ?? 0,
    code: 'part-missing',
    title: t('shell.part_missing', { name }),
    hint: t('shell.part_missing_hint'),
  });
}

/** The same for a file whose name has its content in it: kept on this device from then on. */
export async function keptFile(name: string, priority?: RequestPriority): Promise<Response> {
  const { version } = await manifest();
  const cache = await globalThis.caches?.open(cacheName(version)).catch(() => undefined);
  const before = await cache?.match(FILES + name);
  if (before !== undefined) return before;
  const answer = await fetched(name, priority);
  await cache?.put(FILES + name, answer.clone()).catch(() => undefined); // no room is no reason
  return answer;
}

/** Where the tool frame of this build lies. */
export async function frameAddress(): Promise<string> {
  return `${FILES}frame.html?v=${(await manifest()).version}`;
}
