// The parts that the frame's engine asks for by name; the page hands them over as bytes.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ROOT, script } from './bundling.mjs';
import { packs } from './packing.mjs';

const MODELS = `${ROOT}/../src/safelight/models`;
const SCALES = [2, 4];
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
  const worker = `${ROOT}/tab/tools/here/worker.ts`;
  const { code } = await script(worker, [virtual(), alone()], { logLevel: 'error' });
  const models = SCALES.map(async (scale) => {
    const name = `upscale-x${scale}.onnx`;
    return [name, await readFile(`${MODELS}/builtin/${name}`)];
  });
  return {
    'upscale.js': Buffer.from(code),
    'ort.wasm': await readFile(file('onnxruntime-web/ort-wasm-simd-threaded.wasm')),
    ...Object.fromEntries(await Promise.all(models)),
  };
}

// How each of these models is fed, by its scale, as the catalogue has it: the one place for that.
async function nets() {
  const told = SCALES.map(async (scale) => {
    const entry = await readFile(`${MODELS}/catalogue/upscale-x${scale}.toml`, 'utf8');
    const input = entry.split('\n[input]\n')[1]?.split('\n[')[0] ?? '';
    const pixels = (name) => {
      const found = new RegExp(`^${name} = (\\d+)$`, 'm').exec(input);
      if (!found) {
        throw new Error(`the entry of upscale-x${scale} does not say its ${name}`);
      }
      return Number(found[1]);
    };
    return [scale, { tile: pixels('tile'), halo: pixels('halo') }];
  });
  return Object.fromEntries(await Promise.all(told));
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

// What workers import and no file is: libvips's script as text, which Pyodide this is, what the
// catalogue says of the nets.
function virtual() {
  const made = {
    'virtual:libvips': async () => JSON.stringify(await classicLibvips()),
    'virtual:nets': async () => JSON.stringify(await nets()),
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
