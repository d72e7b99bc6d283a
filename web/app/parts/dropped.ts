/** Dropped: the files of a drop or a paste, folders walked to their ends. */

export const MAX_FILES = 10_000;
/** The window hears it where a folder had more than is taken: whoever shows the page says so. */
export const TOO_MANY = 'safelight-too-many';
const DROPPINGS = new Set(['thumbs.db', 'desktop.ini']);

/** Every file of a drop; hidden ones and the droppings of systems are left out. */
export async function dropped(data: DataTransfer): Promise<File[]> {
  const items = [...data.items].filter((item) => item.kind === 'file');
  const plain = [...data.files]; // both must be read before the first wait: the drop ends then
  const entries = items.map((item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) return plain.filter(isWanted);
  const found: File[] = [];
  for (const entry of entries) if (entry !== null) await walk(entry, found);
  if (found.length >= MAX_FILES) window.dispatchEvent(new CustomEvent(TOO_MANY));
  return found.filter(isWanted);
}

/** Without the files that systems leave in folders. */
export function isWanted(file: File): boolean {
  return !file.name.startsWith('.') && !DROPPINGS.has(file.name.toLowerCase());
}

async function walk(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (found.length >= MAX_FILES) return;
  if (entry.isFile) {
    const file = await new Promise<File | null>((give) =>
      (entry as FileSystemFileEntry).file(give, () => give(null)),
    );
    if (file !== null) found.push(file);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((give) =>
      reader.readEntries(give, () => give([])),
    );
    if (some.length === 0) return;
    for (const one of some) await walk(one, found);
  }
}
