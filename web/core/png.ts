// PNG read and written, as far as pixels go between the engine and a net: 8 or 16 bits, grey or
// colour, with alpha or without, in plain rows. What else stands in the file is carried along.

import { unzlibSync, zlibSync } from 'fflate';

export interface Samples {
  width: number;
  height: number;
  /** Alpha counted; 1 to 4. */
  bands: number;
  hasAlpha: boolean;
  /** Row by row, the bands of a pixel side by side. */
  data: Uint8Array | Uint16Array;
  /** Whole chunks besides those of the pixels: colour profile, metadata. */
  further: Uint8Array[];
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const BANDS: Record<number, number> = { 0: 1, 2: 3, 4: 2, 6: 4 };
const KINDS = [0, 4, 2, 6];
const CHUNK_BYTES = 12;

/** Throws RangeError for a PNG of a kind that the engine does not make. */
export function readPng(file: Uint8Array): Samples {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (SIGNATURE.some((byte, at) => file[at] !== byte)) throw new RangeError('this is no PNG');
  const packed: Uint8Array[] = [];
  const further: Uint8Array[] = [];
  for (let at = SIGNATURE.length; at + CHUNK_BYTES <= file.length; ) {
    const length = view.getUint32(at);
    const end = at + CHUNK_BYTES + length;
    const name = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (name === 'IDAT') packed.push(file.subarray(at + 8, end - 4));
    else if (name !== 'IHDR' && name !== 'IEND') further.push(file.slice(at, end));
    at = end;
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [bits, kind, interlaced] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  const bands = BANDS[kind];
  if (bands === undefined || (bits !== 8 && bits !== 16) || interlaced) {
    throw new RangeError('a PNG of another kind was awaited');
  }
  const bytes = (bands * bits) / 8;
  const rows = unfiltered(unzlibSync(joined(packed)), width * bytes, height, bytes);
  const data = bits === 8 ? rows : fromBigEndian(rows);
  return { width, height, bands, hasAlpha: bands % 2 === 0, data, further };
}

/** The file, with its pixels stored as they are: the engine reads it at once. */
export function writePng({ width, height, bands, data, further }: Samples): Uint8Array[] {
  const bytes = data.BYTES_PER_ELEMENT === 2 ? toBigEndian(data as Uint16Array) : data;
  const stride = width * bands * data.BYTES_PER_ELEMENT;
  const rows = new Uint8Array((stride + 1) * height);
  for (let row = 0; row < height; row += 1) {
    const part = bytes.subarray(row * stride, (row + 1) * stride);
    rows.set(part as Uint8Array, row * (stride + 1) + 1);
  }
  const head = new DataView(new ArrayBuffer(13));
  head.setUint32(0, width);
  head.setUint32(4, height);
  head.setUint8(8, 8 * data.BYTES_PER_ELEMENT);
  head.setUint8(9, KINDS[bands - 1] ?? 2);
  return [
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', new Uint8Array(head.buffer)),
    ...further,
    chunk('IDAT', zlibSync(rows, { level: 0 })),
    chunk('IEND', new Uint8Array()),
  ];
}

function unfiltered(packed: Uint8Array, stride: number, height: number, bytes: number): Uint8Array {
  const out = new Uint8Array(stride * height);
  for (let row = 0; row < height; row += 1) {
    const filter = packed[row * (stride + 1)];
    const source = row * (stride + 1) + 1;
    const to = row * stride;
    for (let at = 0; at < stride; at += 1) {
      const left = at < bytes ? 0 : out[to + at - bytes]!;
      const up = row === 0 ? 0 : out[to + at - stride]!;
      const corner = at < bytes || row === 0 ? 0 : out[to + at - stride - bytes]!;
      out[to + at] = packed[source + at]! + guess(filter, left, up, corner);
    }
  }
  return out;
}

function guess(filter: number | undefined, left: number, up: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4: {
      const plane = left + up - corner;
      const [a, b, c] = [Math.abs(plane - left), Math.abs(plane - up), Math.abs(plane - corner)];
      return a <= b && a <= c ? left : b <= c ? up : corner;
    }
    default:
      return 0;
  }
}

function fromBigEndian(bytes: Uint8Array): Uint16Array {
  const view = new DataView(bytes.buffer);
  return Uint16Array.from({ length: bytes.length / 2 }, (_, at) => view.getUint16(2 * at));
}

function toBigEndian(samples: Uint16Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(samples.length * 2));
  samples.forEach((sample, at) => view.setUint16(2 * at, sample));
  return new Uint8Array(view.buffer);
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(CHUNK_BYTES + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(Array.from(name, (sign) => sign.charCodeAt(0)), 4);
  out.set(data, 8);
  view.setUint32(8 + data.length, checksum(out.subarray(4, 8 + data.length)));
  return out;
}

const CRCS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

function checksum(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (let at = 0; at < bytes.length; at += 1) {
    rest = CRCS[(rest ^ bytes[at]!) & 255]! ^ (rest >>> 8);
  }
  return ~rest >>> 0;
}

function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}
