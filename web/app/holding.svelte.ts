/** Holding: pages that have something of somebody's: what stays while the server is gone, and what
 * is asked about before the whole visit ends. */

const holders = $state<Record<string, boolean>>({});
const guards = new Map<string, () => boolean>();

export const holding = {
  /** A page says whether it has something. */
  set(page: string, has: boolean): void {
    holders[page] = has;
  },
  has(page: string): boolean {
    return holders[page] === true;
  },
  /** A page says how to tell whether something of it would be lost now. It is asked from then on,
   * whatever page is shown: what was made stays while somebody looks at another one. */
  guard(page: string, wouldLose: () => boolean): void {
    guards.set(page, wouldLose);
  },
  /** Whether something would be lost if the visit ended now. */
  get wouldLose(): boolean {
    return [...guards.values()].some((asks) => asks());
  },
};
