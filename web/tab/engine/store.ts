// What the engine's workers are given: their script, and the parts that they may ask for.

/** Gives a part of the Studio by its name, each time a copy. Rejects where it is not to be had. */
export type Parts = (name: string) => Promise<ArrayBuffer>;

// Compiled once for all workers: a fresh one is ready sooner, with code that has been made fast.
const COMPILED = ['pyodide.asm.wasm', 'vips.wasm'];
// Its own source is not among it.
const GIVEN = [...COMPILED, 'engine.pack', 'others.pack', 'stdlib.pack', 'vips-heif.wasm'];

export class Store {
  readonly #parts: Parts;
  #script: Promise<Blob> | undefined;
  #modules = new Map<string, Promise<WebAssembly.Module>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The script of a worker. Rejects where it is not to be had. */
  script(): Promise<Blob> {
    const type = 'text/javascript';
    this.#script ??= this.#parts('engine.js').then((bytes) => new Blob([bytes], { type }));
    this.#script.catch(() => (this.#script = undefined));
    return this.#script;
  }

  /** A part that a worker asks for; null where it is none of them, or not to be had. */
  async part(name: string): Promise<ArrayBuffer | WebAssembly.Module | null> {
    if (!GIVEN.includes(name)) {
      return null;
    }
    const found = COMPILED.includes(name) ? this.#module(name) : this.#parts(name);
    return found.catch(() => null);
  }

  #module(name: string): Promise<WebAssembly.Module> {
    const known = this.#modules.get(name);
    const found = known ?? this.#parts(name).then((bytes) => WebAssembly.compile(bytes));
    this.#modules.set(name, found);
    found.catch(() => this.#modules.delete(name));
    return found;
  }
}
