/** Inbox: pictures that somebody handed over from the tab to a tool of this computer. */

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
  /** How many files wait for a tool. */
  waiting(tool: string): number {
    return waiting[tool]?.length ?? 0;
  },
};
