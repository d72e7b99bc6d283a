// A picture to try things with: drawn here, its place, camera and person are invented.
import { withExif, type Invented } from '../../../core/exif';

const WIDTH = 1600;
const HEIGHT = 1067;
const FACTS: Invented = {
  make: 'Sample',
  model: 'Pocket 3',
  serial: 'INVENTED-00017',
  taken: '2024:05:03 14:02:11',
  artist: 'Nobody Inparticular',
  latitude: 52.5163,
  longitude: 13.3777,
};

export async function sample(name: string): Promise<File> {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext('2d');
  if (!context) {
    throw new Error('no canvas');
  }
  draw(context);
  const drawn = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 });
  const bytes = withExif(new Uint8Array(await drawn.arrayBuffer()), FACTS);
  return new File([bytes], name, { type: 'image/jpeg' });
}

/** A harbour in the evening: sky, sun, hills, water, a boat. */
function draw(context: OffscreenCanvasRenderingContext2D): void {
  fill(context, 0, 640, ['#27355c', '#a2577a', '#f2a65a']);
  context.fillStyle = '#ffe3ad';
  circle(context, 1130, 560, 74);
  hills(context, '#5a4568', 520, 90, 0.0045, 0.4);
  hills(context, '#3a3355', 580, 60, 0.008, 2.1);
  fill(context, 640, HEIGHT, ['#b4685c', '#394066', '#1c2440']);
  glitter(context);
  boat(context, 520, 760);
}

function fill(
  context: OffscreenCanvasRenderingContext2D,
  top: number,
  bottom: number,
  colours: string[],
): void {
  const gradient = context.createLinearGradient(0, top, 0, bottom);
  colours.forEach((colour, index) => gradient.addColorStop(index / (colours.length - 1), colour));
  context.fillStyle = gradient;
  context.fillRect(0, top, WIDTH, bottom - top);
}

function circle(
  context: OffscreenCanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
): void {
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
  context.fill();
}

function hills(
  context: OffscreenCanvasRenderingContext2D,
  colour: string,
  level: number,
  height: number,
  step: number,
  shift: number,
): void {
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(0, 640);
  for (let x = 0; x <= WIDTH; x += 4) {
    const wave = Math.sin(x * step + shift) + 0.4 * Math.sin(x * step * 2.7 + shift * 3);
    context.lineTo(x, level - height * wave * 0.6);
  }
  context.lineTo(WIDTH, 640);
  context.fill();
}

/** The sun on the water: the same strokes each time, from a small generator of numbers. */
function glitter(context: OffscreenCanvasRenderingContext2D): void {
  let seed = 7;
  const next = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  for (let count = 0; count < 420; count += 1) {
    const depth = next();
    const spread = 60 + 360 * depth;
    context.fillStyle = `rgba(255, 222, 160, ${0.55 - 0.45 * depth})`;
    const x = 1130 + (next() + next() - 1) * spread;
    context.fillRect(x, 646 + depth * 400, 16 + 50 * next() * (0.4 + depth), 2 + 3 * depth);
  }
}

function boat(context: OffscreenCanvasRenderingContext2D, x: number, y: number): void {
  context.fillStyle = '#f4ead8';
  triangle(context, [x, y - 300], [x, y - 30], [x + 150, y - 30]);
  context.fillStyle = '#d8c6b0';
  triangle(context, [x - 14, y - 260], [x - 14, y - 30], [x - 100, y - 30]);
  context.fillStyle = '#241a26';
  context.beginPath();
  context.moveTo(x - 130, y - 16);
  context.lineTo(x + 175, y - 16);
  context.quadraticCurveTo(x + 150, y + 44, x + 96, y + 48);
  context.lineTo(x - 86, y + 48);
  context.quadraticCurveTo(x - 124, y + 40, x - 130, y - 16);
  context.fill();
  context.fillRect(x - 9, y - 310, 5, 300);
}

function triangle(
  context: OffscreenCanvasRenderingContext2D,
  ...corners: [number, number][]
): void {
  context.beginPath();
  for (const [x, y] of corners) {
    context.lineTo(x, y);
  }
  context.fill();
}
