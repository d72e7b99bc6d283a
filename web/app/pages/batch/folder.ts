// Folder: a folder of this device that results are written to, where the browser can do that.

import type { Folder, Sink } from './queue.svelte';

interface Writable {
  write(blob: Blob): Promise<void>;
  close(): Promise<void>;
}
interface Directory {
  readonly name: string;
  getFileHandle(name: string, wish: { create: boolean }): Promise<{
    createWritable(): Promise<Writable>;
  }>;
}
type Chooser = (wish: { mode: 'readwrite' }) => Promise<Directory>;

export function canChoose(): boolean {
  return chooser() !== undefined;
}

/** The folder that somebody chose; null where they chose none. */
export async function chosen(): Promise<Folder | null> {
  const choose = chooser();
  if (choose === undefined) return null;
  let folder: Directory;
  try {
    folder = await choose({ mode: 'readwrite' });
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') return null;
    throw thrown;
  }
  const sink: Sink = async (wish, blob) => {
    const name = await free(folder, wish);
    const file = await folder.getFileHandle(name, { create: true });
    const into = await file.createWritable();
    await into.write(blob);
    await into.close();
    return name;
  };
  return { name: folder.name, sink };
}

/** A name that nothing in the folder has: no file that lies there is written over. */
async function free(folder: Directory, wish: string): Promise<string> {
  const dot = wish.lastIndexOf('.');
  const [stem, ending] = [wish.slice(0, dot), wish.slice(dot)];
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wish : `${stem}-${number}${ending}`;
    try {
      await folder.getFileHandle(name, { create: false });
    } catch (thrown) {
      if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return name;
      if (!(thrown instanceof DOMException && thrown.name === 'TypeMismatchError')) throw thrown;
    }
  }
}

function chooser(): Chooser | undefined {
  const known = window as unknown as { showDirectoryPicker?: Chooser };
  return known.showDirectoryPicker?.bind(window);
}
