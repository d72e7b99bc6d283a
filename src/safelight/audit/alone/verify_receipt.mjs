// Check a receipt of Safelight without Safelight: one file, no dependency, only Web Cryptography.
//
// In a page:      const { rows } = await verify(receiptBytes, { output, key, proof });
// On a computer:  node verify_receipt.mjs RECEIPT [OUTPUT] [--key KEY] [--proof FILE] [--json]
//
// receipt, output and proof are Uint8Array; key is a fingerprint (64 hexadecimal digits) or PEM
// text. Four lines are answered, each ok, failed or unknown: signature, schema, chain, output. See
// verify_receipt.py, which does the same and says how a receipt is made. Nothing is sent anywhere.
// Exit code 0: all that was asked holds. 1: something failed. 3: nothing failed, but no key was
// given. 2: it cannot be looked at. Licence: Apache-2.0.

const MAX_BYTES = 1_000_000;
const IN_TOTO = "application/vnd.in-toto+json";
const STATEMENT = "https://in-toto.io/Statement/v1";
const FORMS = { "tag:safelight,2026:receipt/v1": 1, "tag:safelight,2026:receipt/v2": 2 };
const NAMES = ["signature", "schema", "chain", "output"];
const DISCLOSURES = ["none", "algorithmic", "ai-restored"];
const RESTORED = ["upscale", "denoise", "dejpeg"];
// Longer whole numbers and deeper nesting are refused, as by the other verifiers.
const MAX_DIGITS = 4_300;
const MAX_LEVELS = 199;
const COUNT = `0..${2 ** 53}`;
const PATTERNS = {
  digest: /^[0-9a-f]{64}$/,
  perhaps: /^([0-9a-f]{64})?$/,
  code: /^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,63}$/,
  id: /^[0-9a-f]{32}$/,
  pseudonym: /^[0-9a-f]{16}$/,
  time: /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/,
};
// Every object of a predicate and its fields, as `name:kind`; without a kind it is a text. After the
// name: ? may be left out, + may be left out and is of form 2 alone, ! may be left out in form 2
// alone. [kind] is a list, with how many there may be behind it; {kind:kind} an object of any names
// of the one kind and values of the other; 0..3 a whole number, 0.0..1.0 one with a point; a kind of
// this table is such an object, one of WORDS is one of its texts.
const SHAPES = `
assignment: case?:code purpose?:code role?:code
custody: event:event from_role? reason? seal? to_role? witness_role?
egress: attempted:count contained:count filter_sha256:perhaps level:0..3 mechanisms:[text]
  not_covered:[text] self_test+:selftest strength:strength window+:window
environment: libraries:{text:text} machine package_sha256+:digest python safelight system
  system_version
group: added:count added_names:[text] group kept:count kept_names:[text] removed:count
  removed_names:[text]
head: entries:count journal:digest root:digest
input: bytes:count encryption+ height:count keyed_digest!:digest media_type name+
  pixel_sha256+:digest sha256+:digest width:count
key: fingerprint:digest public
locality: entry:entry place:place
marks: carried:[text] manifests_removed:count removed:[text] written:[text]
metadata: groups:[group] is_reencoded:yes place_after:yes place_before:yes thumbnail_after:yes
  thumbnail_before:yes
model: determinism:determinism halo:count licence name precision provider retried?:retry runtime
  runtime_version sha256:digest source task tile:count
operation: cages?:2..2 confidence?:0.0..1.0 decided?:{decision:0.0..100.0} duration_ms:count
  recipe:any recipe_keyed+:digest recipe_sha256:digest verbs:[text]1.. withheld+:[text]
output: bytes:count encryption+ height:count keyed_digest+:digest media_type name+
  pixel_sha256+:digest sha256!:digest width:count
predicate: actor:pseudonym assignment+:assignment clock:clock created:time custody+:custody
  disclosure:disclosure egress:egress environment:environment follows:head id:id
  inputs:[input]1..64 key:key limits:[text] locality:locality marks+:marks metadata:metadata
  models:[model]0..16 nonce:digest operation:operation outputs:[output]0..64
  redactions+:[redaction]1..64 schema_version:count storage:storage
redaction: fill grow:0.0..200.0 kinds:{text:count} margin:count recheck:recheck regions:count
retry: blank:count name not_finite:count out_of_range:count sha256:digest
  wrong_shape?:1..9007199254740992
selftest: attempted:count contained:count level:0..3 time:time
storage: core_dumps:state held:[text] spilled_bytes+:count swap:state temporary_files:count wipe+
window: connections:count end:time start:time
`;
// The words of each fixed list.
const WORDS = `
clock: system clock, not checked | system clock, synchronised as the system says | system clock,
  not synchronised as the system says
decision: jpeg-quality | noise | quality
determinism: same bytes on the same processor and versions | not repeatable
disclosure: none | algorithmic | ai-restored
entry: command line | python | server
event: acquired | copied | processed | transferred | sealed | opened | erased
place: this computer
recheck: each region has its one colour in the result as decoded again | not made: this format
  does not keep every pixel | not made: a later step changed the pixels
state: on | off | unknown
strength: enforced by kernel | enforced in process | observed | none
`;
const rowsOf = (table, between) => new Map(
  table.trim().replace(/\n +/g, " ").split("\n").map((row) => {
    const at = row.indexOf(": ");
    return [row.slice(0, at), row.slice(at + 2).split(between)];
  }),
);
const FIELDS = rowsOf(SHAPES, " ");
const LISTS = rowsOf(WORDS, " | ");

