// The parts of parts.mjs, each named by its content, so that a browser may keep it for good.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './bundling.mjs';

/** The files, and where the frame's name of each lies. */
export async function partsOf() {
  const source = `${ROOT}/build/parts.mjs`;
  const found = existsSync(source) ? await (await import(pathToFileURL(source).href)).parts() : {};
  const parts = {};
  const named = Object.keys(found).sort().map((name) => {
    const bytes = Buffer.from(found[name]);
    const ending = extname(name);
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
    parts[name] = `${name.slice(0, name.length - ending.length)}-${digest}${ending}`;
    return { path: parts[name], bytes, fixed: true };
  });
  return { named, parts };
}
