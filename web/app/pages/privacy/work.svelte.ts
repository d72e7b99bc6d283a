/** Work: the jobs and pictures of this browser that the server knows of. */
import type { Problem } from '../../../core/problem';
import { server } from '../../server.svelte';
import { journeys, jobs, type JobFacts, type Journey } from './journeys';
import { known } from './known.svelte';

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
      [pictures, list, problem] = [await journeys(found, known.list), found, null];
    } catch (thrown) {
      problem = thrown as Problem;
    }
    looked = Date.now();
  },

  /** Ends a job, and has the server overwrite all that came of it. */
  async eraseJob(id: string): Promise<void> {
    await server.delete(`/jobs/${id}`);
    await work.look();
  },
};
