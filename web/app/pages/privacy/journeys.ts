/** Journeys: the pictures that this browser sent to the server, and where their results are. */
import { Problem } from '../../../core/problem';
import { server } from '../../server.svelte';
import type { Seen } from './known.svelte';

const PAGE = 500;
const MOST_PAGES = 4;

export interface JobFacts {
  id: string;
  state: string;
  items: number;
  counts: Record<'queued' | 'running' | 'done' | 'failed' | 'cancelled', number>;
  age_s: number;
  seconds: number;
}

interface ItemFacts {
  index: number;
  state: string;
  receipt?: string;
  asset?: string;
  worked_s?: number;
  problem?: { detail: string; hint: string };
}

/** One picture. job is null for a call of its own, which no job stands for. */
export interface Journey {
  key: string;
  job: string | null;
  place: number;
  tool: string;
  /** When it came, in milliseconds of the clock here. */
  received: number;
  state: string;
  receipt: string | null;
  asset: string | null;
  problem: string;
}

/** A list as far as it was read; isWhole: there is no more of it. */
export interface Listed<T> {
  list: T[];
  isWhole: boolean;
}

/** The jobs of this browser, the newest first. */
export async function jobs(): Promise<Listed<JobFacts>> {
  return paged<JobFacts>('/jobs', 'jobs');
}

/** Every picture of these jobs, and of the calls that no job stands for. Rejects with a Problem. */
export async function journeys(of: readonly JobFacts[], seen: readonly Seen[]): Promise<Journey[]> {
  const pages = await Promise.all(of.map((job) => items(job)));
  const found = pages.flat();
  const receipts = new Set(found.map((one) => one.receipt));
  const alone = seen.filter((one) => !receipts.has(one.receipt)).map(single);
  return [...found, ...alone].sort((one, other) => other.received - one.received);
}

async function items(job: JobFacts): Promise<Journey[]> {
  const found = await paged<ItemFacts>(`/jobs/${job.id}/items`, 'items').catch(ended);
  const received = Date.now() - job.age_s * 1000;
  return found.list.map((item) => ({
    key: `${job.id}-${item.index}`,
    job: job.id,
    place: item.index + 1,
    tool: '',
    received,
    state: item.state,
    receipt: item.receipt ?? null,
    asset: item.asset ?? null,
    problem: item.problem?.detail ?? '',
  }));
}

/** A job that ended between two questions has no pictures; any other failure is one. */
function ended(thrown: unknown): Listed<ItemFacts> {
  const problem = Problem.of(thrown);
  if (problem.status !== 404 && problem.status !== 410) throw problem;
  return { list: [], isWhole: true };
}

async function paged<T>(path: string, field: string): Promise<Listed<T>> {
  const list: T[] = [];
  let next: string | null | undefined = '';
  for (let page = 0; page < MOST_PAGES && typeof next === 'string'; page += 1) {
    const cursor: string = next === '' ? '' : `&cursor=${next}`;
    const told: Record<string, unknown> = await server.get(`${path}?limit=${PAGE}${cursor}`);
    list.push(...(told[field] as T[]));
    next = told['next'] as string | null | undefined;
  }
  return { list, isWhole: typeof next !== 'string' };
}

function single(seen: Seen): Journey {
  return {
    key: seen.receipt,
    job: null,
    place: 1,
    tool: seen.tool,
    received: new Date(seen.at).getTime(),
    state: 'done',
    receipt: seen.receipt,
    asset: seen.asset ?? null,
    problem: '',
  };
}
