// Scrub in the tab: one file or several, each result with what it lost and kept.
import { named } from '../core/naming';
import { Problem } from '../core/problem';
import type { Desk, Opened } from './desk.svelte';
import type { Changes, Finding } from './engine/engine';

export type Profile = 'share' | 'strict' | 'minimal';

/** blob: a browser may put it on its disk, so that many files need no memory each. */
export interface Scrubbed {
  of: Opened;
  name: string;
  blob: Blob;
  report: Changes;
}

/** What became of a file. among: how many were saved with it, as one zip if it was not alone. */
export interface Finished {
  name: string;
  report: Changes;
  among: number;
}

/** What was saved already, for as long as the file is open. */
export const finished = new WeakMap<Opened, Finished>();

/** among: what else is done by the same worker, if not the file alone. */
export async function scrubbed(
  desk: Desk,
  of: Opened,
  profile: Profile,
  among: object = of.file,
): Promise<Scrubbed> {
  const recipe = { steps: [{ op: 'scrub', profile }] };
  const work = desk.engine.run(of.file, recipe, { of: among, signal: of.over.signal });
  const { bytes, mime, extension, report } = await desk.busy(work);
  const blob = new Blob([bytes], { type: mime });
  return { of, name: named(of.name, 'scrubbed', extension), blob, report };
}

export interface Round {
  results: Scrubbed[];
  failures: { of: Opened; problem: Problem }[];
}

/** Every file that can be; one that fails is left out and told. have: what is there already. */
export async function allScrubbed(desk: Desk, profile: Profile, have?: Scrubbed): Promise<Round> {
  const round: Round = { results: [], failures: [] };
  const { good } = desk;
  const among = good.length > 1 ? {} : undefined;
  for (const of of good) {
    try {
      round.results.push(have?.of === of ? have : await scrubbed(desk, of, profile, among));
    } catch (error) {
      round.failures.push({ of, problem: Problem.of(error) });
    }
  }
  await desk.saveAll(round.results);
  return round;
}

/** How many findings of each group, in the order of risk. */
export function counted(findings: readonly Finding[]): [group: string, count: number][] {
  const counts = new Map<string, number>();
  for (const finding of findings) {
    counts.set(finding.group, (counts.get(finding.group) ?? 0) + 1);
  }
  return GROUPS.flatMap((group) => {
    const count = counts.get(group);
    return count ? [[group, count] as [string, number]] : [];
  });
}

export const GROUPS = [
  'place',
  'identity',
  'device',
  'time',
  'history',
  'thumbnail',
  'provenance',
  'rights',
  'colour',
  'orientation',
  'settings',
  'other',
];
