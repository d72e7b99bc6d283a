// Small pictures for the strip: made when one comes in sight, one after another, so that however
// many files are open, no more than one of them is made at a time.
import type { Opened } from './opened.svelte';
import { isUpright } from './viewing';

export const SIDE = 112;

export class Thumbnails {
  private last: Promise<unknown> = Promise.resolve();

  /** Has the picture made, of its view where that is there, else of the file. */
  want(one: Opened): void {
    this.last = this.last.then(() => make(one)).catch(() => undefined); // its format stands instead
  }
}

/** Whether there is something to make it of by now: no engine is asked for a small picture. */
export function isReady(one: Opened): boolean {
  const isOfFile = one.facts !== null && !one.unseen && isUpright(one.facts);
  return !one.thumb && !one.error && (one.view !== null || isOfFile);
}

async function make(one: Opened): Promise<void> {
  if (!isReady(one) || one.over.signal.aborted) return;
  const { signal } = one.over;
  const blob = await (one.view ? ofView(one.view) : ofFile(one.file));
  if (!signal.aborted) one.thumb = URL.createObjectURL(blob);
}

async function ofFile(file: File): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  try {
    return await drawn(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

async function ofView(url: string): Promise<Blob> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return drawn(image, image.naturalWidth, image.naturalHeight);
}

/** The middle of the picture, as a square. */
function drawn(source: CanvasImageSource, width: number, height: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  const side = Math.min(width, height);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, left, top, side, side, 0, 0, SIDE, SIDE);
  return canvas.convertToBlob({ type: 'image/webp', quality: 0.8 });
}
