// Colours under full transparency come from around, so that the edges of an enlarged cut-out stay
// clean: as in the engine, ops/tiling/still.py.

import type { Samples } from './png';

const SIGMA = 2;
// Beyond it the weights are below a fifth of the greatest, where the engine's blur ends, too.
const RADIUS = 3;

/** The picture with those colours in place; itself if it has none that are wholly transparent. */
export function filled(picture: Samples): Samples {
  const { data, bands, hasAlpha } = picture;
  if (!hasAlpha) return picture;
  const last = bands - 1;
  const hidden: number[] = [];
  for (let at = last; at < data.length; at += bands) if (data[at] === 0) hidden.push(at - last);
  if (hidden.length === 0) return picture;
  const out = data.slice();
  for (const at of hidden) around(picture, at, out);
  return { ...picture, data: out };
}

const WEIGHTS = Float32Array.from({ length: 2 * RADIUS + 1 }, (_, at) =>
  Math.exp(-((at - RADIUS) ** 2) / (2 * SIGMA ** 2)),
);

function around({ data, bands, width, height }: Samples, at: number, out: Samples['data']): void {
  const pixel = at / bands;
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  const sums = new Float64Array(bands);
  for (let down = -RADIUS; down <= RADIUS; down += 1) {
    const row = Math.min(height - 1, Math.max(0, y + down)) * width;
    for (let across = -RADIUS; across <= RADIUS; across += 1) {
      const place = (row + Math.min(width - 1, Math.max(0, x + across))) * bands;
      const alpha = data[place + bands - 1]!;
      if (alpha === 0) continue;
      const weight = WEIGHTS[down + RADIUS]! * WEIGHTS[across + RADIUS]! * alpha;
      for (let band = 0; band < bands - 1; band += 1) sums[band]! += weight * data[place + band]!;
      sums[bands - 1]! += weight;
    }
  }
  const whole = sums[bands - 1]!;
  for (let band = 0; band < bands - 1; band += 1) {
    out[at + band] = whole > 0 ? sums[band]! / whole : 0;
  }
}
