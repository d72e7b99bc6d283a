// Placing: where a subject lies on its new canvas, in whole pixels.

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Framing {
  /** As the picture, cut to the subject, or a canvas of a shape around the subject. */
  readonly kind: 'whole' | 'subject' | 'square' | 'portrait';
  /** Room on each side, in percent of the side of the canvas; of the subject where it is cut. */
  readonly margin: number;
}

export interface Placed {
  readonly width: number;
  readonly height: number;
  /** Where the picture's own corner comes to lie. */
  readonly left: number;
  readonly top: number;
}

const SHAPES = { square: 1, portrait: 4 / 5 } as const;

/** The canvas for a picture of this size whose subject is inside the box. */
export function placed(width: number, height: number, box: Box | null, framing: Framing): Placed {
  if (framing.kind === 'whole' || box === null) return { width, height, left: 0, top: 0 };
  if (framing.kind === 'subject') {
    const room = Math.round((Math.max(box.width, box.height) * framing.margin) / 100);
    const size = { width: box.width + 2 * room, height: box.height + 2 * room };
    return { ...size, left: room - box.left, top: room - box.top };
  }
  const shape = SHAPES[framing.kind];
  const share = 1 - (2 * Math.min(framing.margin, 45)) / 100;
  const across = Math.ceil(Math.max(box.width, box.height * shape) / share);
  const down = Math.ceil(across / shape);
  return {
    width: across,
    height: down,
    left: Math.round((across - box.width) / 2) - box.left,
    top: Math.round((down - box.height) / 2) - box.top,
  };
}

/** The box around all that is not transparent in RGBA samples; null where all is. */
export function boundsOf(samples: Uint8ClampedArray, width: number, height: number): Box | null {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if ((samples[(y * width + x) * 4 + 3] ?? 0) === 0) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  if (bottom < 0) return null;
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}
