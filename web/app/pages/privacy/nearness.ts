/** Nearness: whether the server that this page came from is on this computer or on its network. */

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export function nearness(): 'computer' | 'network' {
  return LOOPBACK.test(location.hostname) ? 'computer' : 'network';
}
