// Our own Python in the worker: started once, then asked.
import './quiet';
import createPyodideModule from 'pyodide/pyodide.asm.mjs';
import { loadPyodide, type PyodideInterface } from 'pyodide/pyodide.mjs';
import info from 'virtual:pyodide-info';
import { AT, forget, keep, type Part } from './quiet';

/** safelight_tab/answering.py. Bytes come as bytes, and what is told as JSON. */
export interface Answering {
  warm(): void;
  operations(): string;
  font(): PythonBytes;
  inspect(data: Uint8Array): string;
  run(data: Uint8Array, recipe: string, extra: unknown, share: (share: number) => void): Answer;
}

export interface Answer {
  told: string;
  bytes: PythonBytes;
  destroy(): void;
}

export interface PythonBytes {
  getBuffer(): { data: Uint8Array; release(): void };
  destroy(): void;
}

type Fetch = (name: string) => Promise<Part>;

const LIBRARY = 'stdlib.pack';
const SITE = '/lib/engine';

/** Python with our modules in it. Rejects where a part is not to be had. */
export async function startPython(part: Fetch, seams: Record<string, unknown>): Promise<Answering> {
  const [wasm, library, ...packs] = await Promise.all(
    ['pyodide.asm.wasm', LIBRARY, 'others.pack', 'engine.pack'].map(part),
  );
  keep('pyodide.asm.wasm', wasm as Part);
  keep(LIBRARY, library as Part);
  const settings = {
    createPyodideModule,
    indexURL: AT,
    packageBaseUrl: AT,
    stdLibURL: AT + LIBRARY,
    lockFileContents: JSON.stringify({ info, packages: {} }),
    env: { HOME: '/tmp', PYTHONDONTWRITEBYTECODE: '1' },
    fullStdLib: false,
  };
  const python = await loadPyodide(settings as unknown as Parameters<typeof loadPyodide>[0]);
  forget('pyodide.asm.wasm');
  forget(LIBRARY);
  packs.forEach((pack) => unpack(python, pack as ArrayBuffer));
  python.runPython(`import sys; sys.path.insert(0, "${SITE}")`);
  python.registerJsModule('safelight_seams', seams);
  return python.pyimport('safelight_tab.answering') as unknown as Answering;
}

// The form of the pack is that of build/pack.py.
function unpack(python: PyodideInterface, pack: ArrayBuffer): void {
  const length = new DataView(pack).getUint32(0, true);
  const words = new TextDecoder().decode(new Uint8Array(pack, 4, length));
  const index = JSON.parse(words) as [string, number][];
  const folders = new Set<string>();
  let at = 4 + length;
  for (const [name, size] of index) {
    const path = `${SITE}/${name}`;
    const folder = path.slice(0, path.lastIndexOf('/'));
    if (!folders.has(folder)) {
      python.FS.mkdirTree(folder);
      folders.add(folder);
    }
    python.FS.writeFile(path, new Uint8Array(pack, at, size));
    at += size;
  }
}
