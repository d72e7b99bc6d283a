/**
 * Remembered: every setting that the tools of the tab may leave on this device, and its shape.
 *
 * A frame that was taken over may ask for all of it, so no shape has room for a picture: numbers,
 * yes or no, short words, a colour, and one line of a watermark. All together are below 4 kB.
 */

type Shape = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Shape>>;

const MAX_LINE = 80;

const yes: Shape = (value) => typeof value === 'boolean';
const number: Shape = (value) =>
  value === null || value === undefined || (Number.isFinite(value) && `${value}`.length < 16);
const word: Shape = (value) => typeof value === 'string' && /^[a-z0-9-]{0,12}$/.test(value);
const colour: Shape = (value) => typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value);
const line: Shape = (value) => typeof value === 'string' && value.length <= MAX_LINE;

const KNOWN: Readonly<Record<string, Shape>> = {
  'metadata.profile': word,
  edit: fields({
    sizing: word, long: number, width: number, height: number, percent: number, enlarge: yes,
    format: word, quality: number, lossless: yes, target: number, metadata: word,
  }), // prettier-ignore
  many: fields({
    profile: word, longest: number, format: word, quality: number, text: line, isWritten: yes,
  }), // prettier-ignore
  watermark: fields({
    kind: word, text: line, colour, outline: yes, gravity: word, scale: number, opacity: number,
    margin: number, angle: number, tile: yes,
  }), // prettier-ignore
};

/** Whether this is a setting that a tool has, in its shape; null forgets it. */
export function isRemembered(key: unknown, value: unknown): boolean {
  if (typeof key !== 'string' || !Object.hasOwn(KNOWN, key)) return false;
  return value === null || KNOWN[key]?.(value) === true;
}

function fields(known: Fields): Shape {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, one]) => Object.hasOwn(known, name) && known[name]?.(one));
}