class Refused extends Error {}
class Unknown extends Error {}

// --- canonical JSON and base64: one value, one spelling

const UTF8 = new TextEncoder();

function text(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused("the document is no JSON");
  }
}

// A number keeps its spelling: 1 and 1.0 are two numbers in canonical JSON and one in JavaScript.
class Numeral {
  constructor(spelling) {
    this.spelling = spelling;
  }
}

// The one spelling of a number: whole ones without a sign for 0, others as short as can be, with a
// point, and with an exponent below 0.0001 and from 1e16 on.
function spelled(token) {
  const isWhole = /^-?[0-9]+$/.test(token);
  if (isWhole ? token.replace("-", "").length > MAX_DIGITS : !Number.isFinite(Number(token))) {
    throw new Refused("the document is no JSON");
  }
  if (isWhole) return token === "-0" ? "0" : token;
  const amount = Math.abs(Number(token)).toExponential();
  const [, first, rest, power] = /^(.)\.?(.*)e(.+)$/.exec(amount);
  const sign = token[0] === "-" ? "-" : "";
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${first}${rest && `.${rest}`}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${first}${rest}`;
  const digits = (first + rest).padEnd(exponent + 2, "0");
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function byCodePoints(one, other) {
  const a = Array.from(one, (sign) => sign.codePointAt(0));
  const b = Array.from(other, (sign) => sign.codePointAt(0));
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    if (a[at] !== b[at]) return a[at] - b[at];
  }
  return a.length - b.length;
}

function canonical(value) {
  if (value instanceof Numeral) return value.spelling;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value instanceof Map) {
    const names = [...value.keys()].sort(byCodePoints);
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value.get(name))}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

const TOKEN = /[{}[\]:,]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

function parse(source) {
  let at = 0;
  const next = () => {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(source);
    if (found === null) throw new Refused("the document is no JSON");
    at = TOKEN.lastIndex;
    return found[0];
  };
  const expect = (token, wanted) => {
    if (token !== wanted) throw new Refused("the document is no JSON");
  };
  const list = (end, one) => {
    for (let token = next(), isFirst = true; token !== end; token = next(), isFirst = false) {
      if (!isFirst) expect(token, ",");
      one(isFirst ? token : next());
    }
  };
  const value = (token) => {
    if (token === "{") {
      const found = new Map();
      list("}", (name) => {
        if (name[0] !== '"') throw new Refused("the document is no JSON");
        expect(next(), ":");
        found.set(JSON.parse(name), value(next()));
      });
      return found;
    }
    if (token === "[") {
      const found = [];
      list("]", (first) => found.push(value(first)));
      return found;
    }
    if (/^[-0-9]/.test(token)) return new Numeral(spelled(token));
    if (/^[^"tfn]|\p{Surrogate}/u.test(token) || /\\u[dD][89a-fA-F]/.test(token)) {
      throw new Refused("the document is no JSON");
    }
    return JSON.parse(token);
  };
  const found = value(next());
  if (at !== source.length) throw new Refused("the document is no JSON");
  return found;
}

function readCanonical(bytes) {
  if (bytes.length > MAX_BYTES) throw new Refused("the document is too long");
  let value, source;
  try {
    source = text(bytes);
    value = parse(source);
  } catch (error) {
    if (error instanceof RangeError) throw new Refused("the document is no JSON");
    throw error;
  }
  if (canonical(value) !== source) throw new Refused("the document is not in its canonical form");
  return value;
}

function unbase64(written) {
  let found;
  try {
    found = Uint8Array.from(atob(written), (sign) => sign.charCodeAt(0));
  } catch {
    throw new Refused("the document is no base64");
  }
  if (base64(found) !== written) throw new Refused("the document is not in its canonical form");
  return found;
}

const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (digits) => Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
const isSame = (one, other) => hex(one) === hex(other);

function joined(...parts) {
  const bytes = parts.map((part) => (typeof part === "string" ? UTF8.encode(part) : part));
  const whole = new Uint8Array(bytes.reduce((sum, part) => sum + part.length, 0));
  bytes.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

const hash = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const sha256 = async (bytes) => hex(await hash(bytes));

async function isSigned(raw, signature, data) {
  try {
    const key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, key, signature, data);
  } catch (error) {
    if (error.name === "NotSupportedError") throw new Unknown("no Ed25519 in this program");
    return false;
  }
}

// --- the envelope and its signature

const isObject = (value) => value instanceof Map;
const at = (value, ...path) =>
  path.reduce((inner, name) => (isObject(inner) ? inner.get(name) : undefined), value);
const hasExactly = (value, ...names) =>
  isObject(value) && value.size === names.length && names.every((name) => value.has(name));

function readEnvelope(bytes) {
  const found = readCanonical(bytes);
  const list = at(found, "signatures");
  const one = Array.isArray(list) && list.length === 1 ? list[0] : undefined;
  const isWhole = hasExactly(found, "payload", "payloadType", "signatures");
  const parts = [at(found, "payload"), at(found, "payloadType"), at(one, "keyid"), at(one, "sig")];
  if (!isWhole || !hasExactly(one, "keyid", "sig") || parts.some((p) => typeof p !== "string")) {
    throw new Refused("the document is no envelope with one signature");
  }
  return { payload: unbase64(parts[0]), kind: parts[1], keyid: parts[2], signature: unbase64(parts[3]) };
}

async function signedPayload(bytes) {
  const { payload, kind, keyid, signature } = readEnvelope(bytes);
  if (kind !== IN_TOTO) throw new Refused("the envelope holds no in-toto statement");
  const statement = readCanonical(payload);
  const named = at(statement, "predicate", "key", "public");
  if (typeof named !== "string") throw new Refused("the receipt names no key");
  const raw = unbase64(named);
  const head = `DSSEv1 ${UTF8.encode(kind).length} ${kind} ${payload.length} `;
  const holds = (await sha256(raw)) === keyid && (await isSigned(raw, signature, joined(head, payload)));
  if (!holds) throw new Refused("the receipt was altered, or was never signed");
  return { statement, raw, keyid };
}

// --- the form of the statement

// Whether lists and objects lie in each other on no more levels than that.
function isNested(value, levels) {
  if (!isObject(value) && !Array.isArray(value)) return true;
  return levels > 0 && [...value.values()].every((one) => isNested(one, levels - 1));
}

// Whether a number lies in bounds such as 1..64; without an end there is none.
function isWithin(number, bounds) {
  const [low, high] = bounds.split("..");
  return number >= Number(low) && number <= (high ? Number(high) : Infinity);
}

// Bounds without a point are those of whole numbers, which here are taken as they are spelled.
function isNumber(value, bounds) {
  if (!(value instanceof Numeral)) return false;
  const isWhole = /^-?[0-9]+$/.test(value.spelling);
  if (isWhole !== !bounds.replace("..", "").includes(".")) return false;
  return isWithin(isWhole ? BigInt(value.spelling) : Number(value.spelling), bounds);
}

function fits(value, kind, form) {
  if (kind === "any") return isNested(value, MAX_LEVELS);
  if (kind[0] === "[") {
    const [, inner, bounds] = /^\[(.+)\](.*)$/.exec(kind);
    const isList = Array.isArray(value) && isWithin(value.length, bounds || "0..");
    return isList && value.every((one) => fits(one, inner, form));
  }
  if (kind[0] === "{") {
    const [, key, inner] = /^\{(.+):(.+)\}$/.exec(kind);
    const isPair = ([name, one]) => fits(name, key, form) && fits(one, inner, form);
    return isObject(value) && [...value].every(isPair);
  }
  if (FIELDS.has(kind)) return isObject(value) && hasFields(value, FIELDS.get(kind), form);
  if (LISTS.has(kind)) return LISTS.get(kind).includes(value);
  if (kind === "yes") return typeof value === "boolean";
  const bounds = kind === "count" ? COUNT : kind;
  if (bounds.includes("..")) return isNumber(value, bounds);
  if (typeof value !== "string" || Array.from(value).length > 500) return false;
  return kind === "text" || PATTERNS[kind].test(value);
}

function hasFields(value, fields, form) {
  const known = new Set();
  for (const field of fields) {
    const [, name, mark, kind] = /^([a-z0-9_]+)([?+!]?)(?::(.+))?$/.exec(field);
    if (mark === "+" && form === 1) continue;
    known.add(name);
    if (value.has(name)) {
      if (!fits(value.get(name), kind ?? "text", form)) return false;
    } else if (mark === "" || (mark === "!" && form === 1)) {
      return false;
    }
  }
  return [...value.keys()].every((name) => known.has(name));
}

function digestOf(file, order) {
  const name = order.find((one) => file.has(one));
  if (name === undefined) throw new Refused("the receipt contradicts itself");
  return new Map([[name === "sha256" ? name : "hmacSha256", file.get(name)]]);
}

function subjectOf(predicate) {
  const results = predicate.get("outputs");
  const [name, files, order] = results.length
    ? ["output", results, ["sha256", "keyed_digest"]]
    : ["input", predicate.get("inputs"), ["keyed_digest", "sha256"]];
  return files.map((file) => new Map([["name", name], ["digest", digestOf(file, order)]]));
}

function disclosureOf(models) {
  const ranks = models.map((model) => (RESTORED.includes(model.get("task")) ? 2 : 1));
  return DISCLOSURES[Math.max(0, ...ranks)];
}

async function checkForm(statement, keyid) {
  const kind = at(statement, "predicateType");
  if (at(statement, "_type") !== STATEMENT || typeof kind !== "string") {
    throw new Refused("the payload is no in-toto statement");
  }
  const form = Object.hasOwn(FORMS, kind) ? FORMS[kind] : undefined;
  const predicate = at(statement, "predicate");
  const said = at(predicate, "schema_version")?.spelling;
  if (form === undefined || (form > 1 && said !== String(form))) {
    throw new Unknown("the receipt is of a kind that this verifier cannot read");
  }
  const isWhole = hasExactly(statement, "_type", "predicate", "predicateType", "subject");
  if (!isWhole || !fits(predicate, "predicate", form)) {
    throw new Refused("the receipt's fields are out of order");
  }
  const operation = predicate.get("operation");
  const steps = at(operation, "recipe", "steps");
  const verbs = Array.isArray(steps) ? steps.filter(isObject).map((step) => step.get("op")) : [];
  const files = [...predicate.get("inputs"), ...predicate.get("outputs")];
  const isSound =
    said === String(form) &&
    files.every((file) => file.has("sha256") || file.has("keyed_digest")) &&
    canonical(statement.get("subject")) === canonical(subjectOf(predicate)) &&
    canonical(operation.get("verbs")) === canonical(verbs.map((verb) => verb ?? null)) &&
    operation.get("recipe_sha256") === (await sha256(joined(canonical(operation.get("recipe"))))) &&
    predicate.get("disclosure") === disclosureOf(predicate.get("models")) &&
    at(predicate, "key", "fingerprint") === keyid;
  if (!isSound) throw new Refused("the receipt contradicts itself");
  return kind;
}

// --- the output and the journal

async function checkOutput(predicate, output) {
  const facts = predicate.get("outputs");
  if (facts.length === 0) return "an analysis, which has no output";
  if (output === undefined) throw new Unknown("no output was given");
  if (!facts.every((fact) => fact.has("sha256"))) {
    throw new Unknown("its digest is keyed: only who holds the key can compare");
  }
  const digest = await sha256(output);
  const isIt = (fact) =>
    fact.get("sha256") === digest && fact.get("bytes").spelling === String(output.length);
  if (!facts.some(isIt)) throw new Refused("the file is not the one that was signed");
  return "the file is the one that was signed";
}

function readProof(bytes) {
  const damaged = new Refused("the proof is damaged");
  const [form, extra, index, ...rest] = text(bytes).split("\n");
  const end = rest.indexOf("");
  const isWhole = form === "c2sp.org/tlog-proof@v1" && extra?.startsWith("extra ") && end >= 0;
  if (!isWhole || !/^index (0|[1-9][0-9]{0,15})$/.test(index)) throw damaged;
  const facts = readCanonical(unbase64(extra.slice("extra ".length)));
  const parts = [at(facts, "entry"), at(facts, "key")];
  if (!hasExactly(facts, "entry", "key") || parts.some((p) => typeof p !== "string")) throw damaged;
  return {
    index: Number(index.slice("index ".length)),
    entry: UTF8.encode(parts[0]),
    path: rest.slice(0, end).map(unbase64),
    checkpoint: rest.slice(end + 1).join("\n"),
    raw: unbase64(parts[1]),
  };
}

async function readCheckpoint(note, raw) {
  const origin = `safelight/journal/${await sha256(raw)}`;
  const [said, size, root, empty, signed, end, ...more] = note.split("\n");
  const [dash, signer, written, ...further] = (signed ?? "").split(" ");
  const isWhole = said === origin && empty === "" && dash === "\u2014" && signer === origin;
  const isShort = end === "" && more.length === 0 && further.length === 0;
  if (!isWhole || !isShort || !/^(0|[1-9][0-9]{0,15})$/.test(size)) {
    throw new Refused("the checkpoint is damaged");
  }
  const keyid = (await hash(joined(origin, "\n\u0001", raw))).slice(0, 4);
  const signature = unbase64(written);
  if (!isSame(signature.slice(0, 4), keyid)) throw new Refused("the checkpoint is damaged");
  if (!(await isSigned(raw, signature.slice(4), joined(`${origin}\n${size}\n${root}\n`)))) {
    throw new Refused("the checkpoint's signature does not hold");
  }
  return { size: Number(size), root: unbase64(root) };
}

async function rootBy(path, leaf, index, size) {
  let node = await hash(joined("\u0000", leaf));
  let [place, last] = [BigInt(index), BigInt(size) - 1n];
  for (const step of path) {
    if (last === 0n) throw new Refused("the proof is longer than the tree is high");
    if (place & 1n || place === last) {
      node = await hash(joined("\u0001", step, node));
      while (!(place & 1n) && place) [place, last] = [place >> 1n, last >> 1n];
    } else {
      node = await hash(joined("\u0001", node, step));
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  if (last) throw new Refused("the proof does not reach the root");
  return node;
}

async function checkChain(receipt, predicate, proof) {
  const { index, entry, path, checkpoint, raw } = readProof(proof);
  const { size, root } = await readCheckpoint(checkpoint, raw);
  const line = index < size ? readCanonical(entry) : undefined;
  const isBelow = index < size && isSame(await rootBy(path, entry, index, size), root);
  if (!isBelow || at(line, "number")?.spelling !== String(index + 1)) {
    throw new Refused("the entry does not stand below this checkpoint");
  }
  if (at(line, "commitment") !== (await sha256(joined(unhex(predicate.get("nonce")), receipt)))) {
    throw new Refused("the proof is of another receipt");
  }
  const follows = predicate.get("follows");
  const isItsOwn = follows.get("journal") === (await sha256(raw));
  if (!isItsOwn || Number(follows.get("entries").spelling) > index) {
    throw new Refused("the proof is of another journal than the receipt's");
  }
  return `entry ${index + 1} of ${size} in the journal`;
}

// --- the four lines

export async function fingerprintOf(key) {
  if (/^[0-9a-fA-F]{64}$/.test(key)) return key.toLowerCase();
  const found = /^-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(key);
  const der = found ? unbase64(found[1].replace(/\s/g, "")) : new Uint8Array();
  if (hex(der.slice(0, 12)) !== "302a300506032b6570032100" || der.length !== 44) {
    throw new TypeError("the key is no Ed25519 public key");
  }
  return sha256(der.slice(12));
}

export async function verify(receipt, { output, key, proof } = {}) {
  const trusted = key === undefined ? undefined : await fingerprintOf(key);
  const said = new Map();
  const ask = async (name, question) => {
    try {
      said.set(name, ["ok", await question()]);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unknown)) throw error;
      said.set(name, [error instanceof Unknown ? "unknown" : "failed", error.message]);
    }
  };
  let found;
  await ask("signature", async () => {
    found = await signedPayload(receipt);
    if (trusted === undefined) {
      throw new Unknown(`whole, and signed by the key ${found.keyid}; compare that`);
    }
    if (trusted !== found.keyid) throw new Refused(`signed by another key: ${found.keyid}`);
    return `signed by the key ${found.keyid}`;
  });
  if (found) await ask("schema", () => checkForm(found.statement, found.keyid));
  const predicate = said.get("schema")?.[0] === "ok" ? found.statement.get("predicate") : undefined;
  if (predicate) {
    await ask("chain", () => {
      if (proof === undefined) throw new Unknown("no proof from the journal was given");
      return checkChain(receipt, predicate, proof);
    });
    await ask("output", () => checkOutput(predicate, output));
  }
  const unseen = ["unknown", "not looked at without a sound receipt"];
  const rows = NAMES.map((name) => {
    const [state, sentence] = said.get(name) ?? unseen;
    return { name, state, sentence };
  });
  return { rows, limits: predicate ? predicate.get("limits") : [] };
}

const USAGE = "verify_receipt.mjs RECEIPT [OUTPUT] [--key KEY] [--proof FILE] [--json]";

async function main(words) {
  const { readFile } = await import("node:fs/promises");
  const [plain, options] = [[], {}];
  for (let place = 0; place < words.length; place += 1) {
    if (words[place] === "--json") options.json = true;
    else if (words[place] === "--key" || words[place] === "--proof") {
      options[words[place].slice(2)] = words[(place += 1)] ?? "";
    } else plain.push(words[place]);
  }
  if (plain.length < 1 || plain.length > 2) throw new TypeError(USAGE);
  const bytes = async (path) => new Uint8Array(await readFile(path));
  const isName = /^[0-9a-fA-F]{64}$/.test(options.key ?? "");
  const { rows, limits } = await verify(await bytes(plain[0]), {
    output: plain[1] === undefined ? undefined : await bytes(plain[1]),
    key: options.key !== undefined && !isName ? await readFile(options.key, "utf8") : options.key,
    proof: options.proof === undefined ? undefined : await bytes(options.proof),
  });
  const failed = rows.some((row) => row.state === "failed");
  if (options.json) {
    console.log(JSON.stringify({ failed, lines: rows }));
  } else {
    for (const row of rows) {
      console.log(`${row.name.padEnd(10)} ${row.state.padEnd(8)} ${row.sentence}`);
    }
    if (limits.length) console.log("\nWhat this cannot prove:");
    for (const limit of limits) console.log(`  - ${limit.replace(/[^\x20-\x7e\u00a1-\uffff]/g, "")}`);
  }
  return failed ? 1 : rows[0].state === "ok" ? 0 : 3;
}

// Whether this file was started, by whatever name: a folder may be a link or have odd signs in it.
async function isStarted() {
  if (typeof process === "undefined" || !process.argv?.[1]) return false;
  const { realpath } = await import("node:fs/promises");
  const { fileURLToPath } = await import("node:url");
  const places = [process.argv[1], fileURLToPath(import.meta.url)];
  const [started, here] = await Promise.all(places.map((path) => realpath(path).catch(() => path)));
  return started === here;
}

isStarted()
  .then((is) => (is ? main(process.argv.slice(2)) : undefined))
  .then(
    (code) => code === undefined || (process.exitCode = code),
    (error) => {
      console.error(error.message);
      process.exitCode = 2;
    },
  );
