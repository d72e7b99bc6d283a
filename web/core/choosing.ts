// Choosing: models of one task as somebody chooses among them, by what the catalogue says of them.

import type { ModelFacts } from './api';

export type Nature = 'faithful' | 'faithful_colour' | 'invents' | 'own';

export interface Choice {
  /** What the server is asked for: an alias where there is one, else the name. */
  readonly value: string;
  readonly nature: Nature;
  /** Empty for what comes with Safelight: its nature says enough. */
  readonly title: string;
  readonly caveat: string;
  /** Seconds for a megapixel of the result, where a trial here has measured them. */
  readonly seconds: number | null;
}

/** Each model once; the one in full precision that stands behind another is left out. */
export function choicesOf(models: readonly ModelFacts[], task: string): Choice[] {
  const fitting = models.filter((one) => one.task === task);
  const behind = new Set(fitting.map((one) => one.exact));
  const found = new Map<string, Choice>();
  for (const model of fitting) {
    if (behind.has(model.name)) continue;
    const value = model.aliases[0] ?? model.name;
    if (!found.has(value)) found.set(value, choiceOf(model, value));
  }
  return [...found.values()];
}

function choiceOf(model: ModelFacts, value: string): Choice {
  const isMeasured = model.seconds !== null && model.seconds_per === 'megapixel';
  return {
    value,
    nature: natureOf(model),
    title: model.state === 'built-in' ? '' : model.title,
    caveat: model.caveat,
    seconds: isMeasured ? model.seconds : null,
  };
}

function natureOf(model: ModelFacts): Nature {
  if (/\binvents?\b/.test(model.caveat)) return 'invents';
  if (model.state === 'own' || model.state === 'trial') return 'own';
  return model.input.kind === 'luma' ? 'faithful' : 'faithful_colour';
}
