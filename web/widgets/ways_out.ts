/**
 * Ways out: each is really tried, from the document that this runs in, and what refused it is told.
 *
 * The evidence for a refusal is the browser's own event about its policy, a form that is never
 * submitted, or a SecurityError. A call that only fails, or brings nothing, may have done so for want
 * of an answer, so it does not count as refused. A new window is not tried for that reason: where
 * none opens, it may have been the browser's rule about windows that nobody asked for.
 */
import type { Way } from '../core/messages';
import { FORBIDDEN, MISSING, RESERVED_ADDRESS, SANDBOX } from '../core/ways';

const PATIENCE_MS = 700;
const AT = `https://${RESERVED_ADDRESS}/safelight-test`;

/** Throws, or answers what refused it besides the policy ('' where it cannot tell). */
type Attempt = () => unknown;

const has = (name: string): boolean => name in globalThis;

/** Puts an element into the document for a moment. */
function placed(tag: string, facts: Record<string, string>): string {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) element.setAttribute(name, value);
  element.className = 'unseen'; // what is hidden altogether may not be loaded at all
  document.body.append(element);
  setTimeout(() => element.remove(), PATIENCE_MS);
  return '';
}

function viaPeer(): string {
  if (!has('RTCPeerConnection')) return MISSING;
  new RTCPeerConnection({ iceServers: [{ urls: `stun:${RESERVED_ADDRESS}` }] }).close();
  return '';
}

function viaTransport(): string {
  if (!has('WebTransport')) return MISSING;
  const transport = new WebTransport(AT);
  transport.ready.catch(() => undefined);
  transport.closed.catch(() => undefined);
  return '';
}

/** A document whose sandbox forbids forms never hears that one is submitted, by the HTML standard;
 * where it hears so, the form is really sent, into a frame of its own, and the policy may refuse it.
 */
function viaForm(): string {
  const target = document.createElement('iframe');
  const form = document.createElement('form');
  [target.name, target.className, form.hidden] = ['way-out', 'unseen', true];
  [form.action, form.method, form.target] = [AT, 'post', target.name];
  let isSubmitted = false;
  form.addEventListener('submit', () => (isSubmitted = true));
  document.body.append(target, form);
  form.requestSubmit();
  for (const element of [target, form]) setTimeout(() => element.remove(), PATIENCE_MS);
  return isSubmitted ? '' : SANDBOX;
}

function viaTop(): string {
  try {
    (window.top as Window).location.href = AT;
    return '';
  } catch (thrown) {
    return thrown instanceof DOMException && thrown.name === FORBIDDEN ? FORBIDDEN : '';
  }
}

/** A worker of a blob lives under the same policy; it tells of its own refusals. */
function viaWorker(words: string): Promise<string> {
  const source =
    `const told=[];addEventListener('securitypolicyviolation',e=>told.push(e.effectiveDirective));` +
    `(async()=>{try{${words}}catch{}await new Promise(f=>setTimeout(f,${PATIENCE_MS / 2}));` +
    `postMessage(told[0]??'')})()`;
  const place = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  return new Promise((done) => {
    const worker = new Worker(place);
    const end = (by: string): void => {
      worker.terminate();
      URL.revokeObjectURL(place);
      done(by);
    };
    worker.onmessage = ({ data }) => end(String(data));
    worker.onerror = () => end('');
    setTimeout(() => end(''), 3 * PATIENCE_MS);
  });
}

const EVERYWHERE: Record<string, Attempt> = {
  fetch: () => void fetch(AT, { mode: 'no-cors' }).catch(() => undefined),
  xhr: () => {
    const request = new XMLHttpRequest();
    request.open('GET', AT);
    request.send();
  },
  websocket: () => void new WebSocket(`wss://${RESERVED_ADDRESS}/`),
  'event-source': () => {
    const source = new EventSource(AT);
    setTimeout(() => source.close(), PATIENCE_MS);
  },
  beacon: () => void navigator.sendBeacon(AT, 'test'),
  'web-transport': viaTransport,
  webrtc: viaPeer,
  image: () => placed('img', { src: `${AT}.png` }),
  script: () => placed('script', { src: `${AT}.js` }),
  style: () => placed('link', { rel: 'stylesheet', href: `${AT}.css` }),
  font: () => void new FontFace('x', `url(${AT}.woff2)`).load().catch(() => undefined),
  media: () => placed('video', { src: `${AT}.mp4` }),
  frame: () => placed('iframe', { src: AT }),
  prefetch: () => placed('link', { rel: 'prefetch', href: AT }),
  form: viaForm,
};

/** A document that is not shown, as the frame may be, loads none of these: nothing would be told. */
const SHOWN_ALONE: Record<string, Attempt> = {
  object: () => placed('object', { data: AT }),
};

const IN_A_FRAME: Record<string, Attempt> = {
  'own-server': () => void fetch('/api/v1/health/live').catch(() => undefined),
  'worker-fetch': () => viaWorker(`await fetch('${AT}',{mode:'no-cors'})`),
  'worker-xhr': () => viaWorker(`const r=new XMLHttpRequest();r.open('GET','${AT}',false);r.send()`),
  'worker-websocket': () => viaWorker(`new WebSocket('wss://${RESERVED_ADDRESS}/')`),
  'worker-import': () => viaWorker(`importScripts('${AT}.js')`),
  'top-navigation': viaTop,
};

/** Every way out of the page around the tools. */
export const waysOutOfPage = (): Promise<Way[]> => tried({ ...EVERYWHERE, ...SHOWN_ALONE });

/** Every way out of the tool frame but its own navigation: refused, that ends what is open in it. */
export const waysOutOfFrame = (): Promise<Way[]> => tried({ ...EVERYWHERE, ...IN_A_FRAME });

/** One after the other, so that an event of the policy belongs to the way that was just tried. */
async function tried(attempts: Record<string, Attempt>): Promise<Way[]> {
  const found: Way[] = [];
  for (const [way, attempt] of Object.entries(attempts)) {
    const by = await refusal(attempt);
    found.push({ way, by, refused: by !== '' });
  }
  return found;
}

async function refusal(attempt: Attempt): Promise<string> {
  let told = '';
  let heard = (): void => undefined;
  const listen = (event: SecurityPolicyViolationEvent): void => {
    told ||= event.effectiveDirective;
    heard();
  };
  document.addEventListener('securitypolicyviolation', listen);
  try {
    const otherwise = String((await attempt()) ?? '');
    if (told === '' && otherwise === '') {
      await new Promise<void>((done) => {
        heard = done;
        setTimeout(done, PATIENCE_MS);
      });
    }
    return told || otherwise;
  } catch {
    await new Promise((done) => setTimeout(done, 50)); // the event comes after what was thrown
    return told;
  } finally {
    document.removeEventListener('securitypolicyviolation', listen);
  }
}
