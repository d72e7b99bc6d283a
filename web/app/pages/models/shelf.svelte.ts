/** Shelf: the models of the server, and when each was last compared with its pin from here. */
import { Problem } from '../../../core/problem';
import { server } from '../../server.svelte';

const PLACE = 'safelight.models.compared';

/** A model as the server tells it; docs/reference/openapi.json has every field. */
export interface Model {
  name: string;
  title: string;
  task: string;
  aliases: string[];
  sha256: string;
  total_bytes: number;
  licence: string;
  licence_class: 'free' | 'consent' | 'excluded';
  licence_text: string;
  commercial: string;
  caveat: string;
  source: string;
  precision: string;
  runtime: string;
  experimental: boolean;
  outdated: boolean;
  state: 'built-in' | 'pulled' | 'own' | 'trial' | 'available' | 'excluded';
}

export interface Comparison {
  sha256: string;
  state: 'ok' | 'altered' | 'unreadable';
  at: string;
}

let all = $state.raw<Model[] | null>(null);
let problem = $state.raw<Problem | null>(null);
let compared = $state.raw<Record<string, Comparison>>(read());

export const shelf = {
  /** Null before the first answer. */
  get all(): Model[] | null {
    return all;
  },
  get problem(): Problem | null {
    return problem;
  },

  /** Asks anew. Never rejects. */
  async look(): Promise<void> {
    try {
      const told = await server.get<{ models: Model[] }>('/models?available=true');
      [all, problem] = [told.models, null];
    } catch (thrown) {
      problem = Problem.of(thrown);
    }
  },

  /** The last comparison of this very file, if there was one. */
  comparison(model: Model): Comparison | null {
    const found = compared[model.name];
    return found?.sha256 === model.sha256 ? found : null;
  },

  /** Compares files with their pins; none means all that are here. Never rejects. */
  async verify(names: string[] = []): Promise<void> {
    try {
      type Told = { models: { name: string; sha256: string; state: Comparison['state'] }[] };
      const told = await server.post<Told>('/models/verify', { names });
      const at = new Date().toISOString();
      const fresh = told.models.map(({ name, sha256, state }) => [name, { sha256, state, at }]);
      compared = { ...compared, ...(Object.fromEntries(fresh) as Record<string, Comparison>) };
      [problem] = [null];
      write(compared);
    } catch (thrown) {
      problem = Problem.of(thrown);
    }
  },
};

/** Whether its file is on the server's machine. */
export function isHere(model: Model): boolean {
  return model.state !== 'available' && model.state !== 'excluded';
}

function read(): Record<string, Comparison> {
  try {
    return (JSON.parse(localStorage.getItem(PLACE) ?? '{}') ?? {}) as Record<string, Comparison>;
  } catch {
    return {}; // the browser keeps nothing, or somebody else wrote it
  }
}

function write(list: Record<string, Comparison>): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify(list));
  } catch {
    // Without storage they are known as long as the page is open.
  }
}
