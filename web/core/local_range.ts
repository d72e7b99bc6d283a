// The local range of a plane: what keeps a net from ringing, and flat areas flat. The same numbers
// as in the engine, ops/tiling/local.py and through.py.

export interface Bounds {
  low: Float32Array;
  high: Float32Array;
}

const RADIUS = 2;
const SLACK = 0.5;
const FLAT_RADIUS = 1;
const FLAT_STEPS = 1.5;
const NEAR = 3;

/** The least and greatest value that an enlarged sample of each pixel may get, within 0 to peak. */
export function boundsOf(plane: Float32Array, width: number, height: number, peak: number): Bounds {
  const low = spread(plane, width, height, RADIUS, Math.min);
  const high = spread(plane, width, height, RADIUS, Math.max);
  const flat = spread(plane, width, height, FLAT_RADIUS, Math.max);
  const least = spread(plane, width, height, FLAT_RADIUS, Math.min);
  for (let at = 0; at < flat.length; at += 1) flat[at]! -= least[at]!;
  const near = spread(flat, width, height, NEAR, Math.min);
  const limit = (FLAT_STEPS * peak) / 255;
  for (let at = 0; at < low.length; at += 1) {
    const room = near[at]! <= limit ? 0 : (high[at]! - low[at]!) * SLACK;
    low[at] = Math.max(0, low[at]! - room);
    high[at] = Math.min(peak, high[at]! + room);
  }
  return { low, high };
}

type Pick = (one: number, other: number) => number;

/** The pick over a square window; what lies outside counts for nothing. */
function spread(
  plane: Float32Array,
  width: number,
  height: number,
  radius: number,
  pick: Pick,
): Float32Array {
  const across = along(plane, width, height, radius, pick, 1, width);
  return along(across, height, width, radius, pick, width, 1);
}

function along(
  plane: Float32Array,
  length: number,
  lines: number,
  radius: number,
  pick: Pick,
  step: number,
  next: number,
): Float32Array {
  const out = new Float32Array(plane.length);
  for (let line = 0; line < lines; line += 1) {
    const start = line * next;
    for (let at = 0; at < length; at += 1) {
      const first = Math.max(0, at - radius);
      const last = Math.min(length - 1, at + radius);
      let found = plane[start + first * step]!;
      for (let place = first + 1; place <= last; place += 1) {
        found = pick(found, plane[start + place * step]!);
      }
      out[start + at * step] = found;
    }
  }
  return out;
}
