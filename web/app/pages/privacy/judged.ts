/** Judged: what the shield may say, from what the server has measured, and from nothing else. */

/** What holds the processes that open pictures: attacks on a fresh one, tried and contained. */
export interface Cage {
  level: number;
  attempted: number;
  contained: number;
  not_covered: string[];
}

/**
 * closed: the kernel leaves no way out. process: it holds the process that answers, and not those
 * that open pictures. watching: nothing is held. gone: no server answers. stranger: it does not
 * know this browser. asking: nothing is known yet.
 */
export type Standing = 'closed' | 'process' | 'watching' | 'gone' | 'stranger' | 'asking';

/** A level below this leaves something open; the server starts with less only where it is told. */
const CAGED = 2;
const FILTER = 'sieve';

/** locks: what holds the process that answers; null where nobody said: that is no lock. */
export function judged(cage: Cage | null, locks: readonly string[] | null): Standing {
  const isFrontHeld = locks?.includes(FILTER) ?? false;
  const isCaged =
    cage !== null &&
    cage.level >= CAGED &&
    cage.attempted > 0 &&
    cage.contained === cage.attempted;
  if (isCaged && isFrontHeld) return 'closed';
  return isFrontHeld ? 'process' : 'watching';
}
