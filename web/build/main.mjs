// Builds all of the Studio into one folder: node build/main.mjs --out FOLDER [--cache FOLDER] [--quality N]
//
// The page, the frame, the service worker, the parts that the frame asks for, and the manifest that
// names every byte of them. Nothing here asks a network.
import { mkdir, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { writeFiles } from './files.mjs';
import { frame } from './frame.mjs';
import { licences } from './licences.mjs';
import { page } from './page.mjs';
import { partsOf } from './parts_named.mjs';
import { serviceWorker, versionOf } from './service_worker.mjs';
import { statics } from './statics.mjs';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    cache: { type: 'string', default: '' },
    quality: { type: 'string', default: '9' },
  },
});
if (!values.out) {
  throw new Error('say --out FOLDER');
}

const started = performance.now();
const say = (what) => console.error(`studio: ${what} (${((performance.now() - started) / 1000).toFixed(1)} s)`);

// One after the other: Vite already uses every core, and memory is the user's.
const files = [...(await statics())];
files.push(...(await page()));
say('page');
const framed = await frame();
files.push(framed.file);
say('frame');
const { named, parts } = await partsOf();
files.push(...named);
say('parts');
const { packages, file } = await licences();
files.push(file);
const version = versionOf(files);
files.push(await serviceWorker(files, version));
say('service worker');
await rm(values.out, { recursive: true, force: true });
await mkdir(values.out, { recursive: true });
await writeFiles(values.out, files, {
  cache: values.cache,
  quality: Number(values.quality),
  told: { packages, parts, script: framed.script, version },
});
say('compressed');
