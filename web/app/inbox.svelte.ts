/**
 * Inbox: pictures that were handed over from the tab to a tool of this computer. They wait there
 * until somebody presses a button of the page: a message of the frame alone sends nothing.
 */

/** What comes along with pictures is no picture, and is not counted as one. */
export const RECIPE_NAME = 'safelight-recipe.json';

const waiting = $state<Record<string, File[]>>({});

export const inbox = {
  /** Leaves files for a tool. */
  put(tool: string, files: File[]): void {
    waiting[tool] = [...(waiting[tool] ?? []), ...files];
  },
  /** What was left for a tool; the inbox then has it no more. */
  take(tool: string): File[] {
    const files = waiting[tool] ?? [];
    if (files.length > 0) waiting[tool] = [];
    return files;
  },
  /** How many pictures wait for a tool. */
  waiting(tool: string): number {
    return (waiting[tool] ?? []).filter(({ name }) => name !== RECIPE_NAME).length;
  },
};
