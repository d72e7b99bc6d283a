// Imported before all else: in the worker nothing is fetched. Whoever asks for a file by an address
// gets the part of that name, which the page handed over, or an error.

const parts = new Map<string, ArrayBuffer>();
const PLACE = 'https://parts.invalid/';

/** Where libraries are told that their files lie. */
export const AT = PLACE;

/** Keeps a part for whoever fetches it next. */
export function keep(name: string, bytes: ArrayBuffer): void {
  parts.set(name, bytes);
}

/** Frees a part: a library has it now. */
export function forget(name: string): void {
  parts.delete(name);
}

async function given(asked: RequestInfo | URL): Promise<Response> {
  const address = asked instanceof Request ? asked.url : String(asked);
  const name = address.slice(address.lastIndexOf('/') + 1);
  const bytes = parts.get(name);
  if (!bytes) {
    throw new TypeError(`nothing is fetched here, not even ${name}`);
  }
  const type = name.endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream';
  return new Response(bytes, { headers: { 'Content-Type': type } });
}

function refused(): never {
  throw new TypeError('nothing is loaded here');
}

Object.assign(globalThis, { fetch: given, importScripts: refused, XMLHttpRequest: undefined });
