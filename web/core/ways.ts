/**
 * Ways: addresses that are nobody's, for attempts to reach another machine.
 *
 * One is reserved for documents (RFC 5737), the name can never be resolved (RFC 6761). Where nothing
 * refuses, a request goes there and finds no one.
 */
export const RESERVED_ADDRESS = '192.0.2.1';
export const RESERVED_NAME = 'safelight.invalid';

/** What refused, where it was no directive of the policy: the sandbox, or the way is not there. */
export const SANDBOX = 'sandbox';
export const MISSING = 'missing';
