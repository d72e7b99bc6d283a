// The original as it is cut and turned, for the eye: what a result is compared with.
import { turned, type Shape } from '../../../core/edit';
import type { Rectangle } from '../../../core/rectangles';
import type { Opened } from '../../desk.svelte';

/** Up to here every pixel is kept; a larger one is for looking at, and PNG would take seconds. */
const EXACT_PIXELS = 3_000_000;
const MOST_PIXELS = 24_000_000;

/** The address of the picture in this shape, to be revoked; crop may be left out. */
export async function shaped(one: Opened, shape: Shape, most = MOST_PIXELS): Promise<string> {
  // As the view was made: only there is it known that the browser turns the file as the engine does.
  const source = one.isOfBrowser ? one.file : await kept(one);
  if (shape.turn === 0 && !shape.mirrored && !shape.crop && source === one.file && most > EXACT_PIXELS) {
    return URL.createObjectURL(one.file);
  }
  const bitmap = await createImageBitmap(source);
  try {
    return URL.createObjectURL(await drawn(bitmap, one, shape, most));
  } finally {
    bitmap.close();
  }
}

/** The preview's bytes: the frame may not even fetch what lies in its own memory. */
function kept(one: Opened): Promise<Blob> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => {
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      canvas.getContext('2d')?.drawImage(image, 0, 0);
      canvas.convertToBlob().then(resolve, reject);
    };
    image.onerror = () => reject(new Error('no preview'));
    image.src = one.view ?? '';
  });
}

async function drawn(
  bitmap: ImageBitmap,
  one: Opened,
  shape: Shape,
  most: number,
): Promise<Blob> {
  const whole = turned(one, shape);
  const box: Rectangle = shape.crop ?? { left: 0, top: 0, ...whole };
  const share = Math.min(1, Math.sqrt(most / (box.width * box.height)));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(box.width * share)),
    Math.max(1, Math.round(box.height * share)),
  );
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.imageSmoothingQuality = 'high';
  context.scale(share, share);
  context.translate(-box.left, -box.top);
  context.translate(whole.width / 2, whole.height / 2);
  context.scale(shape.mirrored ? -1 : 1, 1);
  context.rotate((shape.turn * Math.PI) / 180);
  context.drawImage(bitmap, -one.width / 2, -one.height / 2, one.width, one.height);
  const exact = canvas.width * canvas.height <= EXACT_PIXELS;
  return canvas.convertToBlob(exact ? {} : { type: 'image/webp', quality: 0.97 });
}
