// Composing: the picture that is saved, from the cut-out, what was painted, and a ground.

import { boundsOf, placed, type Box, type Framing } from '../../../core/placing';
import { drawStrokes, type Stroke } from '../../../widgets/strokes';

export interface Parts {
  readonly cut: ImageBitmap;
  readonly original: ImageBitmap;
  readonly strokes: readonly Stroke[];
}

export interface Ground {
  readonly kind: 'transparent' | 'colour' | 'picture';
  readonly colour: string;
  readonly picture: ImageBitmap | null;
}

const STRIP_PIXELS = 4_000_000;

/** The finished picture; with longest, a smaller one that shows how it will look. Null where there
 * is no subject left to frame. */
export function composed(
  parts: Parts,
  ground: Ground,
  framing: Framing,
  longest = Infinity,
): HTMLCanvasElement | null {
  const { width, height } = parts.cut;
  const scale = Math.min(1, longest / Math.max(width, height));
  const subject = canvasOf(width * scale, height * scale);
  const drawing = drawingOf(subject);
  drawing.drawImage(parts.cut, 0, 0, subject.width, subject.height);
  drawStrokes(drawing, parts.strokes, parts.original, scale, [width, height]);
  const box = framing.kind === 'whole' ? null : subjectBox(subject);
  if (framing.kind !== 'whole' && box === null) return null;
  const place = placed(subject.width, subject.height, box, framing);
  const target = canvasOf(place.width, place.height);
  const onto = drawingOf(target);
  lay(onto, ground);
  onto.drawImage(subject, place.left, place.top);
  return target;
}

/** As a file. Throws where the browser has no room for it. */
export function encoded(canvas: HTMLCanvasElement, type: string, quality = 0.92): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error('no room')) : resolve(blob)),
      type,
      quality,
    );
  });
}

function lay(onto: CanvasRenderingContext2D, ground: Ground): void {
  const { width, height } = onto.canvas;
  if (ground.kind === 'colour') {
    onto.fillStyle = ground.colour;
    onto.fillRect(0, 0, width, height);
  }
  if (ground.kind !== 'picture' || ground.picture === null) return;
  const { picture } = ground; // its middle, as large as it takes to cover
  const larger = Math.max(width / picture.width, height / picture.height);
  const [across, down] = [picture.width * larger, picture.height * larger];
  onto.drawImage(picture, (width - across) / 2, (height - down) / 2, across, down);
}

/** In strips: the samples of a large picture are never all there twice. */
function subjectBox(canvas: HTMLCanvasElement): Box | null {
  const drawing = drawingOf(canvas);
  const rows = Math.max(1, Math.floor(STRIP_PIXELS / canvas.width));
  let all: Box | null = null;
  for (let top = 0; top < canvas.height; top += rows) {
    const height = Math.min(rows, canvas.height - top);
    const { data } = drawing.getImageData(0, top, canvas.width, height);
    const box = boundsOf(data, canvas.width, height);
    if (box !== null) all = joined(all, { ...box, top: box.top + top });
  }
  return all;
}

function joined(one: Box | null, other: Box): Box {
  if (one === null) return other;
  const left = Math.min(one.left, other.left);
  const top = Math.min(one.top, other.top);
  const right = Math.max(one.left + one.width, other.left + other.width);
  const bottom = Math.max(one.top + one.height, other.top + other.height);
  return { left, top, width: right - left, height: bottom - top };
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  return canvas;
}

function drawingOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const drawing = canvas.getContext('2d', { willReadFrequently: false });
  if (drawing === null) throw new Error('no room');
  return drawing;
}
