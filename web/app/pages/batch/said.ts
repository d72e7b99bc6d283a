// Said: what operations and their parameters do, in the reader's language. English is what the
// server says; a test holds that nothing of it is missing in another language.

import { language } from '../../../core/text.svelte';

type Told = Readonly<Record<string, string>>;
const FILES = import.meta.glob<Told>('../../../text/*/server/operations.json', {
  eager: true,
  import: 'default',
});
const OTHERS: Readonly<Record<string, Told>> = Object.fromEntries(
  Object.entries(FILES).map(([path, told]) => [path.split('/').at(-3) ?? '', told]),
);

/** key: an operation, or one of its parameters as OPERATION.PARAMETER. */
export function inWords(key: string, english: string): string {
  return OTHERS[language.code]?.[key] ?? english;
}

/** The language that this comes out in. */
export function languageOf(key: string): string {
  return OTHERS[language.code]?.[key] === undefined ? 'en' : language.code;
}
