// The verifier that stands alone: plain JavaScript, handed out to who has no Safelight. Its words.

declare module '*/verify_receipt.mjs' {
  export interface Row {
    name: 'signature' | 'schema' | 'chain' | 'output';
    state: 'ok' | 'failed' | 'unknown';
    sentence: string;
  }
  export function verify(
    receipt: Uint8Array,
    given?: { output?: Uint8Array; key?: string; proof?: Uint8Array },
  ): Promise<{ rows: Row[]; limits: string[] }>;
  /** Of PEM text, or of 64 hexadecimal digits. Throws TypeError for anything else. */
  export function fingerprintOf(key: string): Promise<string>;
}
