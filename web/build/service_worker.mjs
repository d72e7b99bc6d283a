// The service worker: one classic script that knows by name what a visit without the server needs.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { ROOT, script } from './bundling.mjs';

/** One name for this build: another wherever a byte of the page, the frame or a part is another. */
export function versionOf(files) {
  const whole = createHash('sha256');
  for (const { path, bytes } of inOrder(files)) {
    whole.update(`${path}\n`).update(createHash('sha256').update(bytes).digest());
  }
  return whole.digest('hex').slice(0, 12);
}

/** sw.js, told of the files; another build is another script, so that a browser sees the news. */
export async function serviceWorker(files, version) {
  const entry = `${ROOT}/sw/sw.ts`;
  if (!existsSync(entry)) {
    return { path: 'sw.js', bytes: Buffer.from('// Nothing is kept.\n'), fixed: false };
  }
  const listed = inOrder(files).map(({ path, bytes, fixed }) => ({ path, size: bytes.length, fixed }));
  const { code } = await script(entry, [], {
    define: { STUDIO_FILES: JSON.stringify(listed), STUDIO_VERSION: JSON.stringify(version) },
  });
  return { path: 'sw.js', bytes: Buffer.from(code), fixed: false };
}

function inOrder(files) {
  return [...files].sort((one, other) => (one.path < other.path ? -1 : 1));
}
