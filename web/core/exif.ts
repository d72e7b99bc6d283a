/** EXIF for the invented picture of the start page: a few tags, written as any camera does. */

type Tag = [tag: number, type: number, count: number, value: Uint8Array];

const ASCII = 2;
const LONG = 4;
const RATIONAL = 5;
const HEADER = 8;
const ENTRY = 12;

export interface Invented {
  make: string;
  model: string;
  serial: string;
  /** As EXIF writes it: 2024:05:03 14:02:11. */
  taken: string;
  artist: string;
  latitude: number;
  longitude: number;
}

/** The JPEG with an EXIF segment after its first marker. */
export function withExif(jpeg: Uint8Array, facts: Invented): Uint8Array<ArrayBuffer> {
  const tiff = exif(facts);
  const marked = new Uint8Array(10 + tiff.length);
  const length = tiff.length + 8;
  marked.set([0xff, 0xe1, length >> 8, length & 255, 0x45, 0x78, 0x69, 0x66, 0, 0]);
  marked.set(tiff, 10);
  const whole = new Uint8Array(jpeg.length + marked.length);
  whole.set(jpeg.subarray(0, 2));
  whole.set(marked, 2);
  whole.set(jpeg.subarray(2), 2 + marked.length);
  return whole;
}

function exif(facts: Invented): Uint8Array {
  const moment = text(0x9003, facts.taken);
  const south = facts.latitude < 0;
  const west = facts.longitude < 0;
  const gps = [
    text(1, south ? 'S' : 'N'),
    angle(2, facts.latitude),
    text(3, west ? 'W' : 'E'),
    angle(4, facts.longitude),
  ];
  const detail = [moment, text(0xa431, facts.serial)];
  const main = (detailAt: number, gpsAt: number): Tag[] => [
    text(0x010f, facts.make),
    text(0x0110, facts.model),
    text(0x013b, facts.artist),
    number(0x8769, detailAt),
    number(0x8825, gpsAt),
  ];
  // The first directory is as long whatever the two places in it are.
  const detailAt = HEADER + directory(main(0, 0), HEADER).length;
  const details = directory(detail, detailAt);
  const gpsAt = detailAt + details.length;
  const start = Uint8Array.of(0x4d, 0x4d, 0, 42, 0, 0, 0, HEADER);
  return joined([start, directory(main(detailAt, gpsAt), HEADER), details, directory(gps, gpsAt)]);
}

/** Entries in order, then the values that do not fit into them; at is where it starts. */
function directory(tags: Tag[], at: number): Uint8Array {
  const head = new DataView(new ArrayBuffer(2 + tags.length * ENTRY + 4));
  const values: Uint8Array[] = [];
  let free = at + head.byteLength;
  head.setUint16(0, tags.length);
  tags.forEach(([tag, type, count, value], index) => {
    const entry = 2 + index * ENTRY;
    head.setUint16(entry, tag);
    head.setUint16(entry + 2, type);
    head.setUint32(entry + 4, count);
    if (value.length <= 4) {
      new Uint8Array(head.buffer).set(value, entry + 8);
      return;
    }
    head.setUint32(entry + 8, free);
    const even = new Uint8Array(value.length + (value.length % 2));
    even.set(value);
    values.push(even);
    free += even.length;
  });
  return joined([new Uint8Array(head.buffer), ...values]);
}

function text(tag: number, words: string): Tag {
  const bytes = new TextEncoder().encode(`${words}\0`);
  return [tag, ASCII, bytes.length, bytes];
}

function number(tag: number, value: number): Tag {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value);
  return [tag, LONG, 1, new Uint8Array(view.buffer)];
}

/** Degrees, minutes, and seconds in hundredths. */
function angle(tag: number, degrees: number): Tag {
  const hundredths = Math.round(Math.abs(degrees) * 360_000);
  const parts = [
    [Math.floor(hundredths / 360_000), 1],
    [Math.floor(hundredths / 6_000) % 60, 1],
    [hundredths % 6_000, 100],
  ].flat();
  const view = new DataView(new ArrayBuffer(24));
  parts.forEach((part, index) => view.setUint32(index * 4, part));
  return [tag, RATIONAL, 3, new Uint8Array(view.buffer)];
}

function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
