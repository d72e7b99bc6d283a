/** Shut: takes away what reaches out past the page's policy, before any other code runs. */

const WAYS = ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel', 'WebTransport'];

for (const way of WAYS) Reflect.deleteProperty(globalThis, way);
