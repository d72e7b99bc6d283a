// A preview of a picture: by the browser's own decoder where it has one, else by the engine.
import type { Problem } from '../core/problem';
import type { Size } from '../core/rectangles';
import type { Asking, Engine, Facts } from './engine/engine';
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
  /** Whether the browser itself decoded the file. */
  isOfBrowser: boolean;
}

/** The problem of a picture that is too large to be decoded in a tab; null if it is not. */
export function tooLarge(facts: Facts): Problem | null {
  if (facts.width * facts.height * Math.max(1, facts.frames) <= MOST_PIXELS) {
    return null;
  }
  return ours('too-large-here');
}

/**
 * What is drawn over the view is carried out by the engine: both must see the picture the same way
 * up. Browsers turn JPEG alike, other formats not all do. Raises what the engine raises where neither
 * of the two can show it, and view-differs where they do not agree.
 */
export async function view(
  file: File,
  facts: Facts,
  engine: Engine,
  asking: Asking,
): Promise<View> {
  if (isUpright(facts)) {
    try {
      const seen = await shown(file);
      if (seen.width === facts.width && seen.height === facts.height) return seen;
      URL.revokeObjectURL(seen.url);
    } catch {
      // The engine reads some that the browser does not, as JPEG in CMYK with odd marks.
    }
  }
  const seen = await engine.preview(file, LONGEST_VIEW, asking);
  if (isAlike(seen, facts)) return { ...seen, isOfBrowser: false };
  URL.revokeObjectURL(seen.url);
  throw ours('view-differs');
}

/** Whether the browser shows the file, and the same way up as the engine. */
export function isUpright(facts: Facts): boolean {
  return isShown(facts.format) && (facts.orientation === 1 || facts.format === 'jpeg');
}

/** Of the same proportions, but for less than a pixel of the smaller. */
function isAlike(one: Size, other: Size): boolean {
  const apart = Math.abs(one.width * other.height - one.height * other.width);
  return apart <= Math.max(other.width, other.height);
}

async function shown(file: File): Promise<View> {
  const bitmap = await createImageBitmap(file);
  try {
    const { width, height } = bitmap;
    const share = LONGEST_VIEW / Math.max(width, height);
    if (share >= 1) {
      return { url: URL.createObjectURL(file), width, height, isOfBrowser: true };
    }
    const small = await scaled(bitmap, Math.round(width * share), Math.round(height * share));
    return { url: URL.createObjectURL(small), width, height, isOfBrowser: true };
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
