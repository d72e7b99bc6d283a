/** Found: what the metadata of one picture tells, as keys of texts with their values. */

export interface Told {
  group: string;
  name: string;
  value: string;
}

export interface Where {
  latitude: number;
  longitude: number;
  town: string;
  country: string;
  distance_km: number;
}

export interface Found {
  /** Decimal degrees, as a person would copy them. */
  position: string | null;
  place: Where | null;
  /** The camera's own clock, which knows no time zone: to be shown in UTC. */
  taken: Date | null;
  device: string | null;
  /** What else it tells, the worst first: keys start.also_…, and the programs it names. */
  also: string[];
  isPrivate: boolean;
}

const MOMENTS = ['DateTimeOriginal', 'XMP DateTimeOriginal', 'CreateDate', 'XMP CreateDate'];
const SERIAL = /serial|uniqueid|deviceid/i;
const ALSO = ['identity', 'history', 'thumbnail', 'provenance', 'other'];
/** Groups that can say something about a person, a place or a device. */
export const PRIVATE = ['place', 'identity', 'device', 'time', 'history', 'thumbnail', 'other'];

export function found(metadata: readonly Told[], place: Where | null): Found {
  const groups = new Set(metadata.map((one) => one.group));
  const serial = metadata.some((one) => one.group === 'device' && SERIAL.test(one.name));
  const also = ALSO.filter((group) => groups.has(group));
  if (groups.has('place') && !place) also.unshift('place');
  if (serial) also.unshift('serial');
  return {
    position: place && `${degrees(place.latitude)}, ${degrees(place.longitude)}`,
    place,
    taken: taken(metadata),
    device: device(metadata),
    also,
    isPrivate: PRIVATE.some((group) => groups.has(group)),
  };
}

/** Four digits are eleven metres: nobody's house is hidden by that, and nobody reads more. */
function degrees(value: number): string {
  return String(Number(value.toFixed(4)));
}

function valueOf(metadata: readonly Told[], names: readonly string[]): string {
  for (const name of names) {
    const one = metadata.find((told) => told.name === name && told.value.trim());
    if (one) return one.value.trim();
  }
  return '';
}

function taken(metadata: readonly Told[]): Date | null {
  const text = valueOf(metadata, MOMENTS);
  const parts = /^(\d{4})[:-](\d\d)[:-](\d\d)(?:[ T](\d\d):(\d\d))?/.exec(text);
  if (!parts) return null;
  const [year, month, day, hour, minute] = parts.slice(1).map((part) => Number(part ?? 0));
  const when = new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute));
  return Number.isNaN(when.getTime()) || year === 0 ? null : when;
}

/** "Apple" and "iPhone 12" give "Apple iPhone 12"; "NIKON" and "NIKON D5" give "NIKON D5". */
function device(metadata: readonly Told[]): string | null {
  const make = valueOf(metadata, ['Make', 'XMP Make']);
  const model = valueOf(metadata, ['Model', 'XMP Model']);
  const [first = ''] = make.split(/\s/);
  const both = model.toLowerCase().startsWith(first.toLowerCase()) ? model : `${make} ${model}`;
  return both.trim() || make || null;
}
