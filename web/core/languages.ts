/** Languages: what differs from one to the next besides words. None is named here but by its script. */

/** A text, or one for each plural form that its language has; other is always there. */
export type Words = string | ({ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>);

/** Languages that are written from right to left. */
const LEFTWARDS = new Set(['ar', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** The form of the words that this many things take in a language, as Unicode's rules have it. */
export function inForm(words: Words, n: number, language: string): string {
  if (typeof words === 'string') return words;
  return words[new Intl.PluralRules(language).select(n)] ?? words.other;
}

/** The plural forms that a language has. */
export function formsOf(language: string): string[] {
  return new Intl.PluralRules(language).resolvedOptions().pluralCategories;
}

/** The value of the attribute dir. */
export function directionOf(language: string): 'ltr' | 'rtl' {
  return LEFTWARDS.has(language) ? 'rtl' : 'ltr';
}

/** What its speakers call it. */
export function nameOf(language: string): string {
  const name = new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}
