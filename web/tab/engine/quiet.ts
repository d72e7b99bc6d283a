// Imported before all else: in the worker nothing is fetched. Whoever asks for a file by an address
// gets the part of that name, which the page handed over, or an error.

/** Bytes, or what the frame has compiled of them already. */
export type Part = ArrayBuffer | WebAssembly.Module;

const parts = new Map<string, Part>();
const compiled = new WeakMap<Response, WebAssembly.Module>();
const streamed = WebAssembly.instantiateStreaming;
const PLACE = 'https://parts.invalid/';

/** Where libraries are told that their files lie. */
export const AT = PLACE;

/** Keeps a part for whoever fetches it next. */
export function keep(name: string, part: Part): void {
  parts.set(name, part);
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
  if (bytes instanceof WebAssembly.Module) {
    const answer = new Response();
    compiled.set(answer, bytes);
    return answer;
  }
  const type = name.endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream';
  return new Response(bytes, { headers: { 'Content-Type': type } });
}

/** As the browser's own; what is compiled is not compiled again. */
async function instantiated(
  source: Response | PromiseLike<Response>,
  imports?: WebAssembly.Imports,
): Promise<WebAssembly.WebAssemblyInstantiatedSource> {
  const answer = await source;
  const module = compiled.get(answer);
  if (!module) {
    return streamed(answer, imports);
  }
  return { module, instance: await WebAssembly.instantiate(module, imports) };
}

function refused(): never {
  throw new TypeError('nothing is loaded here');
}

Object.assign(globalThis, { fetch: given, importScripts: refused, XMLHttpRequest: undefined });
WebAssembly.instantiateStreaming = instantiated;
