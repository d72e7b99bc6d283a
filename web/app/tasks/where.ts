// Where: whether the server of this page runs on this computer, before any answer has said so.

/** Where a file goes that is sent now. The answer says it again, and the badge of a result goes by
 * the answer. */
export function whereNow(): 'computer' | 'network' {
  const host = location.hostname.replace(/^\[|\]$/g, '');
  const isNear = host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
  return isNear ? 'computer' : 'network';
}
