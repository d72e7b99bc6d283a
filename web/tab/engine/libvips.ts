// libvips in the worker: started when a job first asks for pixels.
import text from 'virtual:libvips';
import { AT, forget, keep, type Part } from './quiet';

type Owner = Record<string, ((...given: unknown[]) => unknown) | undefined>;
type Start = (settings: Record<string, unknown>) => Promise<unknown>;

const THREADS = 6;
const MAIN = 'vips.wasm';
const workers: Worker[] = [];

/** Whether this browser lets a worker share memory with its threads. */
export function canThread(): boolean {
  return typeof SharedArrayBuffer !== 'undefined';
}

/** libvips with these further libraries of its own (vips-heif.wasm reads and writes AVIF). */
export async function startLibvips(
  part: (name: string) => Promise<Part>,
  libraries: readonly string[],
): Promise<unknown> {
  workers.splice(0).forEach((one) => one.terminate());
  const names = [MAIN, ...libraries];
  for (const name of names) {
    keep(name, await part(name));
  }
  const Vips = new Function('Worker', `${text}\nreturn Vips;`)(Thread) as Start;
  const vips = await Vips({
    dynamicLibraries: libraries,
    locateFile: (name: string) => AT + name,
    mainScriptUrlOrBlob: new Blob([text], { type: 'text/javascript' }),
    threads: THREADS,
    print: () => {},
    printErr: () => {},
  });
  names.forEach(forget);
  return vips;
}

/** Calls one of its operations. What C++ throws is no Error in every browser: here it becomes one. */
export function call(owner: Owner, name: string, given: unknown[]): unknown {
  try {
    return owner[name]?.(...given);
  } catch (error) {
    const said = (error as { message?: unknown }).message;
    if (Array.isArray(said)) {
      throw Object.assign(new Error(said.slice(1).join(' ')), { name: String(said[0]) });
    }
    throw error instanceof Error ? error : new Error(String(said ?? error));
  }
}

// Its workers are known, so that a second start ends those of the first.
class Thread extends Worker {
  constructor(source: string | URL, options?: WorkerOptions) {
    super(source, options);
    workers.push(this);
  }
}
