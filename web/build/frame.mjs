// The frame: one document with its styles and its one script in it, which its policy names by hash.
import { createHash } from 'node:crypto';
import { components, ROOT, script } from './bundling.mjs';

// Before anything else: what reaches out and no policy of content stops.
const SHUT = [
  'RTCPeerConnection',
  'webkitRTCPeerConnection',
  'RTCDataChannel',
  'WebTransport',
  'WebSocketStream',
].map((name) => `delete globalThis.${name};`).join('');

/** frame.html, and the hash of its script as a policy names it. */
export async function frame() {
  const { code, css } = await script(`${ROOT}/tab/main.ts`, [components()]);
  // In a document, these two would end or bend the script; within strings they mean the same escaped.
  const text = `${SHUT}${code}`.replaceAll('</script', '<\\/script').replaceAll('<!--', '\\x3C!--');
  const hash = createHash('sha256').update(text).digest('base64');
  const html = [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>Safelight</title>',
    `<style>${css.replaceAll('</style', '<\\/style')}</style>`,
    '</head>',
    `<body><div id="frame"></div><script>${text}</script></body>`,
    '</html>',
    '',
  ].join('\n');
  return {
    file: { path: 'frame.html', bytes: Buffer.from(html), fixed: false, first: true },
    script: `sha256-${hash}`,
  };
}
