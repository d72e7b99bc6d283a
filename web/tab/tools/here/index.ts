import type { ToolEntry } from '../../tool';
import Tool from './Tool.svelte';

export const tool: ToolEntry = { name: 'here', component: Tool };
