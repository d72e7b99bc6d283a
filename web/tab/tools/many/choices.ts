// One recipe for all files, from a few choices or as somebody wrote it.

import { Problem } from '../../../core/problem';
import type { Recipe, Step } from '../../engine/engine';

export interface Choices {
  profile: string;
  longest: number | null;
  format: string;
  quality: number | null;
  text: string;
  /** Whether the recipe is the one that was written down below, not these choices. */
  isWritten: boolean;
  written: string;
}

export const USUAL: Choices = {
  profile: 'share',
  longest: null,
  format: 'same',
  quality: null,
  text: '',
  isWritten: false,
  written: '',
};

export const PROFILES = ['share', 'strict', 'minimal', 'none'];
export const FORMATS = ['same', 'jpeg', 'png', 'webp', 'avif'];
export const WITH_QUALITY = ['jpeg', 'webp', 'avif'];

/** The recipe. Throws Problem for a written one that is none. */
export function recipeOf(choices: Choices): Recipe {
  if (choices.isWritten) return writtenRecipe(choices.written);
  const { longest, text, format, quality, profile } = choices;
  const steps: Step[] = [];
  if (longest) steps.push({ op: 'resize', fit: `${longest}x${longest}` });
  if (text.trim()) steps.push({ op: 'watermark', text: text.trim() });
  steps.push({ op: 'scrub', profile });
  if (format !== 'same') {
    const wish = quality && WITH_QUALITY.includes(format) ? { quality } : {};
    steps.push({ op: 'convert', to: format, ...wish });
  }
  return { name: 'many', steps };
}

/** The recipe as a file, for the same work elsewhere. */
export function recipeFile(recipe: Recipe): File {
  const text = JSON.stringify(recipe, null, 2);
  return new File([text], 'safelight-recipe.json', { type: 'application/json' });
}

function writtenRecipe(written: string): Recipe {
  let document: unknown;
  try {
    document = JSON.parse(written);
  } catch {
    throw new Problem({ code: 'many-no-json', title: 'the recipe is no JSON' });
  }
  const { steps, name = '' } = (document ?? {}) as { steps?: unknown; name?: unknown };
  const areSteps = Array.isArray(steps) && steps.length > 0 && steps.every(isStep);
  if (!areSteps) throw new Problem({ code: 'many-no-steps', title: 'the recipe has no steps' });
  return { name: String(name), steps: steps as Step[] };
}

const isStep = (step: unknown): boolean => typeof (step as Step | null)?.op === 'string';
