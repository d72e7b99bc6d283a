/**
 * Apart: a second tool frame, just like the one that tools work in, made to try its ways out and
 * thrown away. What is open in the real one stays where it is.
 */
import { areWays, type Way } from '../../../core/ways';
import { Problem } from '../../../core/problem';
import { t } from '../../../core/text.svelte';

const FRAME = '/studio/frame.html';
const SANDBOX = 'allow-scripts allow-downloads';
const PATIENCE_MS = 60_000;
const LEAVING_MS = 2_000;

/** Every way out of a fresh frame, its own navigation last. Rejects with a Problem. */
export async function waysOutOfAFrame(): Promise<Way[]> {
  const frame = likeTheRealOne();
  try {
    const answer = told(frame);
    document.body.append(frame);
    const ways = await answer;
    return [...ways, await leaving()];
  } finally {
    frame.remove();
  }
}

function likeTheRealOne(): HTMLIFrameElement {
  const real = document.querySelector<HTMLIFrameElement>(`iframe[src^="${FRAME}"]`);
  const frame = document.createElement('iframe');
  for (const name of ['src', 'sandbox', 'allow', 'referrerpolicy']) {
    const value = real?.getAttribute(name);
    if (value) frame.setAttribute(name, value);
  }
  if (real === null) {
    frame.setAttribute('sandbox', SANDBOX);
    frame.src = FRAME;
  }
  frame.className = 'unseen';
  frame.title = t('privacy.frame_apart');
  frame.tabIndex = -1;
  return frame;
}

function told(frame: HTMLIFrameElement): Promise<Way[]> {
  return new Promise((done, failed) => {
    const end = (): void => {
      clearTimeout(timer);
      window.removeEventListener('message', listen);
    };
    const timer = setTimeout(() => {
      end();
      failed(new Problem({ code: 'no-answer', title: t('privacy.frame_silent') }));
    }, PATIENCE_MS);
    const listen = ({ source, data }: MessageEvent): void => {
      if (source === null || source !== frame.contentWindow) return;
      if (data?.kind === 'ready') frame.contentWindow?.postMessage({ kind: 'try' }, '*');
      if (data?.kind !== 'tried') return;
      end();
      if (areWays(data.ways)) done(data.ways);
      else failed(new Problem({ code: 'no-answer', title: t('privacy.frame_silent') }));
    };
    window.addEventListener('message', listen);
  });
}

/** After its answer the frame goes elsewhere. The page's own policy has to refuse it that. */
function leaving(): Promise<Way> {
  return new Promise((done) => {
    const end = (by: string): void => {
      clearTimeout(timer);
      document.removeEventListener('securitypolicyviolation', listen);
      done({ way: 'navigation', by, refused: by !== '' });
    };
    const timer = setTimeout(() => end(''), LEAVING_MS);
    const listen = (event: SecurityPolicyViolationEvent): void => end(event.effectiveDirective);
    document.addEventListener('securitypolicyviolation', listen);
  });
}
