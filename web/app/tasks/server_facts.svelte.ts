// Server facts: what our server can do and which models it has, asked for once a visit.

import type { Capabilities, ModelFacts } from '../../core/api';
import { Problem } from '../../core/problem';
import { server } from '../server.svelte';

class ServerFacts {
  capabilities = $state.raw<Capabilities | null>(null);
  models = $state.raw<readonly ModelFacts[]>([]);
  problem = $state.raw<Problem | null>(null);

  /** Asks for what is not known yet; what fails may be asked for again. */
  async load(): Promise<void> {
    this.problem = null;
    try {
      this.capabilities ??= await server.get<Capabilities>('/capabilities');
    } catch (thrown) {
      this.problem = Problem.of(thrown);
    }
  }

  async loadModels(): Promise<void> {
    try {
      this.models = (await server.get<{ models: ModelFacts[] }>('/models')).models;
    } catch (thrown) {
      this.problem = Problem.of(thrown);
    }
  }
}

export const facts = new ServerFacts();
