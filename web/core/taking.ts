/** Taking: the files of a drop, folders walked to their ends. */
import { MAX_FILES } from './messages';

const DROPPINGS = new Set(['thumbs.db', 'desktop.ini']);

/**
 * Every file in the order it was dropped. What cannot be read is left out, in folders also what
 * systems leave there, and all after the first that is too many: whoever takes them says so.
 */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  // Both must be read before the first wait, for the drop ends then; entries stay good after it.
  const plain = [...transfer.files];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const found: File[] = [];
  for (const entry of entries) if (entry !== null) await walk(entry, found);
  return found;
}

/** Whether it is more than what systems leave in folders. */
export function isWanted({ name }: { name: string }): boolean {
  return !name.startsWith('.') && !DROPPINGS.has(name.toLowerCase());
}

async function walk(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (!isWanted(entry) || found.length > MAX_FILES) return;
  if (entry.isFile) {
    const file = await new Promise<File | null>((give) =>
      (entry as FileSystemFileEntry).file(give, () => give(null)),
    );
    if (file !== null) found.push(file);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const read = (): Promise<FileSystemEntry[]> =>
    new Promise((give) => reader.readEntries(give, () => give([])));
  // A reader gives at most a hundred entries at a time, and none when it has ended.
  for (let some = await read(); some.length > 0; some = await read()) {
    for (const one of some) await walk(one, found);
  }
}
