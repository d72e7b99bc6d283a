// How Vite is called for the page, the frame and the workers: the same settings, nothing from outside.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const TARGET = ['chrome111', 'firefox114', 'safari16.4'];

/** The packages of others that any build so far took a module of. */
export const taken = new Set();

/** Vite's answer to one build that writes nothing: its chunks and assets. */
export async function bundled(settings) {
  const { plugins = [], build: wanted = {}, ...rest } = settings;
  const answer = await build({
    root: ROOT,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'error',
    mode: 'production',
    base: '/studio/',
    plugins: [sources(), ...plugins],
    ...rest,
    build: {
      write: false,
      target: TARGET,
      minify: true,
      sourcemap: false,
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 4096,
      modulePreload: { polyfill: false },
      ...wanted,
    },
  });
  const output = (Array.isArray(answer) ? answer : [answer]).flatMap((one) => one.output);
  for (const id of output.flatMap((one) => (one.type === 'chunk' ? Object.keys(one.modules) : []))) {
    const found = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id);
    if (found) {
      taken.add(found[1]);
    }
  }
  return output;
}

/** Svelte for the page and the frame: styles in their CSS, no words for a developer. */
export function components() {
  return svelte({ configFile: resolve(ROOT, 'svelte.config.js'), emitCss: true });
}

/** One classic script of a module and all that it imports. */
export async function script(entry, plugins = [], rest = {}) {
  const output = await bundled({
    plugins,
    ...rest,
    build: {
      cssCodeSplit: false,
      modulePreload: false,
      rolldownOptions: { input: entry, output: { format: 'iife', codeSplitting: false } },
    },
  });
  const code = output.filter((one) => one.type === 'chunk');
  if (code.length !== 1) {
    throw new Error(`${entry} became ${code.length} scripts: it must be one`);
  }
  const styles = output.filter((one) => one.type === 'asset' && one.fileName.endsWith('.css'));
  const others = output.filter((one) => one.type === 'asset' && !one.fileName.endsWith('.css'));
  if (others.length) {
    throw new Error(`${entry} wants files beside it: ${others.map((one) => one.fileName).join(', ')}`);
  }
  return { code: code[0].code, css: styles.map((one) => String(one.source)).join('') };
}

// `import text from 'source:./worker.ts'`: the worker as text, for `new Worker(URL.createObjectURL(…))`.
function sources() {
  const PREFIX = 'source:';
  const MARK = '\0source:';
  return {
    name: 'studio-sources',
    enforce: 'pre',
    resolveId(asked, importer) {
      return asked.startsWith(PREFIX) ? MARK + resolve(dirname(importer), asked.slice(PREFIX.length)) : null;
    },
    async load(id) {
      if (!id.startsWith(MARK)) {
        return null;
      }
      const entry = id.slice(MARK.length);
      this.addWatchFile(entry);
      const { code } = await script(entry);
      return `export default ${JSON.stringify(code)};`;
    },
  };
}
