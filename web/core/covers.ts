// Whether a part of a picture is covered: every pixel of it against the colour of the cover.

import type { Size } from './rectangles';

/** Red, green, blue and alpha of each pixel. */
type Samples = Uint8ClampedArray | Uint8Array;
export type Colour = readonly [red: number, green: number, blue: number];

/** plain: one colour all over. edges: so inside, and blended with its surroundings at the edge. */
export type Covered = 'plain' | 'edges' | 'differs';

export interface Judged {
  verdict: Covered;
  /** The largest difference from the cover's colour, in steps of 255. */
  most: number;
}

/**
 * How far off a sample of a lossy format may be, so many pixels from the part's edge and further in:
 * what JPEG, WebP and AVIF blend from beside a cover at any quality, and a little more. The inner
 * half of a part is held to what blends least, however small it is.
 */
const BLENDS = [
  { from: 0, most: 160 },
  { from: 1, most: 80 },
  { from: 2, most: 48 },
  { from: 8, most: 32 },
  { from: 16, most: 4 },
];
const INNER = 8;
const MOST_ON_AVERAGE = 20;
/** A cover that is so near to the colour asked for is that colour, as this file can write it. */
const NEAR = 4;
const OPAQUE = 255;

/** #rrggbb as three numbers. */
export function colourOf(hex: string): Colour {
  const at = (from: number): number => Number.parseInt(hex.slice(from, from + 2), 16);
  return [at(1), at(3), at(5)];
}

export function middleOf(data: Samples, { width, height }: Size): Colour {
  const at = 4 * (Math.floor(height / 2) * width + Math.floor(width / 2));
  return [data[at]!, data[at + 1]!, data[at + 2]!];
}

export function isNear(one: Colour, other: Colour): boolean {
  return one.every((value, band) => Math.abs(value - other[band]!) <= NEAR);
}

/** What is not opaque covers nothing. */
export function judged(data: Samples, size: Size, colour: Colour, isLossy: boolean): Judged {
  const limits = limitsOf(size);
  let [most, sum, isBeyond] = [0, 0, data.length === 0];
  for (let at = 0, pixel = 0; at < data.length; at += 4, pixel += 1) {
    const differs = Math.max(
      Math.abs(data[at]! - colour[0]),
      Math.abs(data[at + 1]! - colour[1]),
      Math.abs(data[at + 2]! - colour[2]),
      OPAQUE - data[at + 3]!,
    );
    if (differs === 0) continue;
    sum += differs;
    most = Math.max(most, differs);
    isBeyond ||= differs > (limits[depth(pixel, size)] ?? 0);
  }
  const blends = isLossy && !isBeyond && sum / (data.length / 4) <= MOST_ON_AVERAGE;
  return { most, verdict: blends || (most === 0 && !isBeyond) ? verdictOf(most) : 'differs' };
}

function verdictOf(most: number): Covered {
  return most === 0 ? 'plain' : 'edges';
}

/** For each depth, how far off a sample may be there. */
function limitsOf({ width, height }: Size): number[] {
  const short = Math.min(width, height);
  return Array.from({ length: Math.ceil(short / 2) + 1 }, (_, deep) => {
    const reached = deep > 1 && deep >= short / 4 ? Math.max(deep, INNER) : deep;
    return BLENDS.findLast(({ from }) => reached >= from)?.most ?? 0;
  });
}

function depth(pixel: number, { width, height }: Size): number {
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  return Math.min(x, y, width - 1 - x, height - 1 - y);
}
