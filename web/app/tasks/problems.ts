// Problems: what ends a piece of work, in words that say what helps.

import type { ItemProblem } from '../../core/api';
import { Problem } from '../../core/problem';
import { has, t } from '../../core/text.svelte';

/** From what a job says of one of its pictures. */
export function problemOfItem(told: ItemProblem | undefined): Problem {
  if (told === undefined) return cancelled();
  const { status, code, detail, hint } = told;
  return new Problem({ status, code, title: detail, hint });
}

export function cancelled(): Problem {
  return new Problem({ code: 'cancelled', title: t('result.cancelled') });
}

/** Nobody answers: the server has ended, or the network is away. */
export function isGone(problem: Problem | null): boolean {
  return problem?.code === 'server-gone';
}

export interface Said {
  readonly text: string;
  readonly hint: string;
  /** The server's own words, where ours stand before them. */
  readonly own: string;
}

/** In the reader's language where we know what happened; the server's own words go along. */
export function said(problem: Problem): Said {
  const key = `result.code_${problem.code.replaceAll('-', '_')}`;
  const own = [problem.title, problem.hint].filter(Boolean).join(' – ');
  if (!has(key)) return { text: capital(problem.title), hint: problem.hint, own: '' };
  const hint = has(`${key}_hint`) ? t(`${key}_hint`) : '';
  // What a program would have to send helps nobody who sits before a page.
  const isForPrograms = problem.status === 0 || problem.status === 401;
  return { text: t(key), hint, own: isForPrograms ? '' : own };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
