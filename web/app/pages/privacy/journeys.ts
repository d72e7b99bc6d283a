/** Journeys: the pictures that this browser sent to the server, and where their results are. */
import { server } from '../../server.svelte';
import type { Seen } from './known.svelte';

const MOST_JOBS = 20;
const MOST_ITEMS = 100;

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

/** The newest jobs of this browser, the newest first. */
export async function jobs(): Promise<JobFacts[]> {
  const page = await server.get<{ jobs: JobFacts[] }>(`/api/v1/jobs?limit=${MOST_JOBS}`);
  return page.jobs;
}

/** Every picture of these jobs, and of the calls that no job stands for. */
export async function journeys(of: readonly JobFacts[], seen: readonly Seen[]): Promise<Journey[]> {
  const pages = await Promise.all(of.map((job) => items(job)));
  const found = pages.flat();
  const receipts = new Set(found.map((one) => one.receipt));
  const alone = seen.filter((one) => !receipts.has(one.receipt)).map(single);
  return [...found, ...alone].sort((one, other) => other.received - one.received);
}

async function items(job: JobFacts): Promise<Journey[]> {
  const path = `/api/v1/jobs/${job.id}/items?limit=${MOST_ITEMS}`;
  const page = await server.get<{ items: ItemFacts[] }>(path).catch(() => ({ items: [] }));
  const received = Date.now() - job.age_s * 1000;
  return page.items.map((item) => ({
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
