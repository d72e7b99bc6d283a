// Said: what operations and their parameters do and how they are called, in the reader's language.
// English is what the server says; what another language does not have yet is said in English.

import { language } from '../../../core/text.svelte';

type Told = Readonly<Record<string, string>>;
type InLanguages = Readonly<Record<string, Told>>;
const SENTENCES = inLanguages(
  import.meta.glob<Told>('../../../text/*/server/operations.json', { eager: true, import: 'default' }),
);
const NAMES = inLanguages(
  import.meta.glob<Told>('../../../text/*/server/parameters.json', { eager: true, import: 'default' }),
);

/** key: an operation, or one of its parameters as OPERATION.PARAMETER. */
export function inWords(key: string, english: string): string {
  return SENTENCES[language.code]?.[key] ?? english;
}

/** How a parameter is called; one name may mean something else in one operation. */
export function labelOf(operation: string, parameter: string): string {
  const names = NAMES[language.code];
  return names?.[`${operation}.${parameter}`] ?? names?.[parameter] ?? parameter.replaceAll('_', ' ');
}

/** The language that this comes out in. */
export function languageOf(key: string): string {
  return SENTENCES[language.code]?.[key] === undefined ? 'en' : language.code;
}

function inLanguages(files: InLanguages): InLanguages {
  return Object.fromEntries(
    Object.entries(files).map(([path, told]) => [path.split('/').at(-3) ?? '', told]),
  );
}
