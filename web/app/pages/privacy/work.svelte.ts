/** Work: the jobs and pictures of this browser that the server knows of. */
import { Problem } from '../../../core/problem';
import { server } from '../../server.svelte';
import { heldUntil } from './held';
import { journeys, jobs, type JobFacts, type Journey } from './journeys';
import { known } from './known.svelte';

const STEP = 20;

/** A result that no job stands for any more, and until when it waits. */
export interface Lone {
  journey: Journey;
  until: number | 'unknown';
}

let most = $state(STEP);
let isWhole = $state(true);
let lone = $state.raw<Lone[]>([]);
let list = $state.raw<JobFacts[]>([]);
let pictures = $state.raw<Journey[]>([]);
let problem = $state.raw<Problem | null>(null);
let looked = $state(0);

export const work = {
  get jobs(): JobFacts[] {
    return list;
  },
  get pictures(): Journey[] {
    return pictures;
  },
  /** Results beside those of jobs that wait at the server, as far as it said so. */
  get lone(): Lone[] {
    return lone;
  },
  /** How many pictures of jobs were not looked at yet. */
  get further(): number {
    return list.slice(most).reduce((sum, { items }) => sum + items, 0);
  },
  /** Whether every job of this browser was told. */
  get isWhole(): boolean {
    return isWhole;
  },
  /** Whether any picture still waits or is worked on. */
  get isUnderWay(): boolean {
    return list.some(({ counts }) => counts.queued + counts.running > 0);
  },
  get problem(): Problem | null {
    return problem;
  },
  /** When this was asked, in milliseconds of the clock here; 0 before the first time. */
  get looked(): number {
    return looked;
  },

  /** Asks anew. Never rejects. */
  async look(): Promise<void> {
    try {
      const found = await jobs();
      const seen = await journeys(found.list.slice(0, most), known.list);
      lone = await waiting(seen);
      [pictures, list, isWhole, problem] = [seen, found.list, found.isWhole, null];
    } catch (thrown) {
      problem = Problem.of(thrown);
    }
    looked = Date.now();
  },

  /** Looks at the pictures of more jobs. */
  async more(): Promise<void> {
    most += STEP;
    await work.look();
  },

  /** Ends every job and overwrites every result of this browser. Rejects with a Problem. */
  async eraseAll(): Promise<void> {
    for (const { id } of list) await gone(`/jobs/${id}`);
    for (const { journey } of lone) await gone(journey.asset ?? '');
    await work.look();
  },

  /** Ends a job, and has the server overwrite all that came of it. */
  async eraseJob(id: string): Promise<void> {
    await server.delete(`/jobs/${id}`);
    await work.look();
  },
};

/** Those that no job stands for, and that the server does not call gone. */
async function waiting(seen: readonly Journey[]): Promise<Lone[]> {
  const own = seen.filter(({ job, asset }) => job === null && asset !== null);
  const found = await Promise.all(
    own.map(async (journey) => ({ journey, until: await heldUntil(journey.asset ?? '') })),
  );
  return found.filter((one): one is Lone => one.until !== 'gone');
}

/** Erases it; what is gone already is no failure. */
async function gone(path: string): Promise<void> {
  try {
    await server.delete(path);
  } catch (thrown) {
    const problem = Problem.of(thrown);
    if (problem.status !== 404 && problem.status !== 410) throw problem;
  }
}
