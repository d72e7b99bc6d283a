/** Receipt: what a signed receipt says, as far as the privacy page tells it. */
import { whereNow } from '../../tasks/where';

export interface Envelope {
  payload: string;
  payloadType: string;
  signatures: { keyid: string; sig: string }[];
}

export interface PictureFact {
  bytes: number;
  media_type: string;
  width: number;
  height: number;
}

export interface ModelFact {
  name: string;
  sha256: string;
  task: string;
}

export interface Told {
  id: string;
  created: string;
  inputs: PictureFact[];
  outputs: PictureFact[];
  models: ModelFact[];
  operation: { verbs: string[]; duration_ms: number };
  locality: { place: string; entry: string };
  egress: {
    level: number;
    attempted: number;
    contained: number;
    strength: string;
    mechanisms: string[];
    not_covered: string[];
  };
  storage: { held: string[]; temporary_files: number; wipe?: string };
}

export interface VerifiedLine {
  name: string;
  state: 'ok' | 'failed' | 'unknown';
  sentence: string;
}

export interface Verification {
  failed: boolean;
  hint: string;
  lines: VerifiedLine[];
  limits: string[];
}

/** What was signed, in words and numbers. Throws SyntaxError for an envelope that holds none. */
export function told(envelope: Envelope): Told {
  const bytes = Uint8Array.from(atob(envelope.payload), (letter) => letter.charCodeAt(0));
  const statement = JSON.parse(new TextDecoder().decode(bytes)) as { predicate?: Told };
  if (statement.predicate === undefined) throw new SyntaxError('no statement');
  return statement.predicate;
}

/**
 * Where the picture was, seen from here. A receipt says it as seen from the server: on its own
 * computer, which may be another one than this.
 */
export function placeOf({ locality }: Told): 'computer' | 'network' {
  return locality.place === 'this computer' ? whereNow() : 'network';
}

/** The very bytes that were handed out: written without blanks, as they were signed. */
export function bytesOf(envelope: Envelope): Blob {
  return new Blob([JSON.stringify(envelope)], { type: 'application/json' });
}
