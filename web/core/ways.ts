/**
 * Ways: an address that is nobody's, for attempts to reach another machine.
 *
 * It is reserved for documents (RFC 5737). Where nothing refuses, a request goes there and finds no
 * one.
 */
export const RESERVED_ADDRESS = '192.0.2.1';

/** What refused, where it was no directive of the policy: the sandbox, an error, or the way is not
 * there. */
export const SANDBOX = 'sandbox';
export const FORBIDDEN = 'SecurityError';
export const MISSING = 'missing';
