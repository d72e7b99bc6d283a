/** Manifest: what this build of the studio is made of, asked once for a visit. */
import { Problem } from '../../core/problem';
import { t } from '../../core/text.svelte';

interface Manifest {
  /** Names this build: another build has another. */
  digest: string;
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

/** The bytes of one file of this build. Rejects with a Problem where there are none. */
export async function fetched(name: string): Promise<Response> {
  const answer = await fetch(FILES + name, { credentials: 'same-origin' });
  if (answer.ok) return answer;
  throw new Problem({
    status: answer.status,
    code: 'part-missing',
    title: t('shell.part_missing', { name }),
    hint: t('shell.part_missing_hint'),
  });
}

/** Where the tool frame of this build lies. */
export async function frameAddress(): Promise<string> {
  return `${FILES}frame.html?v=${(await manifest()).digest.slice(0, 16)}`;
}
