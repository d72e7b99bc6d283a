/** Shared: what another app has shared, until somebody says whether it is to be opened. */

let files = $state.raw<File[]>([]);
let left = $state(0);
let isLost = $state(false);

export const shared = {
  get count(): number {
    return files.length;
  },
  /** How many were more than is taken at once. */
  get left(): number {
    return left;
  },
  /** Something was to come, and the browser has it no more. */
  get isLost(): boolean {
    return isLost;
  },
  /** Somebody is asked, or told. */
  get isShown(): boolean {
    return isLost || left > 0 || files.length > 0;
  },
  add(more: File[], notTaken: number, isExpected: boolean): void {
    files = [...files, ...more];
    left += notTaken;
    isLost = isExpected && files.length === 0;
  },
  /** What waited; it waits no more. */
  take(): File[] {
    const all = files;
    [files, left, isLost] = [[], 0, false];
    return all;
  },
};
