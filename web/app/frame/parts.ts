/**
 * Parts: the bytes of the program that the frame cannot fetch for itself.
 *
 * All are fetched on the first entry, those that are waited for before the others, and then held,
 * so that nothing at all is asked while somebody works on a picture.
 */
import { keptFile, manifest } from './manifest';

const held = new Map<string, Promise<Blob>>();

/** A fresh copy of a part; null where it is not to be had. */
export async function part(name: string): Promise<ArrayBuffer | null> {
  try {
    return await (await bytesOf(name, 'high')).arrayBuffer();
  } catch {
    return null;
  }
}

/** Fetches every part, one after the other. True once all are here. */
export async function fetchAll(): Promise<boolean> {
  let isWhole = true;
  for (const name of Object.keys((await manifest()).parts)) {
    await bytesOf(name, 'low').catch(() => (isWhole = false));
  }
  return isWhole;
}

function bytesOf(name: string, priority: RequestPriority): Promise<Blob> {
  const known = held.get(name);
  if (known !== undefined) return known;
  const coming = manifest()
    .then(({ parts }) => keptFile((Object.hasOwn(parts, name) && parts[name]) || name, priority))
    .then((answer) => answer.blob());
  held.set(name, coming);
  coming.catch(() => held.delete(name)); // the server may be back when it is asked again
  return coming;
}
