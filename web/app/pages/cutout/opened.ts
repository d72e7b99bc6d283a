// Opened: the cut-out and the original as pixels, both as they are displayed.

import { worked } from '../../tasks/working';

export interface Opened {
  readonly cut: ImageBitmap;
  readonly original: ImageBitmap;
}

/** Throws Problem. What this browser cannot read, as HEIC, the server gives as PNG. */
export async function opened(file: File, cutout: Blob, signal: AbortSignal): Promise<Opened> {
  const cut = await createImageBitmap(cutout);
  try {
    const original = await createImageBitmap(file);
    if (original.width === cut.width && original.height === cut.height) return { cut, original };
    original.close(); // displayed in another way than the server does
  } catch {
    // the server can read it: it has made the cut-out
  }
  const silent = { stage: () => undefined, share: () => undefined, lost: () => undefined };
  const shown = await worked(file, { path: '/convert?to=png', suffix: '' }, silent, signal);
  return { cut, original: await createImageBitmap(shown.blob) };
}
