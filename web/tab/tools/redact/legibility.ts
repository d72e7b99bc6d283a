// Whether anything can still be read below the covers, asked of the bytes that will be saved.
//
// They are decoded once more, by the browser where it can and by the engine where it cannot, and
// every pixel of each part is looked at.

import type { Rectangle, Size } from '../../../core/rectangles';
import type { Engine } from '../../engine/engine';

/** plain: one colour all over. edges: so inside, and blended with its surroundings at the edge. */
export type Verdict = 'plain' | 'edges' | 'differs';

export interface Part {
  box: Rectangle;
  verdict: Verdict;
  /** The largest difference from the cover's colour, in steps of 255. */
  most: number;
  /** The part with what is around it, enlarged: the address of a picture. */
  view: string;
}

export interface Legibility {
  parts: Part[];
  frames: number;
  looked: number;
  verdict: Verdict;
}

/** How far into a part a lossy format may blend what lies beside it; others not at all. */
const REACH: Record<string, number> = { 'image/jpeg': 24, 'image/webp': 24, 'image/avif': 64 };
const INSIDE_STEPS = 2;
const MEAN_STEPS = 12;
const MOST_FRAMES = 200;
const VIEW_SIDE = 360;
const ORDER: Verdict[] = ['plain', 'edges', 'differs'];

type Frame = ImageBitmap | VideoFrame;
type Context = OffscreenCanvasRenderingContext2D;

/** Looks at every part in every frame that can be decoded here. */
export async function legibility(
  result: Blob,
  boxes: Rectangle[],
  size: Size,
  engine: Engine,
): Promise<Legibility> {
  let parts: Part[] = [];
  let looked = 0;
  const reach = REACH[result.type] ?? 0;
  const frames = await each(result, engine, async (frame) => {
    const found = boxes.map((box) => judged(frame, box, reach));
    if (looked === 0) {
      const views = await Promise.all(boxes.map((box) => enlarged(frame, box, size)));
      parts = boxes.map((box, index) => ({ box, ...found[index]!, view: views[index]! }));
    }
    parts = parts.map((part, index) => worse(part, found[index]!));
    looked += 1;
  });
  const verdict = parts.reduce((worst, part) => later(worst, part.verdict), ORDER[0]!);
  return { parts, frames, looked, verdict };
}

/** Frees the pictures of the parts. */
export function forget(found: Legibility): void {
  for (const part of found.parts) URL.revokeObjectURL(part.view);
}

type Judged = Pick<Part, 'verdict' | 'most'>;

const later = (one: Verdict, other: Verdict): Verdict =>
  ORDER.indexOf(other) > ORDER.indexOf(one) ? other : one;

function worse(part: Part, found: Judged): Part {
  const most = Math.max(part.most, found.most);
  return { ...part, most, verdict: later(part.verdict, found.verdict) };
}

/** Calls look with each frame, and gives how many there are. */
async function each(
  result: Blob,
  engine: Engine,
  look: (frame: Frame) => Promise<void>,
): Promise<number> {
  const frames = await animated(result, look);
  if (frames > 0) return frames;
  const bitmap = await still(result, engine);
  await look(bitmap);
  bitmap.close();
  return 1;
}

async function still(result: Blob, engine: Engine): Promise<ImageBitmap> {
  const plainly: ImageBitmapOptions = { colorSpaceConversion: 'none' };
  try {
    return await createImageBitmap(result, plainly);
  } catch {
    const { bytes } = await engine.run(result, { steps: [{ op: 'convert', to: 'png' }] });
    return createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), plainly);
  }
}

/** The frames of an animation; 0 for a still, or where this browser has no decoder for them. */
async function animated(result: Blob, look: (frame: Frame) => Promise<void>): Promise<number> {
  const isKnown = 'ImageDecoder' in globalThis && (await ImageDecoder.isTypeSupported(result.type));
  if (!isKnown) return 0;
  const data = await result.arrayBuffer();
  const decoder = new ImageDecoder({ data, type: result.type, colorSpaceConversion: 'none' });
  try {
    await Promise.all([decoder.completed, decoder.tracks.ready]);
    const frames = decoder.tracks.selectedTrack?.frameCount ?? 1;
    if (frames < 2) return 0;
    for (let frameIndex = 0; frameIndex < Math.min(frames, MOST_FRAMES); frameIndex += 1) {
      const { image } = await decoder.decode({ frameIndex });
      await look(image);
      image.close();
    }
    return frames;
  } finally {
    decoder.close();
  }
}

function judged(frame: Frame, box: Rectangle, reach: number): Judged {
  const context = blank(box.width, box.height);
  context.drawImage(frame, -box.left, -box.top);
  const { data } = context.getImageData(0, 0, box.width, box.height);
  const middle = 4 * (Math.floor(box.height / 2) * box.width + Math.floor(box.width / 2));
  let [most, inside, sum] = [0, 0, 0];
  for (let at = 0; at < data.length; at += 1) {
    const differs = Math.abs(data[at]! - data[middle + (at % 4)]!);
    if (differs === 0) continue;
    sum += differs;
    most = Math.max(most, differs);
    if (differs > inside && isInside(at >> 2, box, reach)) inside = differs;
  }
  const mean = sum / data.length;
  const blends = reach > 0 && inside <= INSIDE_STEPS && mean <= MEAN_STEPS;
  return { most, verdict: most === 0 ? 'plain' : blends ? 'edges' : 'differs' };
}

function isInside(pixel: number, { width, height }: Rectangle, reach: number): boolean {
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  return Math.min(x, y, width - 1 - x, height - 1 - y) >= reach;
}

async function enlarged(frame: Frame, box: Rectangle, size: Size): Promise<string> {
  const room = Math.max(8, Math.round(Math.max(box.width, box.height) / 4));
  const left = Math.max(0, box.left - room);
  const top = Math.max(0, box.top - room);
  const width = Math.min(size.width, box.left + box.width + room) - left;
  const height = Math.min(size.height, box.top + box.height + room) - top;
  const share = Math.min(8, VIEW_SIDE / Math.max(width, height));
  const [across, down] = [Math.ceil(width * share), Math.ceil(height * share)];
  const context = blank(across, down);
  context.imageSmoothingEnabled = share < 1;
  context.drawImage(frame, left, top, width, height, 0, 0, across, down);
  return URL.createObjectURL(await context.canvas.convertToBlob());
}

function blank(width: number, height: number): Context {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  return context;
}
