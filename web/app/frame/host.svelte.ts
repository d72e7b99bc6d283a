/**
 * Host: the page's side of the tool frame. It hands in settings, bytes of the program and files,
 * and hears names of tools, counts and keys. What the frame says is checked by shape, and heard
 * from the frame's own window alone.
 */
import {
  inMessages, toPage, type Kind, type Of, type ToFrame, type ToPage, type Way,
} from '../../core/messages';
import type { Problem } from '../../core/problem';
import { inbox } from '../inbox.svelte';
import { keepTool, kept, toolSettings } from '../kept.svelte';
import { keepForLater } from '../offline';
import { go, route } from '../route.svelte';
import { entryOf } from '../pages';
import { server } from '../server.svelte';
import { lock } from './locking';
import { beginFetching, fetchAll, part } from './parts';

type Hearing = { [K in Kind<ToPage>]: (message: Of<ToPage, K>) => void };
export type FrameState = 'none' | 'coming' | 'ready' | 'whole' | 'missing';

const PATIENCE_MS = 20_000;

let frame: HTMLIFrameElement | null = null;
let state = $state<FrameState>('none');
let counts = $state.raw({ opened: 0, working: 0, unsaved: 0 });
let isWanted = $state(false);
let fault = $state.raw<Problem | null>(null);
let onKey: (keys: string) => void = () => {};
let onTried: ((ways: Way[]) => void) | null = null;
const unsent: File[] = [];

export const host = {
  /** `ready` once it answers, `whole` once every part is here and kept: none will be asked for. */
  get state(): FrameState {
    return state;
  },
  /** What is wrong with a part of the program, the first one. It is tried again with the page. */
  get fault(): Problem | null {
    return fault;
  },
  get counts(): { opened: number; working: number; unsaved: number } {
    return counts;
  },
  set keys(heard: (keys: string) => void) {
    onKey = heard;
  },
  /** Whether the frame is to be there though no tool is shown. */
  get isWanted(): boolean {
    return isWanted;
  },
  /** Has the frame made, if it is not there, and then try every way out of it. */
  tryWays(heard: (ways: Way[]) => void): void {
    [isWanted, onTried] = [true, heard];
    if (isUp()) send({ kind: 'try' });
  },
  /** Whether a tab tool is shown: then nothing must be asked of anybody. */
  get isShown(): boolean {
    return entryOf(route.name)?.kind === 'tool';
  },

  /** The frame's element, once it stands in the page. Returns what lets go of it. */
  hold(element: HTMLIFrameElement): () => void {
    frame = element;
    state = 'coming';
    const late = setTimeout(() => state === 'coming' && (state = 'missing'), PATIENCE_MS);
    window.addEventListener('message', receive);
    return () => {
      clearTimeout(late);
      window.removeEventListener('message', receive);
      [frame, state] = [null, 'none'];
    };
  },
  fail(): void {
    state = 'missing';
  },
  /** How things stand: which tool, which language, which appearance. */
  tell(tool: string): void {
    if (!isUp()) return;
    const settings = { ...toolSettings(), shortcuts: kept.shortcuts };
    const offline = server.isKnown && server.state === 'gone';
    const { language, theme, isReduced: reduced } = kept;
    send({ kind: 'set', language, theme, reduced, tool, offline, settings });
  },
  /** Moves files into the frame, at the latest when it is ready. */
  give(files: File[]): void {
    for (const file of files) unsent.push(file);
    if (!isUp()) return;
    for (const part of inMessages(unsent.splice(0))) send({ kind: 'files', files: part });
  },
  focus(): void {
    frame?.focus();
  },
  /** Has the frame made, also while no tool is shown; its parts come meanwhile. */
  open(): void {
    isWanted = true;
    beginFetching();
  },
};

const hearing: Hearing = {
  ready: () => {
    // It says so once, be it late; a second time it is another document.
    if (state !== 'coming' && state !== 'missing') return;
    lock();
    state = 'ready';
    host.tell(host.isShown ? route.name : 'start');
    host.give([]);
    if (onTried !== null) send({ kind: 'try' });
    const tell = (problem: Problem) => (fault ??= problem);
    void Promise.all([fetchAll(tell), keepForLater()]).then(
      ([isWhole]) => isWhole && state === 'ready' && (state = 'whole'),
    );
  },
  want: ({ name }) => {
    void part(name).then((bytes) => {
      send({ kind: 'part', name, bytes }, bytes === null ? [] : [bytes]);
    });
  },
  go: ({ tool }) => {
    if (entryOf(tool)?.kind === 'tool') go(tool); // no tool of the tab asks anybody anything
  },
  counts: ({ opened, working, unsaved }) => (counts = { opened, working, unsaved }),
  handover: ({ tool, files }) => {
    if (!isPressed()) return; // and nothing is sent before another press, in the page
    inbox.put(tool, files);
    go(tool);
  },
  remember: ({ key, value }) => keepTool(key, value),
  key: ({ key }) => {
    if (isPressed()) onKey(key);
  },
  tried: ({ ways }) => {
    onTried?.(ways);
    onTried = null;
  },
};

/** Somebody has just pressed something, in the frame or the page: a script cannot make that so. */
function isPressed(): boolean {
  return navigator.userActivation?.isActive !== false;
}

function isUp(): boolean {
  return state === 'ready' || state === 'whole';
}

function receive(event: MessageEvent<unknown>): void {
  // A sandboxed frame has no origin of its own: anything else in that window is not ours.
  if (frame === null || event.source !== frame.contentWindow || event.origin !== 'null') return;
  const message = toPage(event.data);
  if (message !== null) (hearing[message.kind] as (message: ToPage) => void)(message);
}

function send(message: ToFrame, moved: Transferable[] = []): void {
  frame?.contentWindow?.postMessage(message, '*', moved);
}
