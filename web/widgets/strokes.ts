// Strokes: what somebody painted into a cut-out, and how it is drawn at any size.

export interface Stroke {
  /** Puts the original picture back, or takes away what is there. */
  readonly mode: 'add' | 'remove';
  /** In pixels of the picture, as its points are. */
  readonly radius: number;
  readonly points: readonly (readonly [number, number])[];
}

export type Drawing = CanvasRenderingContext2D;

/** Draws strokes onto a cut-out that lies on the canvas at this scale. */
export function drawStrokes(
  target: Drawing,
  strokes: readonly Stroke[],
  original: CanvasImageSource,
  scale: number,
  size: readonly [number, number],
): void {
  for (const stroke of strokes) {
    if (stroke.mode === 'remove') taken(target, stroke, scale);
    else putBack(target, stroke, original, scale, size);
  }
}

function taken(target: Drawing, stroke: Stroke, scale: number): void {
  target.save();
  target.globalCompositeOperation = 'destination-out';
  line(target, stroke, scale, 0, 0);
  target.restore();
}

function putBack(
  target: Drawing,
  stroke: Stroke,
  original: CanvasImageSource,
  scale: number,
  size: readonly [number, number],
): void {
  const box = around(stroke, scale, target.canvas.width, target.canvas.height);
  if (box.width <= 0 || box.height <= 0) return;
  const layer = document.createElement('canvas');
  layer.width = box.width;
  layer.height = box.height;
  const drawing = layer.getContext('2d');
  if (drawing === null) return;
  line(drawing, stroke, scale, box.left, box.top);
  drawing.globalCompositeOperation = 'source-in';
  drawing.drawImage(original, -box.left, -box.top, size[0] * scale, size[1] * scale);
  target.drawImage(layer, box.left, box.top);
}

function around(stroke: Stroke, scale: number, width: number, height: number) {
  const across = stroke.points.map(([x]) => x * scale);
  const down = stroke.points.map(([, y]) => y * scale);
  const room = stroke.radius * scale + 2;
  const left = Math.max(0, Math.floor(least(across) - room));
  const top = Math.max(0, Math.floor(least(down) - room));
  const right = Math.min(width, Math.ceil(-least(across.map((one) => -one)) + room));
  const bottom = Math.min(height, Math.ceil(-least(down.map((one) => -one)) + room));
  return { left, top, width: right - left, height: bottom - top };
}

function least(values: readonly number[]): number {
  return values.reduce((one, other) => Math.min(one, other), Infinity);
}

function line(target: Drawing, stroke: Stroke, scale: number, left: number, top: number): void {
  const points = stroke.points.map(([x, y]) => [x * scale - left, y * scale - top] as const);
  const [first] = points;
  if (first === undefined) return;
  target.beginPath();
  target.lineCap = 'round';
  target.lineJoin = 'round';
  target.lineWidth = stroke.radius * 2 * scale;
  target.moveTo(...first);
  // A path of one point paints nothing, though its cap is round: it goes there twice.
  for (const [x, y] of points) target.lineTo(x, y);
  target.strokeStyle = '#000';
  target.stroke();
}
