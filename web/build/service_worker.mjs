// The service worker: one classic script that knows by name what a visit without the server needs.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { ROOT, script } from './bundling.mjs';

/** sw.js, told of the files; another build is another script, so that a browser sees the news. */
export async function serviceWorker(files) {
  const listed = files
    .map(({ path, bytes, fixed }) => ({ path, size: bytes.length, fixed }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
  const whole = createHash('sha256');
  for (const { path, bytes } of [...files].sort((one, other) => (one.path < other.path ? -1 : 1))) {
    whole.update(path).update(createHash('sha256').update(bytes).digest());
  }
  const entry = `${ROOT}/sw/sw.ts`;
  if (!existsSync(entry)) {
    return { path: 'sw.js', bytes: Buffer.from('// Nothing is kept.\n'), fixed: false };
  }
  const { code } = await script(entry, [], {
    define: {
      STUDIO_FILES: JSON.stringify(listed),
      STUDIO_VERSION: JSON.stringify(whole.digest('hex').slice(0, 12)),
    },
  });
  return { path: 'sw.js', bytes: Buffer.from(code), fixed: false };
}
