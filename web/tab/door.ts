/** Door: the frame's only way to the page around it. Nothing else of the world is reachable. */
import { toFrame, type Kind, type Of, type ToFrame, type ToPage } from '../core/messages';
import { Problem } from '../core/problem';

interface Waiting {
  resolve: (bytes: ArrayBuffer) => void;
  reject: (problem: Problem) => void;
}
type Heard<K extends Kind<ToFrame>> = (message: Of<ToFrame, K>) => void;

export interface Door {
  /**
   * The bytes of a part of the program, to each who asks a copy of their own: it may be transferred
   * on. Rejects with a Problem if it is not to be had.
   */
  part(name: string): Promise<ArrayBuffer>;
  send(message: ToPage): void;
  /** Calls back for each message of this kind; returns what ends that. */
  on<K extends Kind<ToFrame>>(kind: K, heard: Heard<K>): () => void;
}

/** Opens the door. Say `ready` once everything listens. */
export function connect(page: Window = window.parent): Door {
  const listeners = new Map<string, Set<(message: ToFrame) => void>>();
  const awaited = new Map<string, Waiting[]>();
  // The frame's policy lets nobody but our own pages stand around it, so "*" names no stranger.
  const send = (message: ToPage): void => page.postMessage(message, '*');

  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const message = event.source === page ? toFrame(event.data) : null;
    if (message === null) return;
    if (message.kind === 'part') settle(awaited, message);
    for (const heard of listeners.get(message.kind) ?? []) heard(message);
  });

  return {
    send,
    part(name) {
      return new Promise((resolve, reject) => {
        const others = awaited.get(name);
        awaited.set(name, [...(others ?? []), { resolve, reject }]);
        if (!others) send({ kind: 'want', name });
      });
    },
    on(kind, heard) {
      const all = listeners.get(kind) ?? new Set();
      listeners.set(kind, all.add(heard as (message: ToFrame) => void));
      return () => all.delete(heard as (message: ToFrame) => void);
    },
  };
}

function settle(awaited: Map<string, Waiting[]>, part: Of<ToFrame, 'part'>): void {
  const waiting = awaited.get(part.name) ?? [];
  awaited.delete(part.name);
  waiting.forEach(({ resolve, reject }, index) => {
    if (part.bytes === null) reject(new Problem({ code: 'part-missing', title: part.name }));
    else resolve(index === 0 ? part.bytes : part.bytes.slice(0));
  });
}
