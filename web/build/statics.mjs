// Files of app/public/ under their own names: icons and the web app's manifest.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { ROOT } from './bundling.mjs';

/** Every file of the folder, as it lies there. */
export async function statics() {
  const folder = `${ROOT}/app/public`;
  if (!existsSync(folder)) {
    return [];
  }
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  return Promise.all(
    names.map(async (name) => ({ path: name, bytes: await readFile(`${folder}/${name}`), fixed: false })),
  );
}
