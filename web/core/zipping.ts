// Zips of results, made piece by piece: no more than one file is in memory at a time.

import { Zip, ZipPassThrough } from 'fflate';
import { distinct, proper } from './naming';
import { Problem } from './problem';

export interface Named {
  name: string;
  blob: Blob;
}

/** How much one archive may hold. */
export interface Most {
  bytes: number;
  files: number;
}

// The plain form of zip counts bytes in 32 bits and files in 16, and what writes it here does not
// look: one byte more would be a damaged archive.
const PLAIN_FORM: Most = { bytes: 0xffff_ffff - 0xffff, files: 0xffff };
const PIECE_BYTES = 1 << 20;
const PER_FILE_BYTES = 30 + 16 + 46; // its head, what follows it, and its line in the list

/** The files in as few archives as hold them, stored as they are: pictures are compressed already.
 * Throws Problem, before anything is made, where one file alone is too large for an archive. */
export async function zipped(
  files: Iterable<Named>,
  done: (count: number) => void = () => undefined,
  most: Most = PLAIN_FORM,
): Promise<Blob[]> {
  let count = 0;
  const archives: Blob[] = [];
  for (const part of divided(files, most)) {
    archives.push(await archive(part, () => done((count += 1))));
  }
  return archives;
}

/** What each archive is called, where one may not be enough. */
export function archiveName(at: number): string {
  return at === 0 ? 'safelight.zip' : `safelight-${at + 1}.zip`;
}

/** The files in order and by their proper names, each archive within what it may hold. */
export function divided(files: Iterable<Named>, most: Most): Named[][] {
  const given = [...files];
  const names = distinct(given.map(({ name, blob }) => proper(name, blob.type)));
  const parts: Named[][] = [];
  let room = -1;
  for (const [at, { blob }] of given.entries()) {
    const name = names[at] ?? '';
    const bytes = blob.size + PER_FILE_BYTES + 2 * new TextEncoder().encode(name).length;
    if (bytes > most.bytes) throw new Problem({ code: 'zip-too-large', title: name });
    const isFull = bytes > room || (parts.at(-1)?.length ?? 0) >= most.files;
    if (isFull) [room] = [most.bytes, parts.push([])];
    parts.at(-1)?.push({ name, blob });
    room -= bytes;
  }
  return parts.length > 0 ? parts : [[]];
}

async function archive(files: readonly Named[], done: () => void): Promise<Blob> {
  const parts: Blob[] = [];
  let trouble: Error | null = null;
  const zip = new Zip((error, chunk) => {
    trouble ??= error;
    // A Blob may lie on the browser's disk; an array stays in memory.
    if (chunk?.length) parts.push(new Blob([chunk as Uint8Array<ArrayBuffer>]));
  });
  for (const { name, blob } of files) {
    const entry = new ZipPassThrough(name);
    zip.add(entry);
    for (let at = 0; at < blob.size || at === 0; at += PIECE_BYTES) {
      const piece = await blob.slice(at, at + PIECE_BYTES).arrayBuffer();
      entry.push(new Uint8Array(piece), at + PIECE_BYTES >= blob.size);
    }
    done();
  }
  zip.end();
  if (trouble) throw trouble as Error;
  return new Blob(parts, { type: 'application/zip' });
}
