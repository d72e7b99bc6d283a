/**
 * Locking: once the tool frame stands, no frame of this page may go anywhere any more.
 *
 * The frame's own policy stops every connection, but a browser lets a frame navigate itself, and
 * an address could carry something to our server. Policies of a document only ever add up, so one
 * line more in its head ends that until the page is closed.
 */
const POLICY = "frame-src 'none'; object-src 'none'; media-src 'none'; form-action 'none'";

export function lock(): void {
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = POLICY;
  document.head.append(policy);
}
