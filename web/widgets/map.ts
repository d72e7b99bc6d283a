// A place on a map that asks nobody: the world as dots where towns are, and what lies near by.
//
//   defineMap();
//   const map = document.createElement('safelight-map') as PlaceMap;
//   map.words = words; map.place = { latitude, longitude, ringMetres: 5, towns };

import { BOTTOM, DOTS, TOP } from './dots';

export interface MapTown {
  name: string;
  latitude: number;
  longitude: number;
  people: number;
}

export interface MapPlace {
  latitude: number;
  longitude: number;
  /** How far off the position may be; null where nobody noted it, and no ring is drawn. */
  ringMetres: number | null;
  towns: readonly MapTown[];
}

export interface MapWords {
  /** What each of the two drawings shows, for those who do not see it. */
  world: string;
  near: string;
  /** A length for the scale: "10 km". */
  length(kilometres: number): string;
}

const TAG = 'safelight-map';
const SVG = 'http://www.w3.org/2000/svg';
const KM_OF_DEGREE = 111.2;
const SIDE = 300;
const HEIGHT = 220;
const MOST_TOWNS = 12;
const LEAST_REACH_KM = 8;
/** Smaller than this, a ring could not be told from the point. */
const LEAST_RING = 9;
const SCALES = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const LOOK = `
:host { display: grid; gap: 0.5rem; }
svg { display: block; width: 100%; height: auto; border-radius: var(--round-small, 6px); background: var(--well, #eee); }
.grid { stroke: var(--line, #ccc); stroke-width: 0.5; fill: none; }
.dots { fill: var(--line-strong, #888); }
.point { fill: var(--accent, #840); stroke: var(--sheet, #fff); stroke-width: 1.5; }
.ring { fill: var(--accent, #840); fill-opacity: 0.16; stroke: var(--accent, #840); }
.town { fill: var(--ink-soft, #555); }
text { fill: var(--ink, #000); font: 11px var(--face, sans-serif); paint-order: stroke; stroke: var(--well, #eee); stroke-width: 3px; }
.scale { stroke: var(--ink, #000); stroke-width: 1.5; fill: none; }
`;

export function defineMap(): void {
  if (!customElements.get(TAG)) customElements.define(TAG, PlaceMap);
}

export class PlaceMap extends HTMLElement {
  private told: MapWords | null = null;
  private at: MapPlace | null = null;
  private readonly root = this.attachShadow({ mode: 'open' });

  constructor() {
    super();
    const look = new CSSStyleSheet();
    look.replaceSync(LOOK);
    this.root.adoptedStyleSheets = [look];
  }

  set words(words: MapWords) {
    this.told = words;
    this.draw();
  }

  set place(place: MapPlace) {
    this.at = place;
    this.draw();
  }

  private draw(): void {
    if (this.told && this.at) {
      this.root.replaceChildren(world(this.at, this.told), around(this.at, this.told));
    }
  }
}

/** The whole Earth, one unit for a degree. */
function world(place: MapPlace, words: MapWords): SVGElement {
  const svg = drawing(`-180 ${-TOP - 4} 360 ${TOP - BOTTOM + 8}`, words.world);
  const lines = [-120, -60, 0, 60, 120].map((x) => `M${x} ${-TOP - 4}V${-BOTTOM + 4}`);
  lines.push(...[-60, -30, 0, 30].map((y) => `M-180 ${y}H180`));
  svg.append(shape('path', { class: 'grid', d: lines.join('') }));
  svg.append(shape('path', { class: 'dots', d: dots() }));
  const [cx, cy] = [place.longitude, -place.latitude];
  svg.append(shape('circle', { class: 'ring', cx, cy, r: 9 }));
  svg.append(shape('circle', { class: 'point', cx, cy, r: 3.2 }));
  return svg;
}

let drawn = '';

function dots(): string {
  if (drawn) return drawn;
  const bytes = Uint8Array.from(atob(DOTS), (letter) => letter.charCodeAt(0));
  const parts: string[] = [];
  for (let square = 0; square < bytes.length * 8; square += 1) {
    if ((bytes[square >> 3] ?? 0) & (128 >> (square & 7))) {
      const [x, y] = [(square % 360) - 180, Math.floor(square / 360) - TOP];
      parts.push(`M${x} ${y}h.8v.8h-.8z`);
    }
  }
  drawn = parts.join('');
  return drawn;
}

