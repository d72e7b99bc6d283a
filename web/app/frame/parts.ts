/**
 * Parts: the bytes of the program that the frame cannot fetch for itself.
 *
 * All are fetched on the first entry, in an order that is always the same, each once for a visit.
 * What the frame asks for decides nothing of it: no request tells anything of what it does, and once
 * all are here none is made.
 */
import { Problem } from '../../core/problem';
import { allKept, keptFile, manifest } from './manifest';

// Waited for by the engine's start; then what shows a picture; the others by what is done later.
const FIRST = ['engine.js', 'pyodide.asm.wasm', 'stdlib.pack', 'others.pack', 'engine.pack'];
const NEXT = ['vips.wasm', 'vips-heif.wasm'];

let firstHere = (): void => undefined;
/** Settles once what the engine starts with is here, or is not to be had; never if nobody asks. */
export const firstParts = new Promise<void>((done) => (firstHere = done));

type Coming = ReadonlyMap<string, Promise<ArrayBuffer>>;
let coming: Promise<Coming> | undefined;

/** A fresh copy of a part; null where it is not to be had, or is none of the manifest's. */
export async function part(name: string): Promise<ArrayBuffer | null> {
  try {
    return (await (await all()).get(name))?.slice(0) ?? null;
  } catch {
    return null;
  }
}

/** Asks for every part while the frame itself still comes. What goes wrong is told by fetchAll. */
export function beginFetching(): void {
  all().catch(() => undefined);
}

/** Fetches every part. True once all are here and kept; tells of each that is not to be had, at once. */
export async function fetchAll(onfault: (problem: Problem) => void): Promise<boolean> {
  const told = (thrown: unknown): boolean => (onfault(Problem.of(thrown)), false);
  try {
    const each = [...(await all()).values()].map((part) => part.then(() => true, told));
    const isWhole = (await Promise.all(each)).every((isHere) => isHere);
    await allKept();
    return isWhole;
  } catch (thrown) {
    return told(thrown);
  }
}

function all(): Promise<Coming> {
  coming ??= manifest().then(({ parts }) => begun(parts));
  return coming;
}

function begun(parts: Record<string, string>): Coming {
  const started = new Map<string, Promise<ArrayBuffer>>();
  for (const name of FIRST) {
    const file = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (file !== undefined) started.set(name, keptFile(file, 'high'));
  }
  let before: Promise<unknown> = Promise.allSettled(started.values()).then(firstHere);
  for (const name of [...NEXT, ...Object.keys(parts)]) {
    const file = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (file === undefined || started.has(name)) continue;
    const one = before.then(() => keptFile(file, 'low'));
    before = one.catch(() => null);
    started.set(name, one);
  }
  return started;
}
