// The Python of the tab: our own modules, those of others by hash, the standard library; all compiled.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './bundling.mjs';

const PROJECT = dirname(ROOT);
const WORK = `${PROJECT}/build/studio/python`;
const LOCK = `${PROJECT}/requirements/tab.txt`;
const SOURCE = `${PROJECT}/src/safelight`;
const PLATFORM = 'pyemscripten_2026_0_wasm32';
// Rooms of src/safelight that work without a cage, a model or a key, and single modules of others.
const ROOMS = ['', 'codecs/', 'ops/', 'places/'];
const BESIDES = ['batch/__init__.py', 'batch/losses.py', 'engine/__init__.py', 'engine/plain.py'];
const DATA = ['.py', '.xz', '.txt', '.ttf'];

/** stdlib.pack and engine.pack; made once for the same inputs. */
export async function packs() {
  const files = [...(await ours()), ...(await beside())];
  const library = await readFile(fileURLToPath(import.meta.resolve('pyodide/python_stdlib.zip')));
  const script = await readFile(`${ROOT}/build/pack.py`);
  const lock = await readFile(LOCK);
  const stamp = createHash('sha256').update(script).update(lock).update(library);
  for (const { name, bytes } of files) {
    stamp.update(name).update('\0').update(bytes);
  }
  const kept = `${WORK}/${stamp.digest('hex').slice(0, 24)}`;
  if (!existsSync(kept)) {
    await rm(`${kept}.part`, { recursive: true, force: true });
    await mkdir(`${kept}.part`, { recursive: true });
    const made = await packedIn({ files, library, script: script.toString(), wheels: await wheels() });
    for (const [name, bytes] of Object.entries(made)) {
      await writeFile(`${kept}.part/${name}`, bytes);
    }
    await rename(`${kept}.part`, kept);
  }
  const names = ['engine.pack', 'stdlib.pack'];
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(`${kept}/${name}`)])),
  );
}

/** Runs pack.py within Pyodide, which compiles for itself. */
async function packedIn({ files, library, script, wheels }) {
  const { loadPyodide } = await import('pyodide');
  const python = await loadPyodide();
  const put = (path, bytes) => {
    python.FS.mkdirTree(dirname(path));
    python.FS.writeFile(path, bytes);
  };
  put('/in/stdlib.zip', library);
  files.forEach(({ name, bytes }) => put(`/in/ours/${name}`, bytes));
  wheels.forEach(({ name, bytes }) => put(`/in/wheels/${name}`, bytes));
  python.FS.mkdirTree('/out');
  python.runPython(script);
  const take = (name) => Buffer.from(python.FS.readFile(`/out/${name}`));
  return { 'stdlib.pack': take('stdlib.pack'), 'engine.pack': take('engine.pack') };
}

/** The modules of src/safelight that a tab may need, by their names in the pack. */
async function ours() {
  const all = await under(SOURCE, DATA);
  const wanted = all.filter((path) => {
    const room = path.includes('/') ? path.slice(0, path.indexOf('/') + 1) : '';
    return ROOMS.includes(room) || BESIDES.includes(path);
  });
  return read(SOURCE, wanted, 'safelight/');
}

/** web/python: what stands in for libvips, and what answers the worker. */
async function beside() {
  return read(`${ROOT}/python`, await under(`${ROOT}/python`, ['.py']), '');
}

async function read(folder, paths, prefix) {
  return Promise.all(
    paths.map(async (path) => ({ name: prefix + path, bytes: await readFile(`${folder}/${path}`) })),
  );
}

async function under(folder, endings) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((one) => one.isFile() && endings.some((ending) => one.name.endsWith(ending)))
    .map((one) => relative(folder, resolve(one.parentPath ?? one.path, one.name)))
    .filter((path) => !path.includes('__pycache__'))
    .sort();
}

/** The wheels that the lock names, fetched by pip, which compares every hash. */
export async function wheels() {
  const digest = createHash('sha256').update(await readFile(LOCK)).digest('hex').slice(0, 24);
  const folder = `${WORK}/wheels-${digest}`;
  if (!existsSync(folder)) {
    await rm(`${folder}.part`, { recursive: true, force: true });
    const asked = ['--python-version', '314', '--implementation', 'cp', '--abi', 'cp314', '--abi', 'none'];
    const platforms = ['--platform', PLATFORM, '--platform', 'any'];
    execFileSync(process.env.SAFELIGHT_PYTHON ?? 'python3', [
      ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check'],
      ...['--require-hashes', '--no-deps', '--only-binary=:all:', ...asked, ...platforms],
      ...['--dest', `${folder}.part`, '-r', LOCK],
    ], { stdio: ['ignore', 'ignore', 'inherit'] });
    await rename(`${folder}.part`, folder);
  }
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => ({ name, bytes: await readFile(`${folder}/${name}`) })),
  );
}
