// Following: what the server tells of jobs while it works on them. One stream of events serves all
// that is under way; what it may have missed, as after a break, is asked for.

import type { ItemFacts, JobFacts, ProgressTold } from '../../core/api';
import { Problem } from '../../core/problem';
import { server } from '../server.svelte';
import { isGone } from './problems';

const LOOK_EACH_MS = 2500;
const OPEN_WITHIN_MS = 1500;
// A browser connects again by itself, but for a stream that was refused.
const REOPEN_AFTER_MS = 5000;
const MOST_EARLY = 256;

export interface Follower {
  share(share: number): void;
  /** The server does not answer, or does again. */
  lost(isLost: boolean): void;
  ended(item: ItemFacts): void;
  failed(problem: Problem): void;
}

interface Watched {
  readonly items: string;
  readonly follower: Follower;
  heard: number;
  isAsking: boolean;
}

const watched = new Map<string, Watched>();
// What is told of a job before the answer that names it has come.
const early = new Map<string, ItemFacts>();
let close: (() => void) | null = null;
let brokenSince: number | null = null;
let timer: ReturnType<typeof setInterval> | undefined;
let users = 0;

/** Keeps the stream open until the function that comes back is called. */
export async function listening(): Promise<() => void> {
  users += 1;
  if (close === null) await opened();
  timer ??= setInterval(lookAfter, LOOK_EACH_MS);
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    users -= 1;
    if (users === 0) closed();
  };
}

/** Hear of a job with one picture, until it has ended or the function that comes back is called. */
export function follow(job: JobFacts, follower: Follower): () => void {
  const told = early.get(job.id);
  early.delete(job.id);
  if (told !== undefined) {
    follower.ended(told);
    return () => undefined;
  }
  const one = { items: job.links.items, follower, heard: performance.now(), isAsking: false };
  watched.set(job.id, one);
  return () => watched.delete(job.id);
}

function opened(): Promise<void> {
  close?.();
  brokenSince = null;
  return new Promise((resolve) => {
    close = server.events('/events', {
      open: () => ((brokenSince = null), resolve()),
      error: () => (brokenSince ??= performance.now()),
      progress: (told) => progress(told as ProgressTold),
      item: (told) => item(told as ItemFacts),
    });
    setTimeout(resolve, OPEN_WITHIN_MS); // without events, what goes on is asked for
  });
}

function closed(): void {
  close?.();
  close = null;
  clearInterval(timer);
  timer = undefined;
  early.clear();
}

function progress(told: ProgressTold): void {
  const one = watched.get(told.job);
  if (one === undefined) return;
  one.heard = performance.now();
  one.follower.share(told.share);
}

function item(told: ItemFacts): void {
  const job = told.job ?? '';
  if (watched.has(job)) return end(job, told);
  if (early.size >= MOST_EARLY) early.delete(early.keys().next().value ?? '');
  early.set(job, told);
}

function end(job: string, told: ItemFacts): void {
  const one = watched.get(job);
  watched.delete(job);
  one?.follower.ended(told);
}

function lookAfter(): void {
  const now = performance.now();
  const isRefused = brokenSince !== null && now - brokenSince > REOPEN_AFTER_MS;
  for (const [job, one] of watched) {
    const isQuiet = now - one.heard > LOOK_EACH_MS;
    if (isQuiet && !one.isAsking) void look(job, one);
  }
  if (isRefused && watched.size > 0) void opened();
}

async function look(job: string, one: Watched): Promise<void> {
  one.isAsking = true;
  try {
    const found = await server.get<{ items: ItemFacts[] }>(one.items);
    if (!watched.has(job)) return;
    one.follower.lost(false);
    const told = found.items[0];
    if (told === undefined) return;
    if (['done', 'failed', 'cancelled'].includes(told.state)) end(job, told);
    else one.follower.share(told.share ?? 0);
  } catch (thrown) {
    const problem = Problem.of(thrown);
    if (isGone(problem)) return void (watched.has(job) && one.follower.lost(true));
    watched.delete(job);
    one.follower.failed(problem);
  } finally {
    one.isAsking = false;
  }
}
