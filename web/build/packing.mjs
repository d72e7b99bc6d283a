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

/** stdlib.pack, others.pack and engine.pack; each made once for the same inputs. */
export async function packs() {
  const library = await readFile(fileURLToPath(import.meta.resolve('pyodide/python_stdlib.zip')));
  const lock = await readFile(LOCK);
  const others = await kept([{ name: 'stdlib.zip', bytes: library }, { name: 'lock', bytes: lock }], wheels);
  const files = [...(await ours()), ...(await beside())];
  return { ...others, ...(await kept(files.map(({ name, bytes }) => ({ name: `ours/${name}`, bytes })))) };
}

// What pack.py makes of these files and of more, which is asked for only where it is to be made.
async function kept(files, more = async () => []) {
  const script = await readFile(`${ROOT}/build/pack.py`);
  const stamp = createHash('sha256').update(script);
  for (const { name, bytes } of files) {
    stamp.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  const folder = `${WORK}/${stamp.digest('hex').slice(0, 24)}`;
  if (!existsSync(folder)) {
    const part = `${folder}.${process.pid}`;
    await mkdir(part, { recursive: true });
    const made = await packedIn([...files, ...(await more())], script.toString());
    for (const [name, bytes] of Object.entries(made)) {
      await writeFile(`${part}/${name}`, bytes);
    }
    await rename(part, folder).catch(() => rm(part, { recursive: true }));
  }
  const names = (await readdir(folder)).sort();
  const found = names.map(async (name) => [name, await readFile(`${folder}/${name}`)]);
  return Object.fromEntries(await Promise.all(found));
}

/** Runs pack.py within Pyodide, which compiles for itself. */
async function packedIn(files, script) {
  const { loadPyodide } = await import('pyodide');
  const python = await loadPyodide();
  for (const { name, bytes } of files) {
    python.FS.mkdirTree(dirname(`/in/${name}`));
    python.FS.writeFile(`/in/${name}`, bytes);
  }
  python.FS.mkdirTree('/out');
  python.runPython(script);
  const made = python.FS.readdir('/out').filter((name) => !name.startsWith('.'));
  return Object.fromEntries(made.map((name) => [name, Buffer.from(python.FS.readFile(`/out/${name}`))]));
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
    const part = `${folder}.${process.pid}`;
    const asked = ['--python-version', '314', '--implementation', 'cp', '--abi', 'cp314', '--abi', 'none'];
    const platforms = ['--platform', PLATFORM, '--platform', 'any'];
    execFileSync(process.env.SAFELIGHT_PYTHON ?? 'python3', [
      ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check'],
      ...['--require-hashes', '--no-deps', '--only-binary=:all:', ...asked, ...platforms],
      ...['--dest', part, '-r', LOCK],
    ], { stdio: ['ignore', 'ignore', 'inherit'] });
    await rename(part, folder).catch(() => rm(part, { recursive: true }));
  }
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => ({
      name: `wheels/${name}`,
      bytes: await readFile(`${folder}/${name}`),
    })),
  );
}
