// Where things lie in the compare view: numbers in, numbers out, no page.

export interface Size {
  width: number;
  height: number;
}

export type Zoom = 'fit' | 1 | 2;

/** Shapes that differ by less than this share can lie on each other. */
const ALIKE = 0.02;
const MOST_FIT = 2;
const WHOLE = 100;

/** The size in which a picture is shown; at zoom 1 one of its pixels is one of the screen's. */
export function shownSize(picture: Size, stage: Size, zoom: Zoom, density: number): Size {
  const fit = Math.min(stage.width / picture.width, stage.height / picture.height, MOST_FIT);
  const scale = zoom === 'fit' ? fit : zoom / density;
  return {
    width: Math.max(1, Math.floor(picture.width * scale)),
    height: Math.max(1, Math.floor(picture.height * scale)),
  };
}

export function isAlike(one: Size, other: Size): boolean {
  const ratio = (one.width / one.height) * (other.height / other.width);
  return Math.abs(Math.log(ratio)) < ALIKE;
}

/** The part of the stage across which the split can move: where the picture is seen. */
export function region(shown: number, stage: number): { left: number; width: number } {
  const width = Math.min(shown, stage);
  return { left: (stage - width) / 2, width };
}

/** Where the split must be, in per cent, to lie at x of the stage; whole numbers, as the range. */
export function splitAt(x: number, part: { left: number; width: number }): number {
  const share = (x - part.left) / Math.max(1, part.width);
  return Math.round(WHOLE * Math.min(1, Math.max(0, share)));
}

/** The split after a key; null for a key that does not move it. */
export function splitAfter(key: string, split: number): number | null {
  const steps: Record<string, number> = { PageUp: 10, PageDown: -10 };
  const ends: Record<string, number> = { Home: 0, End: WHOLE };
  for (const key of ['ArrowRight', 'ArrowUp']) steps[key] = 1;
  for (const key of ['ArrowLeft', 'ArrowDown']) steps[key] = -1;
  if (key in ends) return ends[key] ?? null;
  const step = steps[key];
  return step === undefined ? null : Math.min(WHOLE, Math.max(0, split + step));
}
