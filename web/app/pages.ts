/** Pages: all that can be gone to. A folder below pages/ is a page; nothing is listed by hand. */
import type { Component } from 'svelte';
import { lead } from '../core/keys';
import { TOOLS } from '../core/tools';

export type Group = 'tab' | 'computer' | 'about';
export const GROUPS: readonly Group[] = ['tab', 'computer', 'about'];

export interface PageEntry {
  name: string;
  group: Group;
  order: number;
  /** Path of a 24 by 24 drawing in strokes. */
  icon: string;
  kind: 'tool' | 'page';
  /** The letter after "g" that goes there. */
  key?: string;
  /** It is gone to by links alone, and stands in no list. */
  isHidden?: boolean;
  /** The frame shows a tab tool; everything else brings its own component. */
  load?: () => Promise<{ default: Component }>;
}

const found = import.meta.glob<PageEntry>('./pages/*/index.ts', { eager: true, import: 'page' });

export const entries: readonly PageEntry[] = [
  ...TOOLS.map((tool): PageEntry => ({ ...tool, kind: 'tool' })),
  ...Object.values(found),
].sort((one, other) => one.order - other.order);

for (const entry of entries) if (entry.key !== undefined) lead(entry.key, entry.name);

/** The page of this name, undefined where there is none. */
export function entryOf(name: string): PageEntry | undefined {
  return entries.find((one) => one.name === name);
}

/** What stands in the lists of one group. */
export function listed(group: Group): PageEntry[] {
  return entries.filter((one) => one.group === group && one.isHidden !== true);
}
