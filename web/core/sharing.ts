/** Sharing: how much of what another app shares is taken, before anybody was asked about it. */

export interface MostShared {
  files: number;
  bytes: number;
}

export const MOST_SHARED: MostShared = { files: 200, bytes: 1_000_000_000 };

/** The files from the first on that fit, beside what waits already; left: how many do not. */
export function fitting<F extends { size: number }>(
  waiting: readonly F[],
  more: readonly F[],
  most: MostShared = MOST_SHARED,
): { files: F[]; left: number } {
  let bytes = waiting.reduce((sum, { size }) => sum + size, 0);
  const files: F[] = [];
  for (const file of more) {
    bytes += file.size;
    if (bytes > most.bytes || waiting.length + files.length >= most.files) break;
    files.push(file);
  }
  return { files, left: more.length - files.length };
}
