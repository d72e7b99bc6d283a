// A small picture enlarged in the tab: the engine reads it, a worker paints it, the engine saves
// it, so that what is kept of the metadata is decided where it always is.

import { Problem } from '../../../core/problem';
import { t } from '../../../core/text.svelte';
import type { Desk } from '../../desk.svelte';
import type { Facts, Outcome, Step } from '../../engine/engine';
import type { Answer, Ask } from './talk';

/** More would take minutes in a tab. */
export const MOST_PIXELS = 1_500_000;
/** As the engine saves what a net gave it. */
const QUALITY = 92;
const WRITTEN = ['jpeg', 'png', 'webp', 'avif', 'tiff'];
const LOSSY = ['jpeg', 'webp', 'avif'];

export interface Wish {
  file: File;
  facts: Facts;
  scale: number;
  /** same, or the name of a format. */
  format: string;
  signal: AbortSignal;
  progress: (share: number) => void;
}

/** Rejects with a Problem. */
export async function enlarge(desk: Desk, wish: Wish): Promise<Outcome> {
  const { file, facts, signal } = wish;
  const depth = facts.bits > 8 ? 16 : 8;
  const read: Step[] = [
    { op: 'convert', to: 'png', depth, effort: 0 },
    { op: 'scrub', profile: 'share' },
  ];
  const plain = await desk.engine.run(file, { steps: read }, { signal });
  const painted = await paint(desk, plain.bytes.buffer as ArrayBuffer, wish);
  const made = await saved(desk, painted, wish);
  return { ...made, report: { ...made.report, removed: plain.report.removed } };
}

/** The marked result; where a mark says more of machines already, that one stays. */
async function saved(desk: Desk, painted: Blob, wish: Wish): Promise<Outcome> {
  const to = formatOf(wish);
  const quality = LOSSY.includes(to) ? { quality: QUALITY } : {};
  const chroma = to === 'jpeg' ? { chroma: '4:4:4' } : {};
  // The worker stores pixels as they are; without an effort the engine would leave them so.
  const effort = to === 'png' ? { effort: 6 } : {};
  const steps: Step[] = [
    { op: 'convert', to, ...quality, ...chroma, ...effort },
    { op: 'scrub', profile: 'share' },
  ];
  const mark: Step = { op: 'mark', origin: 'ai-restored' };
  const more = { signal: wish.signal, of: wish.file };
  try {
    return await desk.engine.run(painted, { steps: [...steps, mark] }, more);
  } catch (error) {
    if (Problem.of(error).code !== 'policy-refused') throw error;
    return desk.engine.run(painted, { steps }, more);
  }
}

function formatOf({ format, facts }: Wish): string {
  if (format !== 'same') return format;
  return WRITTEN.includes(facts.format) ? facts.format : 'png';
}

async function paint(desk: Desk, picture: ArrayBuffer, wish: Wish): Promise<Blob> {
  const { scale, signal, progress } = wish;
  const names = ['upscale.js', 'ort.wasm', `upscale-x${scale}.onnx`];
  const [script, runtime, model] = (await Promise.all(
    names.map((name) => desk.part(name)),
  )) as [ArrayBuffer, ArrayBuffer, ArrayBuffer];
  signal.throwIfAborted();
  const address = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const worker = new Worker(address, { name: 'upscale' });
  try {
    return await new Promise<Blob>((done, failed) => {
      signal.addEventListener('abort', () => failed(signal.reason));
      worker.onerror = (event) => failed(broken(event.message));
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (data.kind === 'share') progress(data.share);
        else if (data.kind === 'done') done(data.picture);
        else failed(broken(data.words));
      };
      worker.postMessage({ picture, runtime, model, scale } satisfies Ask, [picture]);
    });
  } finally {
    worker.terminate();
    URL.revokeObjectURL(address);
  }
}

function broken(words: string): Problem {
  console.error(words);
  const [title, hint] = [t('here.failed'), t('here.failed_hint')];
  return new Problem({ code: 'upscale-failed', title, hint });
}
