// Refining: what somebody made of a cut-out: strokes, ground, frame. It is kept for the visit, in
// memory alone, for as long as the cut-out itself: who looks at another page finds it again.

import type { Framing } from '../../../core/placing';
import type { Stroke } from '../../../widgets/strokes';
import type { Result } from '../../results/result';
import type { Ground } from './composing';

export interface Refined {
  strokes: readonly Stroke[];
  ground: Ground;
  /** The picture that is the ground. */
  groundFile: File | null;
  framing: Framing;
}

const UNTOUCHED: Refined = {
  strokes: [],
  ground: { kind: 'transparent', colour: '#ffffff', picture: null },
  groundFile: null,
  framing: { kind: 'whole', margin: 0 },
};
const refined = new WeakMap<Result, Refined>();

/** How far somebody came with this cut-out. */
export function refinedOf(result: Result | null): Refined {
  return (result && refined.get(result)) ?? UNTOUCHED;
}

export function keepRefined(result: Result, now: Refined): void {
  refined.set(result, now);
}
