// A picture enlarged by a net of luma: luma through the net, tile by tile, and what each colour
// differs from it, and transparency, through bicubic. The engine does the same with the same model,
// ops/tiling/painting.py; a test holds the two together.

import { boundsOf, type Bounds } from './local_range';
import type { Samples } from './png';

/** A net that takes luma of 0 to 1 and gives it, so many times larger on each side. */
export interface Net {
  scale: number;
  tile: number;
  halo: number;
  run(luma: Float32Array, width: number, height: number): Promise<Float32Array>;
}

// Luma of ITU-R BT.601, which the net was trained on.
const WEIGHTS = [0.299, 0.587, 0.114];
const SHARPNESS = -0.5;
const REACH = 2;
const TAPS = 2 * REACH + 1;

/** The picture, enlarged. progress is told the share that is done, 0 to 1. */
export async function enlarged(
  picture: Samples,
  net: Net,
  progress: (share: number) => void,
): Promise<Samples> {
  const { width, height, bands } = picture;
  const { scale } = net;
  const size = { width: width * scale, height: height * scale };
  const data = alike(picture.data, size.width * size.height * bands);
  const work = new Work(picture, net);
  for (let top = 0; top < height; top += net.tile) {
    const bottom = Math.min(top + net.tile, height);
    const luma = await work.strip(top, bottom, progress);
    work.merge(luma, top, bottom, data);
  }
  return { ...picture, ...size, data };
}

const alike = (like: Uint8Array | Uint16Array, length: number): Uint8Array | Uint16Array =>
  like.BYTES_PER_ELEMENT === 2 ? new Uint16Array(length) : new Uint8Array(length);

class Work {
  private readonly peak: number;
  private readonly colours: number;
  private readonly luma: Float32Array;
  private readonly bounds: Bounds;
  private readonly taps: Float32Array;

  constructor(
    private readonly picture: Samples,
    private readonly net: Net,
  ) {
    this.peak = picture.data.BYTES_PER_ELEMENT === 2 ? 65535 : 255;
    this.colours = picture.bands - Number(picture.hasAlpha);
    this.luma = lumaOf(picture, this.colours);
    this.bounds = boundsOf(this.luma, picture.width, picture.height, this.peak);
    this.taps = tapsOf(net.scale);
  }

  /** The enlarged luma of some rows, cut to its bounds. */
  async strip(
    top: number,
    bottom: number,
    progress: (share: number) => void,
  ): Promise<Float32Array> {
    const { width, height } = this.picture;
    const { tile, scale } = this.net;
    const out = new Float32Array((bottom - top) * scale * width * scale);
    for (let left = 0; left < width; left += tile) {
      const right = Math.min(left + tile, width);
      await this.tile({ top, bottom, left, right }, out);
      progress((top * width + (bottom - top) * right) / (width * height));
    }
    return out;
  }

  private async tile(
    box: { top: number; bottom: number; left: number; right: number },
    out: Float32Array,
  ): Promise<void> {
    const { width, height } = this.picture;
    const { scale, halo } = this.net;
    const [first, last] = [Math.max(0, box.left - halo), Math.min(width, box.right + halo)];
    const [upper, lower] = [Math.max(0, box.top - halo), Math.min(height, box.bottom + halo)];
    const across = last - first;
    const patch = new Float32Array(across * (lower - upper));
    for (let row = upper; row < lower; row += 1) {
      const line = this.luma.subarray(row * width + first, row * width + last);
      line.forEach((value, at) => (patch[(row - upper) * across + at] = value / this.peak));
    }
    const answer = await this.net.run(patch, across, lower - upper);
    for (let row = box.top * scale; row < box.bottom * scale; row += 1) {
      const from = (row - upper * scale) * across * scale;
      const to = (row - box.top * scale) * width * scale;
      const source = Math.floor(row / scale) * width;
      for (let column = box.left * scale; column < box.right * scale; column += 1) {
        const pixel = source + Math.floor(column / scale);
        const value = answer[from + column - first * scale]! * this.peak;
        const capped = Math.min(this.bounds.high[pixel]!, value);
        out[to + column] = Math.max(this.bounds.low[pixel]!, capped);
      }
    }
  }

  /** The samples of some rows: luma and what goes with it, rounded. */
  merge(luma: Float32Array, top: number, bottom: number, data: Uint8Array | Uint16Array): void {
    const { width, bands } = this.picture;
    const { scale } = this.net;
    const line = new Float32Array(width + 2 * REACH);
    for (let row = top * scale; row < bottom * scale; row += 1) {
      const above = luma.subarray((row - top * scale) * width * scale);
      for (let band = 0; band < bands; band += 1) {
        const isAlpha = band === this.colours;
        const isLuma = this.colours === 1 && !isAlpha;
        if (!isLuma) this.down(row, band, !isAlpha, line);
        for (let column = 0; column < width * scale; column += 1) {
          const value = (isLuma ? 0 : this.across(line, column)) + (isAlpha ? 0 : above[column]!);
          const cut = Math.min(this.peak, Math.max(0, value + 0.5));
          data[(row * width * scale + column) * bands + band] = cut;
        }
      }
    }
  }

  /** One row of a band between the rows that there are, less luma if asked, with its edges. */
  private down(row: number, band: number, lessLuma: boolean, line: Float32Array): void {
    const { width, height, bands, data } = this.picture;
    const centre = Math.floor(row / this.net.scale);
    const phase = (row % this.net.scale) * TAPS;
    line.fill(0);
    for (let tap = 0; tap < TAPS; tap += 1) {
      const weight = this.taps[phase + tap]!;
      if (weight === 0) continue;
      const source = Math.min(height - 1, Math.max(0, centre + tap - REACH)) * width;
      for (let column = 0; column < width; column += 1) {
        const value = data[(source + column) * bands + band]!;
        const rest = lessLuma ? value - this.luma[source + column]! : value;
        line[column + REACH]! += weight * rest;
      }
    }
    line.fill(line[REACH]!, 0, REACH);
    line.fill(line[width + REACH - 1]!, width + REACH);
  }

  private across(line: Float32Array, column: number): number {
    const { scale } = this.net;
    const start = Math.floor(column / scale);
    const phase = (column % scale) * TAPS;
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap += 1) sum += this.taps[phase + tap]! * line[start + tap]!;
    return sum;
  }
}

function lumaOf({ data, bands, width, height }: Samples, colours: number): Float32Array {
  const luma = new Float32Array(width * height);
  for (let at = 0; at < luma.length; at += 1) {
    const pixel = at * bands;
    if (colours === 1) {
      luma[at] = data[pixel]!;
    } else {
      const [red, green, blue] = [data[pixel]!, data[pixel + 1]!, data[pixel + 2]!];
      luma[at] = red * WEIGHTS[0]! + green * WEIGHTS[1]! + blue * WEIGHTS[2]!;
    }
  }
  return luma;
}

/** For each place between two samples, the weights of the samples around it: the kernel of Keys. */
function tapsOf(scale: number): Float32Array {
  return Float32Array.from({ length: scale * TAPS }, (_, at) => {
    const place = (Math.floor(at / TAPS) + 0.5) / scale - 0.5;
    return cubic(Math.abs(place - ((at % TAPS) - REACH)));
  });
}

function cubic(t: number): number {
  const a = SHARPNESS;
  if (t <= 1) return (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1;
  return t < 2 ? a * (t ** 3 - 5 * t ** 2 + 8 * t - 4) : 0;
}
