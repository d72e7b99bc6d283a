// Letters drawn by the browser, laid out as FreeType lays them out for Pillow: each sign begins at a
// whole pixel, and none moves under another. Python asks for them through web/python/PIL.

const FAMILY = 'safelight-letters';
// What Pillow puts between two lines, in pixels.
const BETWEEN = 4;
const SHADES = 4;
const ALPHA = 3;

interface Line {
  text: string;
  /** Where each sign begins, and where the next would. */
  starts: number[];
  advance: number;
}

/** Numbers of pixels, as Pillow has them: of what is drawn from the origin, left, top, right, bottom. */
export type Bounds = [number, number, number, number];

let hasFont = false;

/** Takes the font that letters are drawn with. */
export async function takeFont(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const face = new FontFace(FAMILY, bytes);
  const fonts = (globalThis as unknown as { fonts: FontFaceSet }).fonts;
  fonts.add(await face.load());
  hasFont = true;
}

/** What Python finds in safelight_seams. */
export const letters = {
  ready: (): boolean => hasFont,
  able: (): boolean => typeof OffscreenCanvas !== 'undefined' && typeof FontFace !== 'undefined',
  bounds,
  mask,
};

function bounds(text: string, size: number): Bounds {
  const context = contextOf(1, 1, size);
  const found: Bounds = [0, Infinity, 0, -Infinity];
  const step = lineStep(context, 0);
  text.split('\n').forEach((words, number) => {
    const line = laidOut(context, words);
    const base = ascent(context) + number * step;
    found[2] = Math.max(found[2], line.advance);
    for (const [sign, start] of signs(line)) {
      const ink = context.measureText(sign);
      found[0] = Math.min(found[0], Math.floor(start - ink.actualBoundingBoxLeft));
      found[2] = Math.max(found[2], Math.ceil(start + ink.actualBoundingBoxRight));
      found[1] = Math.min(found[1], Math.floor(base - ink.actualBoundingBoxAscent));
      found[3] = Math.max(found[3], Math.ceil(base + ink.actualBoundingBoxDescent));
    }
  });
  return found[1] > found[3] ? [found[0], 0, found[2], 0] : found;
}

/** Coverage of the text, lines in the middle, drawn from x, y; stroke pixels wider on each side. */
function mask(text: string, size: number, stroke: number, place: [number, number, number, number]): Uint8Array {
  const [x, y, width, height] = place;
  const context = contextOf(width, height, size);
  const lines = text.split('\n').map((words) => laidOut(context, words));
  const widest = Math.max(...lines.map((line) => line.advance));
  const step = lineStep(context, stroke);
  context.lineJoin = 'round';
  context.lineCap = 'round';
  context.lineWidth = 2 * stroke;
  lines.forEach((line, number) => {
    const left = x + Math.floor((widest - line.advance) / 2);
    const base = y + ascent(context) + number * step;
    for (const [sign, start] of signs(line)) {
      context.fillText(sign, left + start, base);
      if (stroke) {
        context.strokeText(sign, left + start, base);
      }
    }
  });
  const drawn = context.getImageData(0, 0, width, height).data;
  const coverage = new Uint8Array(width * height);
  for (let at = 0; at < coverage.length; at += 1) {
    coverage[at] = drawn[at * SHADES + ALPHA] ?? 0;
  }
  return coverage;
}

function contextOf(width: number, height: number, size: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) {
    throw new Error('the browser gives no canvas');
  }
  context.font = `${size}px ${FAMILY}`;
  context.fillStyle = context.strokeStyle = '#000';
  return context;
}

function laidOut(context: OffscreenCanvasRenderingContext2D, text: string): Line {
  const starts: number[] = [];
  let advance = 0;
  for (const sign of text) {
    starts.push(advance);
    advance += Math.round(context.measureText(sign).width);
  }
  return { text, starts, advance };
}

function signs({ text, starts }: Line): [string, number][] {
  return [...text].map((sign, at) => [sign, starts[at] ?? 0]);
}

function ascent(context: OffscreenCanvasRenderingContext2D): number {
  return Math.ceil(context.measureText('A').fontBoundingBoxAscent);
}

function lineStep(context: OffscreenCanvasRenderingContext2D, stroke: number): number {
  return ascent(context) + 2 * stroke + BETWEEN;
}
