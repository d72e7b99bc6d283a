/** Holding: pages that have something of somebody's, and stay as they are while the server is gone. */

const holders = $state<Record<string, boolean>>({});

export const holding = {
  /** A page says whether it has something. */
  set(page: string, has: boolean): void {
    holders[page] = has;
  },
  has(page: string): boolean {
    return holders[page] === true;
  },
};
