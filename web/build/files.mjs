// Writes what was built, compressed where that helps, and the manifest that names every byte.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const compress = promisify(brotliCompress);
// Small files, and those that are looked at without a browser, stay as they are.
const SMALL = 2048;
// What is smaller is compressed as well as can be at once; larger parts would take minutes.
const LARGE = 1_000_000;
const BEST = constants.BROTLI_MAX_QUALITY;
const PLAIN = new Set(['index.html', 'sw.js', 'manifest.webmanifest']);
const PACKED = new Set(['.png', '.jpg', '.webp', '.woff2', '.zip']);
const MIMES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** All files and manifest.json into the folder. told: what else the manifest says. */
export async function writeFiles(folder, files, { cache, quality, told }) {
  const names = files.map(({ path }) => path);
  const wrong = names.find((path, place) => path.includes('/') || names.indexOf(path) !== place);
  if (wrong) {
    throw new Error(`${wrong} cannot be a name in the Studio: it has a slash, or is there twice`);
  }
  const entries = {};
  const write = async ({ path, bytes, fixed, first = false }) => {
    const stored = await packed(path, bytes, { cache, quality });
    const encoding = stored === bytes ? 'identity' : 'br';
    const lies = encoding === 'br' ? `${path}.br` : path;
    await writeFile(`${folder}/${lies}`, stored);
    entries[path] = {
      content: sha256(bytes),
      encoding,
      first,
      fixed,
      mime: MIMES[extname(path)] ?? 'application/octet-stream',
      sha256: sha256(stored),
      size: stored.length,
      unpacked: bytes.length,
    };
  };
  await Promise.all(files.map(write)); // Node compresses on as many threads as it has
  const rest = { files: entries, form: 1, ...told };
  const digest = sha256(canonical(rest));
  await writeFile(`${folder}/manifest.json`, canonical({ ...rest, digest }));
}

async function packed(path, bytes, { cache, quality }) {
  const ending = extname(path);
  if (bytes.length < SMALL || PLAIN.has(path) || PACKED.has(ending)) {
    return bytes;
  }
  const level = bytes.length < LARGE ? BEST : quality;
  const kept = cache && `${cache}/${sha256(bytes)}-${level}.br`;
  if (kept && existsSync(kept)) {
    return readFile(kept);
  }
  const made = await compress(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: level,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  const smaller = made.length < bytes.length ? made : bytes;
  if (kept && smaller === made) {
    await mkdir(cache, { recursive: true });
    await writeFile(`${kept}.part`, made);
    await rename(`${kept}.part`, kept);
  }
  return smaller;
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

// As Python's json.dumps(sort_keys=True, indent=1) writes it: its reader checks byte for byte.
function canonical(value) {
  const sorted = (one) => {
    if (one === null || typeof one !== 'object') {
      return one;
    }
    return Array.isArray(one)
      ? one.map(sorted)
      : Object.fromEntries(Object.keys(one).sort().map((key) => [key, sorted(one[key])]));
  };
  return `${JSON.stringify(sorted(value), null, 1)}\n`;
}
