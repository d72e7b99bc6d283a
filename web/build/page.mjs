// The page: index.html and its modules, each named by its content.
import { basename } from 'node:path';
import { bundled, components, ROOT } from './bundling.mjs';
import { handbook } from './handbook.mjs';

/** index.html, and the scripts and styles that it loads at once or later. */
export async function page() {
  const output = await bundled({
    plugins: [components(), handbook()],
    build: {
      assetsDir: '',
      rolldownOptions: {
        input: `${ROOT}/app/index.html`,
        output: {
          entryFileNames: '[name]-[hash].js',
          chunkFileNames: '[name]-[hash].js',
          assetFileNames: '[name]-[hash][extname]',
        },
      },
    },
  });
  const files = output.map((one) => ({
    path: basename(one.fileName),
    bytes: Buffer.from(one.type === 'chunk' ? one.code : one.source),
    fixed: !one.fileName.endsWith('.html'),
  }));
  const first = firstLoad(output);
  return files.map((file) => ({ ...file, first: first.has(file.path) }));
}

// What a first visit must fetch before it shows anything: the entry and all that it imports at once.
function firstLoad(output) {
  const chunks = new Map(output.filter((one) => one.type === 'chunk').map((one) => [one.fileName, one]));
  const found = new Set();
  const take = (name) => {
    if (!found.has(name) && chunks.has(name)) {
      found.add(name);
      chunks.get(name).imports.forEach(take);
    }
  };
  [...chunks.values()].filter((one) => one.isEntry).forEach((one) => take(one.fileName));
  return found;
}
