// Problems in the words of the person who sees them.
import { Problem } from '../core/problem';
import { has, t } from '../core/text.svelte';

export function isCancelled(thrown: unknown): boolean {
  const given = (thrown ?? {}) as { code?: string; name?: string };
  return given.code === 'cancelled' || given.name === 'AbortError';
}

const FOR_COMPUTER = new Set([
  'too-large-here',
  'format-unknown',
  'limit-exceeded',
  'memory-exceeded',
  'time-exceeded',
  'missing',
  'model-missing',
  'pixels-elsewhere',
  'letters-elsewhere',
  'worker-died',
]);

/** Whether the same file may well do on this computer, outside of the tab. */
export function isForComputer(problem: Problem): boolean {
  return FOR_COMPUTER.has(problem.code);
}

/** A problem of the frame itself: its words stand in the catalogue. */
export function ours(code: string): Problem {
  return new Problem({ code, title: code });
}

/** What happened, and what helps: our words where we have them, else the engine's own. */
export function told(problem: Problem): { text: string; hint: string } {
  const name = problem.code.replaceAll('-', '_');
  if (has(`frame.problem_${name}`)) {
    return { text: t(`frame.problem_${name}`), hint: t(`frame.hint_${name}`) };
  }
  return { text: t('frame.failed', { what: problem.title }), hint: problem.hint };
}
