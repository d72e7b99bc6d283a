// Downloads: the one way by which something leaves the frame, and only to the user's own disk.
import { distinct } from '../core/naming';
import { zipped } from '../core/zipping';

export interface Saved {
  name: string;
  blob: Blob;
}

const A_MINUTE = 60_000;

export function download(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the address after the click has been handled.
  setTimeout(() => URL.revokeObjectURL(url), A_MINUTE);
}

/** One archive of all of them; a name that comes twice gets a number. */
export function archive(saved: readonly Saved[]): Promise<Blob> {
  const names = distinct(saved.map((one) => one.name));
  return zipped(saved.map(({ blob }, index) => ({ name: names[index] ?? '', blob })));
}
