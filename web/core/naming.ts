// What results are called: after the file they came from, and never twice the same.

/** photo.jpg, made to png, with the word cut, as photo.cut.png. */
export function named(name: string, word: string, extension: string): string {
  const [stem] = parted(name);
  const ending = extension.replace(/^\./, '');
  return [stem || 'picture', word, ending].filter(Boolean).join('.');
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
