/** Problem: what went wrong, in a sentence, and what helps. The one kind of error in the studio. */

export interface ProblemFacts {
  status?: number | undefined;
  code: string;
  title: string;
  hint?: string | undefined;
  waitMs?: number | undefined;
}

export class Problem extends Error {
  /** The HTTP status, 0 where no server was asked. */
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly hint: string;
  /** After which time to ask again, where the server said so. */
  readonly waitMs: number | undefined;

  constructor(facts: ProblemFacts) {
    super(facts.title);
    this.name = 'Problem';
    this.status = facts.status ?? 0;
    this.code = facts.code;
    this.title = facts.title;
    this.hint = facts.hint ?? '';
    this.waitMs = facts.waitMs;
  }

  /** Whatever was thrown, as a problem. */
  static of(thrown: unknown, code = 'failed'): Problem {
    if (thrown instanceof Problem) return thrown;
    if (isFacts(thrown)) return new Problem(thrown);
    return new Problem({ code, title: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}

function isFacts(value: unknown): value is ProblemFacts {
  if (typeof value !== 'object' || value === null) return false;
  const facts = value as Record<string, unknown>;
  return typeof facts['code'] === 'string' && typeof facts['title'] === 'string';
}
