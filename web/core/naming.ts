// What results are called: after the file they came from, never twice the same, and never a name
// that leads elsewhere, hides what it is, or means a device to a system.

const MAX_LENGTH = 180;
// Control characters, those that turn the direction of what follows, and those that no name has on
// Windows: a slash of either kind or a colon would lead to another place.
const FORBIDDEN = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069/\\:<>"|?*]/gu;
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i;
/** What a file of a kind may end in; the first is what it gets where it ends in none of them. */
const ENDINGS: Readonly<Record<string, readonly string[]>> = {
  'application/dicom': ['dcm', 'dicom'],
  'application/json': ['json'],
  'application/pdf': ['pdf'],
  'application/zip': ['zip'],
  'image/apng': ['png', 'apng'],
  'image/avif': ['avif', 'avifs'],
  'image/bmp': ['bmp', 'dib'],
  'image/gif': ['gif'],
  'image/heic': ['heic', 'heif', 'hif'],
  'image/heif': ['heif', 'heic', 'hif'],
  'image/jpeg': ['jpg', 'jpeg', 'jpe', 'jfif', 'mpo'],
  'image/jxl': ['jxl'],
  'image/png': ['png', 'apng'],
  'image/svg+xml': ['svg'],
  'image/tiff': ['tif', 'tiff', 'dng'],
  'image/webp': ['webp'],
  'text/csv': ['csv'],
};
const KNOWN = [...new Set(Object.values(ENDINGS).flat())];

/** The name as every system takes it, ending in what belongs to the kind of file. */
export function proper(name: string, mime: string): string {
  const plain = harmless(name);
  const endings = ENDINGS[mime.split(';')[0] ?? ''];
  const ending = parted(plain)[1].slice(1).toLowerCase();
  return (endings ?? KNOWN).includes(ending) ? plain : `${plain}.${endings?.[0] ?? 'bin'}`;
}

/** The name without what leads elsewhere, hides or is reserved; never empty. */
export function harmless(name: string): string {
  const [stem, ending] = parted(name.replace(FORBIDDEN, '_'));
  const short = [...stem].slice(0, MAX_LENGTH).join('') + ending.slice(0, 20);
  const plain = short.replace(/^[.\s]+/, '').replace(/[.\s]+$/, '');
  return RESERVED.test(plain) ? `_${plain}` : plain || 'picture';
}

/** photo.jpg, made to png, with the word cut, as photo.cut.png. */
export function named(name: string, word: string, extension: string): string {
  const [stem] = parted(harmless(name));
  const ending = extension.replace(/^\./, '');
  return harmless([stem, word, ending].filter(Boolean).join('.'));
}

/** The names in order, each once, whatever the case: a second a.jpg becomes a-2.jpg. */
export function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  const given = new Set(names.map((name) => name.toLowerCase()));
  return names.map((name) => {
    let free = name;
    const [stem, ending] = parted(name);
    for (let number = 2; taken.has(free.toLowerCase()); number += 1) {
      const next = `${stem}-${number}${ending}`;
      if (!given.has(next.toLowerCase())) free = next;
    }
    taken.add(free.toLowerCase());
    return free;
  });
}

/** photo.tar.jpg as photo.tar and .jpg; a name without an ending has an empty one. */
export function parted(name: string): [stem: string, ending: string] {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
}
