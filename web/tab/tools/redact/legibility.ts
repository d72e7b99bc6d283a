// Whether anything can still be read below the covers, asked of the bytes that will be saved.
//
// They are decoded once more, by the browser where it can and by the engine where it cannot, and
// every pixel of each part is looked at.

import { colourOf, isNear, judged, middleOf, type Colour } from '../../../core/covers';
import type { Covered, Judged } from '../../../core/covers';
import type { Rectangle, Size } from '../../../core/rectangles';
import type { Asking, Engine } from '../../engine/engine';

/** unseen: as far as was looked, nothing; but not every frame could be looked at. */
export type Verdict = Covered | 'unseen';

export interface Part {
  box: Rectangle;
  verdict: Covered;
  /** The largest difference from the cover's colour, in steps of 255. */
  most: number;
  /** The part with what is around it, enlarged: the address of a picture. */
  view: string;
}

/** What was asked of the engine. */
export interface Covers {
  boxes: readonly Rectangle[];
  /** Of the picture that the boxes count in. */
  size: Size;
  /** #rrggbb */
  colour: string;
  /** Whether there may be more than one page or frame. */
  isMoving?: boolean;
  /** What the result was made of. */
  of?: File;
  signal?: AbortSignal;
}

export interface Legibility {
  parts: Part[];
  frames: number;
  looked: number;
  verdict: Verdict;
}

const LOSSY = ['image/jpeg', 'image/webp', 'image/avif'];
const MOST_FRAMES = 200;
const VIEW_SIDE = 360;
const ORDER: Covered[] = ['plain', 'edges', 'differs'];

type Frame = ImageBitmap | VideoFrame;
type Context = OffscreenCanvasRenderingContext2D;

/** Looks at every part in every frame that can be decoded here. Where it is broken off, nothing of
 * what was enlarged is left. */
export async function legibility(
  result: Blob,
  covers: Covers,
  engine: Engine,
): Promise<Legibility> {
  const views: string[] = [];
  try {
    return await looked(result, covers, engine, views);
  } catch (error) {
    views.forEach((view) => URL.revokeObjectURL(view));
    throw error;
  }
}

/** views: the addresses that are made on the way. */
async function looked(
  result: Blob,
  covers: Covers,
  engine: Engine,
  views: string[],
): Promise<Legibility> {
  const { boxes, size, signal, of } = covers;
  const asking: Asking = { ...(signal && { signal }), ...(of && { of }) };
  const isLossy = LOSSY.includes(result.type);
  let parts: Part[] = [];
  let colours: Colour[] = [];
  let looked = 0;
  const counted = await each(result, engine, asking, async (frame) => {
    signal?.throwIfAborted();
    if (looked === 0) {
      colours = await Promise.all(boxes.map((box) => written(result, frame, box, covers.colour)));
      for (const box of boxes) views.push(await enlarged(frame, box, size));
      const none: Judged = { verdict: 'plain', most: 0 };
      parts = boxes.map((box, index) => ({ box, ...none, view: views[index]! }));
    }
    parts = parts.map((part, index) =>
      worse(part, judged(samples(frame, part.box), part.box, colours[index]!, isLossy)),
    );
    looked += 1;
  });
  const told = covers.isMoving ? (await engine.inspect(result, asking)).frames : 1;
  const all = Math.max(told, counted);
  return { parts, frames: all, looked, verdict: verdictOf(parts, looked >= all) };
}

/** Frees the pictures of the parts. */
export function forget(found: Legibility): void {
  for (const part of found.parts) URL.revokeObjectURL(part.view);
}

const later = (one: Covered, other: Covered): Covered =>
  ORDER.indexOf(other) > ORDER.indexOf(one) ? other : one;

function worse(part: Part, found: Judged): Part {
  const most = Math.max(part.most, found.most);
  return { ...part, most, verdict: later(part.verdict, found.verdict) };
}

/** Where nothing was covered, nothing is good. */
function verdictOf(parts: readonly Part[], isWhole: boolean): Verdict {
  if (parts.length === 0) return 'differs';
  const verdict = parts.reduce((worst, part) => later(worst, part.verdict), ORDER[0]!);
  return verdict === 'differs' || isWhole ? verdict : 'unseen';
}

/** Calls look with each frame, and gives how many there are. */
async function each(
  result: Blob,
  engine: Engine,
  asking: Asking,
  look: (frame: Frame) => Promise<void>,
): Promise<number> {
  const frames = await animated(result, look);
  if (frames > 0) return frames;
  const bitmap = await still(result, engine, asking);
  try {
    await look(bitmap);
  } finally {
    bitmap.close();
  }
  return 1;
}

async function still(result: Blob, engine: Engine, asking: Asking): Promise<ImageBitmap> {
  const plainly: ImageBitmapOptions = { colorSpaceConversion: 'none' };
  try {
    return await createImageBitmap(result, plainly);
  } catch {
    const steps = [{ op: 'convert', to: 'png' }];
    const { bytes } = await engine.run(result, { steps }, asking);
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
      try {
        await look(image);
      } finally {
        image.close();
      }
    }
    return frames;
  } finally {
    decoder.close();
  }
}

function samples(frame: Frame, box: Rectangle): Uint8ClampedArray {
  const context = blank(box.width, box.height);
  context.drawImage(frame, -box.left, -box.top);
  return context.getImageData(0, 0, box.width, box.height).data;
}

/** The cover's colour as the samples of this file, which may have a colour space of its own. */
async function written(
  result: Blob,
  frame: Frame,
  box: Rectangle,
  hex: string,
): Promise<Colour> {
  const [wished, found] = [colourOf(hex), middleOf(samples(frame, box), box)];
  if (isNear(found, wished)) return found;
  try {
    const shown = await createImageBitmap(result, box.left, box.top, box.width, box.height);
    const middle = middleOf(samples(shown, { ...box, left: 0, top: 0 }), box);
    shown.close();
    return isNear(middle, wished) ? found : wished;
  } catch {
    return wished;
  }
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
