/**
 * Ways: how a page could reach another machine, and what refused each when it was tried.
 *
 * The addresses are nobody's: one is reserved for documents (RFC 5737), the name can never be
 * resolved (RFC 6761). Where nothing refuses, a request goes there and finds no one.
 */

export const RESERVED_ADDRESS = '192.0.2.1';
export const RESERVED_NAME = 'safelight.invalid';

/** What refused: a directive of the browser's policy, the sandbox, or the thing being taken away. */
export const SANDBOX = 'sandbox';
export const MISSING = 'missing';
const BY = /^(?:[a-z][a-z-]{0,31})?$/;
const WAY = /^[a-z][a-z-]{0,31}$/;
const MOST = 64;

/** One way, as it was tried. by: a directive, 'sandbox' or 'missing'; empty where nothing refused. */
export interface Way {
  way: string;
  by: string;
  refused: boolean;
}

/** Whether what a frame sent is a list of ways and nothing else. */
export function areWays(value: unknown): value is Way[] {
  return Array.isArray(value) && value.length <= MOST && value.every(isWay);
}

function isWay(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { way, by, refused, ...rest } = value as Record<string, unknown>;
  return (
    typeof way === 'string' && WAY.test(way) &&
    typeof by === 'string' && BY.test(by) &&
    refused === (by !== '') &&
    Object.keys(rest).length === 0
  );
}
