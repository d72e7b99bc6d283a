// What of others is in the build: its name, its version, its licence; and the texts for people.
import { strFromU8, unzipSync } from 'fflate';
import { readdir, readFile } from 'node:fs/promises';
import { ROOT, taken } from './bundling.mjs';
import { wheels } from './packing.mjs';

const TEXTS = /^(licen[cs]e|copying|notice)(\.\w+)?$/i;
const OF_WHEEL = /\.dist-info\/licenses\/[^/]+$/i;

/** licences.txt, and a list {kind, name, version, licence, within} of every part of others. */
export async function licences() {
  const asked = JSON.parse(await readFile(`${ROOT}/package.json`, 'utf8')).dependencies;
  const names = [...new Set([...Object.keys(asked), ...taken])].sort();
  const inside = JSON.parse(await readFile(`${ROOT}/build/inside.json`, 'utf8'));
  const found = [];
  for (const name of names) {
    found.push(await packageOf(name), ...(inside[name] ?? []).map((one) => within(name, one)));
  }
  found.push(...(await wheels()).map(wheelOf));
  const packages = found.map(({ kind, name, version, licence, within: where }) => ({
    kind, name, version, licence, within: where,
  }));
  return { packages, file: { path: 'licences.txt', bytes: Buffer.from(told(found)), fixed: false } };
}

async function packageOf(name) {
  const folder = `${ROOT}/node_modules/${name}`;
  const { version, license, homepage = '' } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  const texts = (await readdir(folder)).filter((one) => TEXTS.test(one)).sort();
  const text = (await Promise.all(texts.map((one) => readFile(`${folder}/${one}`, 'utf8')))).join('\n');
  return { kind: 'npm', name, version, licence: license ?? '', within: '', text: text || homepage };
}

function within(name, one) {
  return { kind: 'library', version: '', within: name, text: '', ...one };
}

function wheelOf({ name, bytes }) {
  const [project, version] = name.split('-');
  const files = unzipSync(bytes, { filter: (file) => OF_WHEEL.test(file.name) || file.name.endsWith('/METADATA') });
  const [metadata] = Object.keys(files).filter((one) => one.endsWith('/METADATA'));
  const stated = /^License(?:-Expression)?: (.+)$/m.exec(strFromU8(files[metadata]));
  const texts = Object.keys(files).filter((one) => OF_WHEEL.test(one)).sort();
  return {
    kind: 'pypi', name: project.replaceAll('_', '-').toLowerCase(), version, licence: stated?.[1] ?? '', within: '',
    text: texts.map((one) => strFromU8(files[one])).join('\n'),
  };
}

function told(found) {
  const parts = found.map(({ name, version, licence, within: where, text }) => {
    const head = `${name}${version && ` ${version}`}: ${licence || 'see its text'}${where && ` (in ${where})`}`;
    return text ? `${head}\n\n${text.trim()}\n` : `${head}\n`;
  });
  return `${parts.join(`\n${'-'.repeat(72)}\n\n`)}`;
}
