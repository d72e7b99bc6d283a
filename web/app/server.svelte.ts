/**
 * Server: the one place of the page that asks our server anything.
 *
 * `state` is `here` while it answers and knows this browser, `stranger` while it does not know it,
 * `gone` while it does not answer. Every failure is a Problem. Nothing is asked by itself except
 * once at the start, and while a page that needs the server waits for it to come back.
 */
import { Problem } from '../core/problem';
import { t } from '../core/text.svelte';

export type ServerState = 'here' | 'gone' | 'stranger';
export type Body = Blob | FormData | ArrayBuffer | Record<string, unknown> | unknown[];

export interface Asking {
  body?: Body;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}
export interface Session {
  kind: string;
  name: string;
  scopes: string[];
  expires: string | null;
  csrf: string | null;
}

const API = '/api/v1';
const CSRF = 'Safelight-CSRF';
// What stops one request and no other, as an extension may, must not have us ask on and on.
const LOOK_AGAIN_MS = 1_000;

let state = $state<ServerState>('gone');
let session = $state.raw<Session | null>(null);
let hasAsked = $state(false);
let lookedAt = -Infinity;

export const server = {
  get state(): ServerState {
    return state;
  },
  get session(): Session | null {
    return session;
  },
  /** Whether the first answer, or none, is in: until then `state` says nothing. */
  get isKnown(): boolean {
    return hasAsked;
  },

  /** Asks who we are. Never rejects: the answer is in `state`. */
  async look(): Promise<ServerState> {
    lookedAt = performance.now();
    try {
      session = (await (await fetched('GET', '/session', {})).json()) as Session;
      state = 'here';
    } catch (thrown) {
      session = null;
      state = Problem.of(thrown).status === 401 ? 'stranger' : 'gone';
    }
    hasAsked = true;
    return state;
  },

  /** The same without being told to, and not on and on. */
  lookAgain(): void {
    if (performance.now() - lookedAt > LOOK_AGAIN_MS) void server.look();
  },

  get: <T>(path: string, more?: Asking): Promise<T> => json<T>('GET', path, more),
  post: <T>(path: string, body?: Body, more?: Asking): Promise<T> =>
    json<T>('POST', path, body === undefined ? more : { ...more, body }),
  delete: <T = void>(path: string, more?: Asking): Promise<T> => json<T>('DELETE', path, more),

  /** The answer as it comes, for pictures and headers. Rejects with a Problem unless it is 2xx. */
  async raw(method: string, path: string, more: Asking = {}): Promise<Response> {
    if (method !== 'GET' && session === null) await server.look(); // it may be back by now
    try {
      const answer = await fetched(method, path, more);
      if (state === 'gone') server.lookAgain();
      return answer;
    } catch (thrown) {
      throw noticed(thrown);
    }
  },

  /**
   * Server-sent events of a path; `on` has one function for each name. The browser connects again
   * by itself and nothing comes twice. Returns what ends it.
   */
  events(path: string, on: Record<string, (data: unknown) => void>): () => void {
    const source = new EventSource(API + path);
    for (const [name, heard] of Object.entries(on)) {
      source.addEventListener(name, (event: Event) => {
        const { data } = event as MessageEvent<string | undefined>;
        heard(data === undefined || data === '' ? null : JSON.parse(data));
      });
    }
    return () => source.close();
  },
};

async function json<T>(method: string, path: string, more?: Asking): Promise<T> {
  const answer = await server.raw(method, path, more);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function fetched(method: string, path: string, more: Asking): Promise<Response> {
  const headers = new Headers(more.headers);
  if (method !== 'GET' && session?.csrf) headers.set(CSRF, session.csrf);
  const init: RequestInit = { method, headers, credentials: 'same-origin', redirect: 'error' };
  if (more.signal !== undefined) init.signal = more.signal;
  if (more.body !== undefined) init.body = sent(more.body, headers);
  const answer = await fetch(path.startsWith('/api/') ? path : API + path, init);
  if (!answer.ok) throw await refused(answer);
  return answer;
}

function sent(body: Body, headers: Headers): BodyInit {
  if (body instanceof Blob || body instanceof FormData || body instanceof ArrayBuffer) return body;
  if (!headers.has('Content-Type')) headers.set('Content-Type', 'application/json');
  return JSON.stringify(body);
}

async function refused(answer: Response): Promise<Problem> {
  const { status } = answer;
  try {
    const told = (await answer.json()) as Record<string, string | undefined>;
    const title = told['detail'] || told['title'] || answer.statusText;
    const facts = { status, title, hint: told['hint'], waitMs: waitOf(answer) };
    return new Problem({ code: told['code'] ?? 'failed', ...facts });
  } catch {
    return new Problem({ status, code: 'failed', title: t('common.failed', { n: status }) });
  }
}

/** What Retry-After says in seconds; it may also be a date, which our server never sends. */
function waitOf(answer: Response): number | undefined {
  const seconds = Number(answer.headers.get('Retry-After') ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function noticed(thrown: unknown): Problem {
  if (thrown instanceof DOMException && thrown.name === 'AbortError') {
    return new Problem({ code: 'cancelled', title: t('common.cancelled') });
  }
  if (!(thrown instanceof Problem)) {
    state = 'gone';
    const [title, hint] = [t('common.server_gone'), t('common.server_gone_hint')];
    return new Problem({ code: 'server-gone', title, hint });
  }
  if (thrown.status === 401) state = 'stranger';
  return thrown;
}