/** Where a name, or the point itself, already stands. */
interface Taken {
  left: number;
  right: number;
  y: number;
}

interface Spot {
  x: number;
  y: number;
  town: MapTown;
}

/** The position in the middle and the towns around it, as far as the third of them. */
function around(place: MapPlace, words: MapWords): SVGElement {
  const svg = drawing(`0 0 ${SIDE} ${HEIGHT}`, words.near);
  const [x, y] = [SIDE / 2, HEIGHT / 2];
  const offsets = place.towns.slice(0, MOST_TOWNS).map((town) => offset(place, town));
  const far = offsets.map(({ east, north }) => Math.hypot(east, north)).sort((a, b) => a - b);
  const reach = Math.max(LEAST_REACH_KM, (far[Math.min(4, far.length - 1)] ?? 0) * 1.25);
  const unit = HEIGHT / 2 / reach;
  const ring = Math.max(LEAST_RING, ((place.ringMetres ?? 0) / 1000) * unit);
  const isNoted = place.ringMetres !== null;
  if (isNoted) svg.append(shape('circle', { class: 'ring', cx: x, cy: y, r: Math.min(ring, HEIGHT / 2) }));
  const spots = offsets
    .map(({ east, north, town }) => ({ x: x + east * unit, y: y - north * unit, town }))
    .filter((spot) => spot.x > 4 && spot.x < SIDE - 4 && spot.y > 14 && spot.y < HEIGHT - 22);
  svg.append(...labelled(spots, { left: x - ring, right: x + ring, y }));
  svg.append(shape('circle', { class: 'point', cx: x, cy: y, r: 4.5 }), ...scale(unit, words));
  return svg;
}

function offset(place: MapPlace, town: MapTown): { east: number; north: number; town: MapTown } {
  const narrow = Math.cos((place.latitude * Math.PI) / 180);
  const across = ((town.longitude - place.longitude + 540) % 360) - 180;
  const north = (town.latitude - place.latitude) * KM_OF_DEGREE;
  return { east: across * KM_OF_DEGREE * narrow, north, town };
}

/** A dot for each town; a name only where it lies on no other name, the largest first. */
function labelled(spots: Spot[], point: Taken): SVGElement[] {
  const taken = [point];
  const bySize = [...spots].sort((a, b) => b.town.people - a.town.people);
  return bySize.flatMap((spot) => {
    const r = Math.min(5, 2 + Math.log10(Math.max(1, spot.town.people / 5000)));
    const dot = shape('circle', { class: 'town', cx: spot.x, cy: spot.y, r });
    const width = spot.town.name.length * 6.2;
    const sides = [spot.x + 8, spot.x - 8 - width].map((left) => {
      return { left, right: left + width, y: spot.y };
    });
    const isFree = (here: Taken): boolean =>
      here.left > 2 && here.right < SIDE && !taken.some((one) => meet(one, here));
    const here = sides.find(isFree);
    if (!here) return [dot];
    taken.push(here);
    const name = shape('text', { x: here.left, y: spot.y + 4 });
    name.textContent = spot.town.name;
    return [dot, name];
  });
}

function meet(one: Taken, other: Taken): boolean {
  return Math.abs(one.y - other.y) < 13 && one.left < other.right && other.left < one.right;
}

function scale(unit: number, words: MapWords): SVGElement[] {
  const length = SCALES.findLast((kilometres) => kilometres * unit < SIDE / 3) ?? 1;
  const [left, y] = [10, HEIGHT - 9];
  const right = left + length * unit;
  const text = shape('text', { x: right + 6, y: y + 2 });
  text.textContent = words.length(length);
  return [shape('path', { class: 'scale', d: `M${left} ${y - 4}v4H${right}v-4` }), text];
}

function drawing(box: string, label: string): SVGElement {
  const svg = shape('svg', { viewBox: box, role: 'img' });
  svg.setAttribute('aria-label', label);
  return svg;
}

function shape(tag: string, values: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, tag) as SVGElement;
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, String(value));
  return element;
}
