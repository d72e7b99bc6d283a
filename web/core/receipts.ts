// Receipts checked in the page. The checking itself is the verifier that also stands alone: there
// is no second one. Here its four lines get a code each, for which the catalogues have words.

import {
  fingerprintOf,
  verify,
  type Row,
} from '../../src/safelight/audit/alone/verify_receipt.mjs';

/** What one line came to. */
export type Code =
  | 'signed'
  | 'no_key'
  | 'other_key'
  | 'altered'
  | 'no_ed25519'
  | 'form_known'
  | 'form_newer'
  | 'form_broken'
  | 'chain_holds'
  | 'chain_unasked'
  | 'chain_broken'
  | 'same_file'
  | 'no_output_made'
  | 'no_file'
  | 'keyed'
  | 'other_file'
  | 'not_looked';

export interface Line {
  name: Row['name'];
  state: Row['state'];
  code: Code;
}

/** Which of the things that were given is not what it was, or is not known. */
export type Fault = 'receipt' | 'output' | 'key' | 'proof' | null;

/** The facts of a receipt whose signature and form hold. */
export interface Said {
  created: string;
  clock: string;
  place: string;
  entry: string;
  verbs: string[];
  steps: { name: string; given: [string, string][] }[];
  inputs: FileSaid[];
  outputs: FileSaid[];
  removed: { group: string; count: number; names: string[] }[];
  models: { name: string; licence: string; sha256: string }[];
  disclosure: string;
  level: number;
  strength: string;
  mechanisms: string[];
  limits: string[];
}

export interface FileSaid {
  type: string;
  bytes: number;
  width: number;
  height: number;
  sha256: string | null;
  name: string | null;
}

export interface Check {
  lines: Line[];
  fault: Fault;
  /** The fingerprint of the key that signed, if its signature holds. */
  signer: string | null;
  said: Said | null;
}

export interface Given {
  output?: Uint8Array;
  /** PEM text, or a fingerprint. */
  key?: string;
  proof?: Uint8Array;
}

export { fingerprintOf };

/** All that can be told of a receipt. Throws TypeError for a key that is none. */
export async function check(receipt: Uint8Array, given: Given = {}): Promise<Check> {
  const { rows } = await verify(receipt, given);
  const signature = rowOf(rows, 'signature');
  const isWhole = signature.state === 'ok' || (await isSigned(receipt, signature, given));
  const document = isWhole ? opened(receipt) : null;
  const said = rowOf(rows, 'schema').state === 'ok' && document ? saidBy(document.predicate) : null;
  const lines = rows.map((row) => ({
    name: row.name,
    state: row.state,
    code: codeOf(row, { isWhole, said, hasOutput: given.output !== undefined }),
  }));
  return { lines, fault: faultOf(lines), signer: document?.signer ?? null, said };
}

