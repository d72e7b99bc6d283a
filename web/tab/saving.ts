// Downloads: the one way by which something leaves the frame, and only to the user's own disk.
import { proper } from '../core/naming';
import { archiveName, zipped } from '../core/zipping';

export interface Saved {
  name: string;
  blob: Blob;
}

const A_MINUTE = 60_000;

export function download(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = proper(name, blob.type);
  link.click();
  // The browser reads the address after the click has been handled.
  setTimeout(() => URL.revokeObjectURL(url), A_MINUTE);
}

/** All of them in an archive, or several where one cannot hold them. */
export async function downloadAll(saved: readonly Saved[]): Promise<void> {
  for (const [at, zip] of (await zipped(saved)).entries()) download(archiveName(at), zip);
}
