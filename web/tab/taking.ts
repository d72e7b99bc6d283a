// Files out of what was dropped, folders with all that lies in them.
import { MAX_FILES } from '../core/messages';

/** Every file in the order it was dropped; what cannot be read is left out, and of a folder all after
 * the first that is too many. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  // Entries must be taken before the event ends; they stay good after it.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) {
    return [...transfer.files];
  }
  const found: File[] = [];
  for (const entry of entries) {
    if (entry) {
      await gather(entry, found);
    }
  }
  return found;
}

async function gather(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (entry.name.startsWith('.') || found.length > MAX_FILES) {
    return;
  }
  if (entry.isFile) {
    const file = await new Promise<File | null>((resolve) =>
      (entry as FileSystemFileEntry).file(resolve, () => resolve(null)),
    );
    if (file) {
      found.push(file);
    }
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const read = (): Promise<FileSystemEntry[]> =>
    new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
  // A reader gives at most a hundred entries at a time, and none when it has ended.
  for (let some = await read(); some.length > 0; some = await read()) {
    for (const one of some) {
      await gather(one, found);
    }
  }
}
