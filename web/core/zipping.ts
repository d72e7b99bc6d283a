// A zip of results, made piece by piece: no more than one file of it is in memory at a time.

import { Zip, ZipPassThrough } from 'fflate';

export interface Named {
  name: string;
  blob: Blob;
}

const PIECE_BYTES = 1 << 20;

/** The files in one zip, stored as they are: pictures are compressed already. */
export async function zipped(
  files: Iterable<Named>,
  done: (count: number) => void = () => undefined,
): Promise<Blob> {
  const parts: Blob[] = [];
  let trouble: Error | null = null;
  const zip = new Zip((error, chunk) => {
    trouble ??= error;
    // A Blob may lie on the browser's disk; an array stays in memory.
    if (chunk?.length) parts.push(new Blob([chunk as Uint8Array<ArrayBuffer>]));
  });
  let count = 0;
  for (const { name, blob } of files) {
    const entry = new ZipPassThrough(name);
    zip.add(entry);
    for (let at = 0; at < blob.size || at === 0; at += PIECE_BYTES) {
      const piece = await blob.slice(at, at + PIECE_BYTES).arrayBuffer();
      entry.push(new Uint8Array(piece), at + PIECE_BYTES >= blob.size);
    }
    done((count += 1));
  }
  zip.end();
  if (trouble) throw trouble as Error;
  return new Blob(parts, { type: 'application/zip' });
}
