// A preview of a picture: by the browser's own decoder where it has one, else by the engine.
import type { Problem } from '../core/problem';
import type { Engine, Facts } from './engine/engine';
import { ours } from './problems';

export const LONGEST_VIEW = 2000;
/** More than this many pixels at once is more than a tab may hold: as the engine's own limit. */
export const MOST_PIXELS = 100_000_000;
const BY_BROWSER = new Set(['jpeg', 'png', 'webp', 'gif', 'avif', 'bmp']);

/** Whether a browser shows the format by itself. */
export const isShown = (format: string): boolean => BY_BROWSER.has(format);

export interface View {
  url: string;
  width: number;
  height: number;
}

/** The problem of a picture that is too large to be decoded in a tab; null if it is not. */
export function tooLarge(facts: Facts): Problem | null {
  if (facts.width * facts.height * Math.max(1, facts.frames) <= MOST_PIXELS) {
    return null;
  }
  return ours('too-large-here');
}

/** Raises what the engine raises where neither of the two can show it. */
export async function view(file: File, facts: Facts, engine: Engine): Promise<View> {
  if (isShown(facts.format)) {
    try {
      return await shown(file);
    } catch {
      // The engine reads some that the browser does not, as JPEG in CMYK with odd marks.
    }
  }
  return engine.preview(file, LONGEST_VIEW);
}

async function shown(file: File): Promise<View> {
  const bitmap = await createImageBitmap(file);
  try {
    const { width, height } = bitmap;
    const share = LONGEST_VIEW / Math.max(width, height);
    if (share >= 1) {
      return { url: URL.createObjectURL(file), width, height };
    }
    const small = await scaled(bitmap, Math.round(width * share), Math.round(height * share));
    return { url: URL.createObjectURL(small), width, height };
  } finally {
    bitmap.close();
  }
}

async function scaled(bitmap: ImageBitmap, width: number, height: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(Math.max(1, width), Math.max(1, height));
  const context = canvas.getContext('2d');
  if (!context) {
    throw new Error('no canvas');
  }
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  // WebP keeps transparency and is small; a browser without it gives PNG.
  return canvas.convertToBlob({ type: 'image/webp', quality: 0.9 });
}
