/** Edit: what a person wishes for one picture, and the steps of a recipe that do it. */
import type { Rectangle } from './rectangles';

export type Metadata = 'share' | 'strict' | 'minimal' | 'none';
export type Sizing = 'same' | 'long' | 'box' | 'width' | 'height' | 'percent';

/** What belongs to one picture alone. */
export interface Shape {
  /** Degrees clockwise. */
  turn: 0 | 90 | 180 | 270;
  /** Mirrored left to right, after it was turned. */
  mirrored: boolean;
  /** In pixels of the turned and mirrored picture. */
  crop: Rectangle | null;
}

/** What may serve for the next picture, too. */
export interface Wish {
  sizing: Sizing;
  long: number;
  width: number;
  height: number;
  percent: number;
  enlarge: boolean;
  /** Empty: that of the original. */
  format: string;
  /** Null: as the engine has it by itself. */
  quality: number | null;
  lossless: boolean;
  /** In bytes; null: no limit. */
  target: number | null;
  metadata: Metadata;
}

export type EditStep = { op: string } & Record<string, unknown>;

export const SHAPE: Shape = { turn: 0, mirrored: false, crop: null };
export const WISH: Wish = {
  sizing: 'same',
  long: 2048,
  width: 1920,
  height: 1080,
  percent: 50,
  enlarge: false,
  format: '',
  quality: null,
  lossless: false,
  target: null,
  metadata: 'share',
};
const LOSSY = new Set(['jpeg', 'webp', 'avif']);
const BOTH = new Set(['webp', 'avif']);

export const isLossy = (format: string): boolean => LOSSY.has(format);
/** Whether the format can keep every pixel as well as not. */
export const hasBoth = (format: string): boolean => BOTH.has(format);

/** The size of the picture once it is turned. */
export function turned(
  size: { width: number; height: number },
  shape: Shape,
): { width: number; height: number } {
  const { width, height } = size;
  return shape.turn % 180 === 0 ? { width, height } : { width: height, height: width };
}

/** The steps in order; format is that of the original. */
export function steps(shape: Shape, wish: Wish, format: string): EditStep[] {
  const made: (EditStep | null)[] = [
    shape.turn === 0 ? null : { op: 'rotate', angle: shape.turn },
    shape.mirrored ? { op: 'flip', horizontal: true } : null,
    shape.crop && { op: 'crop', ...whole(shape.crop) },
    resize(wish),
    convert(wish, wish.format || format),
    { op: 'scrub', profile: wish.metadata },
  ];
  return made.filter((step) => step !== null);
}

/** Whether pixels are to change at all. */
export function changesPixels(shape: Shape, wish: Wish, format: string): boolean {
  return steps(shape, wish, format).length > 1;
}

function whole(box: Rectangle): Rectangle {
  const [left, top] = [Math.round(box.left), Math.round(box.top)];
  return {
    left,
    top,
    width: Math.max(1, Math.round(box.left + box.width) - left),
    height: Math.max(1, Math.round(box.top + box.height) - top),
  };
}

function resize(wish: Wish): EditStep | null {
  const enlarge = wish.enlarge ? { enlarge: true } : {};
  switch (wish.sizing) {
    case 'same':
      return null;
    case 'box':
      return { op: 'resize', fit: `${wish.width}x${wish.height}`, ...enlarge };
    case 'percent':
      // Above a hundred is a wish to enlarge by itself.
      return { op: 'resize', percent: wish.percent, ...(wish.percent > 100 ? { enlarge: true } : {}) };
    default:
      return { op: 'resize', [wish.sizing]: wish[wish.sizing], ...enlarge };
  }
}

function convert(wish: Wish, format: string): EditStep | null {
  const coded: Record<string, unknown> = wish.format ? { to: wish.format } : {};
  if (wish.lossless && hasBoth(format)) coded['lossless'] = true;
  else if (wish.target !== null && isLossy(format)) coded['to_bytes'] = wish.target;
  else if (wish.quality !== null && isLossy(format)) coded['quality'] = wish.quality;
  return Object.keys(coded).length > 0 ? { op: 'convert', ...coded } : null;
}
