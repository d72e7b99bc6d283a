// What the tool and its worker say to each other.

export interface Ask {
  /** A PNG. */
  picture: ArrayBuffer;
  runtime: ArrayBuffer;
  model: ArrayBuffer;
  scale: number;
}

export type Answer =
  | { kind: 'share'; share: number }
  | { kind: 'done'; picture: Blob; milliseconds: number }
  | { kind: 'failed'; words: string };
