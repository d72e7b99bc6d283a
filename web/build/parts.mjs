// The parts that the frame's engine asks for by name; the page hands them over as bytes.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ROOT, script } from './bundling.mjs';
import { packs } from './packing.mjs';

const file = (name) => fileURLToPath(import.meta.resolve(name));

/** Every part by its name: what the worker runs, Python and libvips as WebAssembly, and the packs. */
export async function parts() {
  const { code } = await script(`${ROOT}/tab/engine/worker.ts`, [virtual(), alone()], {
    logLevel: 'error',
  });
  return {
    'engine.js': Buffer.from(code),
    'pyodide.asm.wasm': await readFile(file('pyodide/pyodide.asm.wasm')),
    'vips.wasm': await readFile(file('wasm-vips/vips.wasm')),
    'vips-heif.wasm': await readFile(file('wasm-vips/vips-heif.wasm')),
    ...(await packs()),
    ...(await upscaling()),
  };
}

// What enlarges a small picture in the tab: a worker, its runtime, and the models that we ship.
async function upscaling() {
  const { code } = await script(`${ROOT}/tab/tools/here/worker.ts`, [alone()], { logLevel: 'error' });
  const model = (name) => readFile(`${ROOT}/../src/safelight/models/builtin/${name}`);
  return {
    'upscale.js': Buffer.from(code),
    'ort.wasm': await readFile(file('onnxruntime-web/ort-wasm-simd-threaded.wasm')),
    'upscale-x2.onnx': await model('upscale-x2.onnx'),
    'upscale-x4.onnx': await model('upscale-x4.onnx'),
  };
}

// wasm-vips as the text of a classic script: the worker runs it, and so does each of its threads.
// It would start as many threads as it likes, from a module at an address; here it is told how many,
// and has a Blob.
const CHANGES = [
  ['import.meta.url', '"blob:"', 4],
  ['export default Vips;', '', 1],
  ['{type:"module",name:"em-pthread"}', '{name:"em-pthread"}', 2],
  ['navigator.hardwareConcurrency>6?navigator.hardwareConcurrency:6', 'Module.threads', 2],
];

// What the worker imports and no file is: libvips's script as text, and which Pyodide this is.
function virtual() {
  const made = {
    'virtual:libvips': async () => JSON.stringify(await classicLibvips()),
    'virtual:pyodide-info': async () => {
      const { info } = JSON.parse(await readFile(file('pyodide/pyodide-lock.json'), 'utf8'));
      return JSON.stringify(info);
    },
  };
  return {
    name: 'studio-virtual',
    resolveId: (asked) => (asked in made ? `\0${asked}` : null),
    async load(id) {
      const make = made[id.slice(1)];
      return make ? `export default ${await make()};` : null;
    },
  };
}

// Pyodide and onnxruntime without what they ask for at an address, or of Node: here they are given
// all that they need. What they take for their own address must be one, and leads nowhere.
const ALONE = /\/(pyodide\/pyodide(\.asm)?|onnxruntime-web\/dist\/ort\.wasm\.bundle\.min)\.mjs$/;

function alone() {
  const loads = /(?<![\w$.])import\(/g;
  return {
    name: 'studio-alone',
    enforce: 'pre',
    transform(code, id) {
      if (!ALONE.test(id)) {
        return null;
      }
      const own = code.replaceAll('import.meta.url', '"studio:///"').replace(loads, 'loadedNowhere(');
      return { code: `const loadedNowhere = async () => ({});\n${own}`, map: null };
    },
  };
}

async function classicLibvips() {
  const lies = file('wasm-vips/vips.wasm').replace(/vips\.wasm$/, 'vips-es6.js');
  let text = await readFile(lies, 'utf8');
  for (const [from, to, times] of CHANGES) {
    const found = text.split(from).length - 1;
    if (found !== times) {
      throw new Error(`wasm-vips is not as it was: ${from} is there ${found} times, not ${times}`);
    }
    text = text.replaceAll(from, to);
  }
  return text;
}
