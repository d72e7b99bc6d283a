// A picture before it is sent: its size and a view of it, as far as this browser can show it.

export interface Seen {
  readonly width: number;
  readonly height: number;
  readonly url: string;
}

/** Null where this browser cannot show it, as HEIC or TIFF; the server may read it all the same. */
export async function seen(file: Blob): Promise<Seen | null> {
  const url = URL.createObjectURL(file);
  const image = new Image();
  const isShown = await new Promise<boolean>((resolve) => {
    image.onload = () => resolve(true);
    image.onerror = () => resolve(false);
    image.src = url;
  });
  if (isShown && image.naturalWidth > 0) {
    return { width: image.naturalWidth, height: image.naturalHeight, url };
  }
  URL.revokeObjectURL(url);
  return null;
}
