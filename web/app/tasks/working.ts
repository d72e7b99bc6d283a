// Working: one picture through our server, from the file to its result.

import type { ItemFacts, JobFacts } from '../../core/api';
import { Problem } from '../../core/problem';
import { known } from '../pages/privacy/known.svelte';
import { placeOf, resultName, type Result } from '../results/result';
import { server } from '../server.svelte';
import { follow, listening } from './following';
import { cancelled, isGone, problemOfItem } from './problems';

export type Stage = 'sending' | 'working' | 'fetching';

export interface Wish {
  /** Below the interface: `/upscale?scale=2`, or `/run`. */
  readonly path: string;
  /** What the result is called after. */
  readonly suffix: string;
  /** Further parts of a form, beside the picture; without them the picture is the body. */
  readonly parts?: Readonly<Record<string, string>>;
  readonly pictures?: readonly Blob[];
}

export interface Listener {
  stage(stage: Stage): void;
  share(share: number): void;
  lost(isLost: boolean): void;
}

const FETCH_TRIES = 4;
const FETCH_PAUSE_MS = 1500;

/** The result of a picture. Throws Problem, with the code `cancelled` where signal says so; then
 * the server's job is ended, too. */
export async function worked(
  file: File,
  wish: Wish,
  listener: Listener,
  signal: AbortSignal,
): Promise<Result> {
  listener.stage('sending');
  const leave = await listening();
  let job: JobFacts | null = null;
  try {
    job = await handedIn(file, wish, signal);
    listener.stage('working');
    const item = await finished(job, listener, signal);
    if (item.state !== 'done' || item.result === undefined) throw problemOfItem(item.problem);
    listener.stage('fetching');
    return await fetched(file, wish, job, item, signal);
  } catch (thrown) {
    if (job !== null && signal.aborted) void erased(job.id);
    throw Problem.of(thrown);
  } finally {
    leave();
  }
}

/** Overwrites what the server still holds of a job; that it holds nothing more is well, too. */
export async function erased(job: string): Promise<void> {
  try {
    await server.delete(`/jobs/${job}`);
  } catch (thrown) {
    const problem = Problem.of(thrown);
    if (problem.status !== 404 && problem.status !== 410) throw problem;
  }
}

function handedIn(file: File, wish: Wish, signal: AbortSignal): Promise<JobFacts> {
  const headers = { Prefer: 'respond-async', Accept: 'image/*' };
  return server.post<JobFacts>(wish.path, bodyOf(file, wish), { headers, signal });
}

function bodyOf(file: File, wish: Wish): Blob | FormData {
  if (wish.parts === undefined && wish.pictures === undefined) {
    return new Blob([file], { type: 'application/octet-stream' });
  }
  const form = new FormData();
  for (const [name, words] of Object.entries(wish.parts ?? {})) form.append(name, words);
  for (const picture of wish.pictures ?? []) form.append('picture', picture, 'picture');
  // Its name stays here. As it is, Chromium cannot send a file of a disk that the frame was given.
  form.append('file', new Blob([file]), 'file');
  return form;
}

function finished(job: JobFacts, listener: Listener, signal: AbortSignal): Promise<ItemFacts> {
  return new Promise((resolve, reject) => {
    const stop = follow(job, {
      share: (share) => listener.share(share),
      lost: (isLost) => listener.lost(isLost),
      ended: resolve,
      failed: reject,
    });
    signal.addEventListener('abort', () => {
      stop();
      reject(cancelled());
    });
    if (signal.aborted) reject(cancelled());
  });
}

async function fetched(
  file: File,
  wish: Wish,
  job: JobFacts,
  item: ItemFacts,
  signal: AbortSignal,
): Promise<Result> {
  const facts = item.result;
  if (facts === undefined || item.asset === undefined) {
    throw new Problem({ code: 'no-picture', title: 'no picture came of it' });
  }
  known.add(item.receipt, wish.path, item.asset);
  const answer = await patiently(item.asset, signal);
  return {
    blob: await answer.blob(),
    name: resultName(file.name, wish.suffix, facts.format),
    facts,
    place: placeOf(answer.headers.get('Safelight-Locality')),
    receipt: item.receipt ?? '',
    job: job.id,
    seconds: (item.waited_s ?? 0) + (item.worked_s ?? 0),
  };
}

/** A result is given once and waits: a short break of the line does not lose it. */
async function patiently(path: string, signal: AbortSignal): Promise<Response> {
  for (let left = FETCH_TRIES; ; left -= 1) {
    try {
      return await server.raw('GET', path, { signal, headers: { Accept: 'image/*' } });
    } catch (thrown) {
      if (left <= 1 || !isGone(Problem.of(thrown))) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, FETCH_PAUSE_MS));
    }
  }
}
