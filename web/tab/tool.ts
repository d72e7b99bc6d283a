// What a tool of the frame is: one folder in tools/, found by looking.
import type { Component } from 'svelte';
import type { Desk } from './desk.svelte';

export interface ToolEntry {
  name: string;
  component: Component<{ desk: Desk }>;
  /** false where the tool shows what is opened itself. */
  strip?: boolean;
}

const FOUND = import.meta.glob<ToolEntry>('./tools/*/index.ts', { eager: true, import: 'tool' });

export const TOOLS: ReadonlyMap<string, ToolEntry> = new Map(
  Object.values(FOUND).map((tool) => [tool.name, tool]),
);