/** Whether this text looks like a receipt, a public key or a proof; null for any other file. */
export function kindOf(start: string): 'receipt' | 'key' | 'proof' | null {
  if (start.startsWith('-----BEGIN PUBLIC KEY-----')) return 'key';
  if (start.startsWith('c2sp.org/tlog-proof@')) return 'proof';
  return /^\s*\{\s*"payload/.test(start) ? 'receipt' : null;
}

/** Under another key than the one that was named a signature may still be whole. */
async function isSigned(receipt: Uint8Array, row: Row, given: Given): Promise<boolean> {
  const first = given.key === undefined ? row : rowOf((await verify(receipt)).rows, 'signature');
  return first.state === 'unknown' && first.sentence.startsWith('whole');
}

function rowOf(rows: Row[], name: Row['name']): Row {
  const found = rows.find((row) => row.name === name);
  return found ?? { name, state: 'unknown', sentence: '' };
}

interface Known {
  isWhole: boolean;
  said: Said | null;
  hasOutput: boolean;
}

function codeOf(row: Row, known: Known): Code {
  switch (row.name) {
    case 'signature':
      if (row.state === 'ok') return 'signed';
      if (row.state === 'unknown') return known.isWhole ? 'no_key' : 'no_ed25519';
      return known.isWhole ? 'other_key' : 'altered';
    case 'schema':
      if (row.state === 'ok') return 'form_known';
      if (row.state === 'failed') return 'form_broken';
      return known.isWhole ? 'form_newer' : 'not_looked';
    case 'chain':
      if (row.state === 'unknown') return known.said ? 'chain_unasked' : 'not_looked';
      return row.state === 'ok' ? 'chain_holds' : 'chain_broken';
    case 'output':
      return outputCode(row, known);
  }
}

function outputCode(row: Row, { said, hasOutput }: Known): Code {
  if (said === null) return 'not_looked';
  if (row.state === 'failed') return 'other_file';
  if (row.state === 'ok') return said.outputs.length ? 'same_file' : 'no_output_made';
  return hasOutput ? 'keyed' : 'no_file';
}

function faultOf(lines: Line[]): Fault {
  const codes = new Set(lines.map((line) => line.code));
  if (codes.has('altered') || codes.has('form_broken')) return 'receipt';
  if (codes.has('other_key')) return 'key';
  if (codes.has('other_file')) return 'output';
  return codes.has('chain_broken') ? 'proof' : null;
}

// --- what stands in it: read only once the verifier has found its form in order

type Json = Record<string, unknown>;

function opened(receipt: Uint8Array): { predicate: Json; signer: string } {
  const envelope = JSON.parse(new TextDecoder().decode(receipt)) as {
    payload: string;
    signatures: [{ keyid: string }];
  };
  const payload = Uint8Array.from(atob(envelope.payload), (sign) => sign.charCodeAt(0));
  const statement = JSON.parse(new TextDecoder().decode(payload)) as { predicate: Json };
  return { predicate: statement.predicate, signer: envelope.signatures[0].keyid };
}

function saidBy(predicate: Json): Said {
  const operation = predicate.operation as { verbs: string[]; recipe: Json };
  const egress = predicate.egress as { level: number; strength: string; mechanisms: string[] };
  const locality = predicate.locality as { place: string; entry: string };
  const metadata = predicate.metadata as { groups: Json[] };
  return {
    created: predicate.created as string,
    clock: predicate.clock as string,
    place: locality.place,
    entry: locality.entry,
    verbs: operation.verbs,
    steps: stepsOf(operation.recipe),
    inputs: (predicate.inputs as Json[]).map(fileOf),
    outputs: (predicate.outputs as Json[]).map(fileOf),
    removed: metadata.groups.map(groupOf).filter((group) => group.count > 0),
    models: (predicate.models as Json[]).map((model) => ({
      name: String(model.name),
      licence: String(model.licence),
      sha256: String(model.sha256),
    })),
    disclosure: predicate.disclosure as string,
    level: egress.level,
    strength: egress.strength,
    mechanisms: egress.mechanisms,
    limits: predicate.limits as string[],
  };
}

function stepsOf(recipe: Json): Said['steps'] {
  const steps = Array.isArray(recipe.steps) ? (recipe.steps as Json[]) : [];
  return steps.map((step) => ({
    name: String(step.op),
    given: Object.entries((step.parameters as Json | undefined) ?? {})
      .filter(([, value]) => value !== null && value !== false && !isEmpty(value))
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(' ') : String(value)]),
  }));
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function groupOf(group: Json): Said['removed'][number] {
  return {
    group: String(group.group),
    count: Number(group.removed),
    names: group.removed_names as string[],
  };
}

function fileOf(file: Json): FileSaid {
  return {
    type: String(file.media_type),
    bytes: Number(file.bytes),
    width: Number(file.width),
    height: Number(file.height),
    sha256: typeof file.sha256 === 'string' ? file.sha256 : null,
    name: typeof file.name === 'string' ? file.name : null,
  };
}
