/** Shield: what is known of the server's locks; one for the whole page, asked for sparingly. */
import { server } from '../../server.svelte';
import { judged, type Cage, type Standing } from './judged';

const FRESH_MS = 60_000;
const USUAL_KEEP_S = 600;

interface Capabilities {
  cage: Cage;
  locks?: string[];
  limits: { result_s: number };
}

/** What the server says of itself to auditors. */
export interface Status {
  memory: { held_bytes: number; uploads: number; results: number };
}

let cage = $state.raw<Cage | null>(null);
let locks = $state.raw<readonly string[] | null>(null);
let status = $state.raw<Status | null>(null);
let keep_s = $state(USUAL_KEEP_S);
let hasAsked = $state(false);
let asked = 0;

export const shield = {
  get cage(): Cage | null {
    return cage;
  },
  /** The layers that hold the process that answers; null while nobody said. */
  get locks(): readonly string[] | null {
    return locks;
  },
  /** Null where this browser may not ask. */
  get status(): Status | null {
    return status;
  },
  /** How long a result waits to be fetched, in seconds. */
  get keep_s(): number {
    return keep_s;
  },
  /** What may be said now. */
  get standing(): Standing {
    if (!server.isKnown) return 'asking';
    if (server.state !== 'here') return server.state;
    return hasAsked ? judged(cage, locks) : 'asking';
  },

  /** Whether the server has answered what it is held by, and is still there. */
  get isSaid(): boolean {
    return hasAsked && server.state === 'here';
  },

  /** Asks, unless that was done within the last minute. Never rejects. */
  async look(isUrgent = false): Promise<void> {
    if (!isUrgent && performance.now() - asked < FRESH_MS && hasAsked) return;
    asked = performance.now();
    try {
      const told = await server.get<Capabilities>('/capabilities');
      [cage, locks, keep_s] = [told.cage, told.locks ?? null, told.limits.result_s];
      status = may('auditor') ? await server.get<Status>('/status') : null;
      hasAsked = true;
    } catch {
      hasAsked = server.state === 'here'; // it answers, and does not say what holds it
    }
  },
};

/** Whether this browser may ask for what needs that scope. */
export function may(scope: string): boolean {
  const scopes = server.session?.scopes ?? [];
  return scopes.includes('admin') || scopes.includes(scope);
}
