#!/usr/bin/env python3
"""Check a receipt of Safelight without Safelight.

Usage: verify_receipt.py RECEIPT [OUTPUT] [--key KEY] [--proof FILE] [--json]

RECEIPT is a file NAME.receipt.json, OUTPUT the picture that it is about. KEY says whose receipt it
must be: a PEM file with the public key, or its fingerprint (64 hexadecimal digits), as its owner
told you by another way than the one the receipt came by. FILE is a proof that the receipt stands in
its owner's journal, NAME.tlog-proof.

Four lines are answered: signature (who signed it, and is every byte as it was), schema (is its form
in order), chain (does it stand in the journal), output (is the picture the one that was signed).
Exit code 0: all that was asked holds. 1: something failed. 3: nothing failed, but no KEY was given,
so anybody may have signed it. 2: it cannot be looked at.

It needs Python 3.9 and its package `cryptography`, opens no connection and writes nothing. Copy it
wherever you like. Licence: Apache-2.0. How a receipt is made, from the outside in:

1. An envelope (DSSE, version 1): base64 of the payload, its type, one signature, and the name of
   the key (keyid), SHA-256 of the raw Ed25519 public key. JSON in one canonical spelling: sorted
   keys, no blanks, UTF-8. Any other spelling is refused.
2. The signature is over "DSSEv1", the type's length, the type, the payload's length and the
   payload, with blanks between.
3. The payload is an in-toto statement (version 1): a subject, the output by its SHA-256, and a
   predicate, which says what was done and brings the public key along. Whose key it is, only KEY
   can tell.
4. The journal is a Merkle tree (RFC 6962). Its entry for a receipt is a line with SHA-256 of the
   receipt's nonce and the receipt's file. A proof leads from that line to a checkpoint, which the
   journal's key signed; the receipt names that key.

What none of this proves: that the input was genuine, that the clock was right, that the owner of
the key told the truth. See the limits in the receipt.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Callable
from typing import Any

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
except ImportError:
    sys.stderr.write("the package `cryptography` is not here: pip install cryptography\n")
    sys.exit(2)

MAX_BYTES = 1_000_000
IN_TOTO = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
FORMS = {"tag:safelight,2026:receipt/v1": 1, "tag:safelight,2026:receipt/v2": 2}
NAMES = ("signature", "schema", "chain", "output")
DISCLOSURES = ("none", "algorithmic", "ai-restored")
RESTORED = ("upscale", "denoise", "dejpeg")
MAX_LEVELS = 199
COUNT = f"0..{2**53}"
PATTERNS = {
    "digest": r"[0-9a-f]{64}",
    "perhaps": r"([0-9a-f]{64})?",
    "code": r"[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,63}",
    "id": r"[0-9a-f]{32}",
    "pseudonym": r"[0-9a-f]{16}",
    "time": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
}
# Every object of a predicate and its fields, as `name:kind`; without a kind it is a text. After the
# name: ? may be left out, + may be left out and is of form 2 alone, ! may be left out in form 2
# alone. [kind] is a list, with how many there may be behind it; {kind:kind} an object of any names
# of the one kind and values of the other; 0..3 a whole number, 0.0..1.0 one with a point; a kind of
# this table is such an object, one of WORDS is one of its texts.
SHAPES = """
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
"""


# The words of each fixed list.
WORDS = """
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
"""


class Refused(Exception):
    """Something is not as it must be; the sentence says what."""


class Unknown(Exception):
    """It cannot be told here, which is no sign of tampering."""


def rows_of(table: str, between: str) -> dict[str, list[str]]:
    """A table as lists, by the names of its rows."""
    rows = re.sub(r"\n +", " ", table.strip()).split("\n")
    return {name: listed.split(between) for name, listed in (row.split(": ", 1) for row in rows)}


FIELDS = rows_of(SHAPES, " ")
LISTS = rows_of(WORDS, " | ")


# --- canonical JSON and base64: one value, one spelling


def canonical(value: Any) -> bytes:
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def read_canonical(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise Refused("the document is too long")
    try:
        value = json.loads(data)
        is_same = canonical(value) == data
    except (ValueError, RecursionError):
        raise Refused("the document is no JSON") from None
    if not is_same:
        raise Refused("the document is not in its canonical form")
    return value


def unbase64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise Refused("the document is no base64") from None
    if base64.b64encode(data).decode() != text:
        raise Refused("the document is not in its canonical form")
    return data


def is_signed(public: bytes, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- the envelope and its signature


def read_envelope(data: bytes) -> tuple[bytes, str, str, bytes]:
    """Payload, type, name of the key and signature. Nothing of it is believed yet."""
    found = read_canonical(data)
    try:
        (signature,) = found["signatures"]
        fields = set(found), set(signature)
        parts = found["payload"], found["payloadType"], signature["keyid"], signature["sig"]
    except (TypeError, KeyError, ValueError):
        raise Refused("the document is no envelope with one signature") from None
    if fields != ({"payload", "payloadType", "signatures"}, {"keyid", "sig"}):
        raise Refused("the document is no envelope with one signature")
    if not all(isinstance(part, str) for part in parts):
        raise Refused("the document is no envelope with one signature")
    return unbase64(parts[0]), parts[1], parts[2], unbase64(parts[3])


def signed_payload(data: bytes) -> tuple[Any, bytes]:
    """The statement and the public key that signed it, which the statement itself names."""
    payload, kind, keyid, signature = read_envelope(data)
    if kind != IN_TOTO:
        raise Refused("the envelope holds no in-toto statement")
    statement = read_canonical(payload)
    try:
        public = unbase64(statement["predicate"]["key"]["public"])
    except (TypeError, KeyError):
        raise Refused("the receipt names no key") from None
    kind_bytes = kind.encode()
    encoded = b"DSSEv1 %d %b %d %b" % (len(kind_bytes), kind_bytes, len(payload), payload)
    if sha256(public) != keyid or not is_signed(public, signature, encoded):
        raise Refused("the receipt was altered, or was never signed")
    return statement, public


# --- the form of the statement


def fits(value: Any, kind: str, form: int) -> bool:
    """Whether a value is of a kind of SHAPES."""
    if kind == "any":
        return is_nested(value, MAX_LEVELS)
    if kind[0] == "[":
        inner, _, bounds = kind[1:].rpartition("]")
        is_list = isinstance(value, list) and is_within(len(value), bounds or "0..")
        return is_list and all(fits(one, inner, form) for one in value)
    if kind[0] == "{":
        key, _, inner = kind[1:-1].partition(":")
        return isinstance(value, dict) and all(
            fits(name, key, form) and fits(one, inner, form) for name, one in value.items()
        )
    if kind in FIELDS:
        return isinstance(value, dict) and has_fields(value, FIELDS[kind], form)
    if kind in LISTS:
        return value in LISTS[kind]
    if kind == "yes":
        return isinstance(value, bool)
    bounds = COUNT if kind == "count" else kind
    if ".." in bounds:
        wanted = float if "." in bounds.replace("..", "") else int
        return type(value) is wanted and is_within(value, bounds)
    if not isinstance(value, str) or len(value) > 500:
        return False
    return kind == "text" or re.fullmatch(PATTERNS[kind], value) is not None


def is_nested(value: Any, levels: int) -> bool:
    """Whether lists and objects lie in each other on no more levels than that."""
    if not isinstance(value, (dict, list)):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(is_nested(one, levels - 1) for one in inner)


def is_within(number: float, bounds: str) -> bool:
    """Whether a number lies in bounds such as 1..64; without an end there is none."""
    low, high = bounds.split("..")
    return float(low) <= number <= float(high or "inf")


def has_fields(value: dict[str, Any], fields: list[str], form: int) -> bool:
    """Whether an object has exactly the fields that it may and must have."""
    known = set()
    for field in fields:
        marked, _, kind = field.partition(":")
        name = marked.rstrip("?+!")
        mark = marked[len(name) :]
        if mark == "+" and form == 1:
            continue
        known.add(name)
        if name in value:
            if not fits(value[name], kind or "text", form):
                return False
        elif mark not in ("?", "+") and not (mark == "!" and form == 2):
            return False
    return set(value) <= known


def digest_of(file: dict[str, Any], order: tuple[str, str]) -> dict[str, str]:
    for name in order:
        if name in file:
            return {{"sha256": "sha256", "keyed_digest": "hmacSha256"}[name]: file[name]}
    raise Refused("the receipt contradicts itself")


def subject_of(predicate: dict[str, Any]) -> list[dict[str, Any]]:
    """What a statement with this predicate must be about."""
    if predicate["outputs"]:
        order = ("sha256", "keyed_digest")
        return [{"name": "output", "digest": digest_of(o, order)} for o in predicate["outputs"]]
    order = ("keyed_digest", "sha256")
    return [{"name": "input", "digest": digest_of(i, order)} for i in predicate["inputs"]]


def disclosure_of(models: list[dict[str, Any]]) -> str:
    """The strongest class that the tasks of the models call for."""
    ranks = [2 if model["task"] in RESTORED else 1 for model in models]
    return DISCLOSURES[max(ranks, default=0)]


def check_form(statement: Any, keyid: str) -> str:
    """Whether the statement is of a form that is known here, and does not contradict itself."""
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT:
        raise Refused("the payload is no in-toto statement")
    kind = statement.get("predicateType")
    if not isinstance(kind, str):
        raise Refused("the payload is no in-toto statement")
    form = FORMS.get(kind)
    predicate: Any = statement.get("predicate")
    said = predicate.get("schema_version") if isinstance(predicate, dict) else None
    if form is None or (form > 1 and said != form):
        raise Unknown("the receipt is of a kind that this verifier cannot read")
    if set(statement) != {"_type", "predicate", "predicateType", "subject"}:
        raise Refused("the receipt's fields are out of order")
    if not fits(predicate, "predicate", form):
        raise Refused("the receipt's fields are out of order")
    operation, recipe = predicate["operation"], predicate["operation"]["recipe"]
    steps = recipe.get("steps") if isinstance(recipe, dict) else None
    steps = steps if isinstance(steps, list) else []
    verbs = [step.get("op") for step in steps if isinstance(step, dict)]
    files = predicate["inputs"] + predicate["outputs"]
    is_sound = (
        said == form
        and all({"sha256", "keyed_digest"} & set(file) for file in files)
        and statement["subject"] == subject_of(predicate)
        and operation["verbs"] == verbs
        and operation["recipe_sha256"] == sha256(canonical(recipe))
        and predicate["disclosure"] == disclosure_of(predicate["models"])
        and predicate["key"]["fingerprint"] == keyid
    )
    if not is_sound:
        raise Refused("the receipt contradicts itself")
    return kind


# --- the output and the journal


def check_output(predicate: dict[str, Any], path: str | None) -> str:
    facts = predicate["outputs"]
    if not facts:
        return "an analysis, which has no output"
    if path is None:
        raise Unknown("no output was given")
    if not all("sha256" in fact for fact in facts):
        raise Unknown("its digest is keyed: only who holds the key can compare")
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
            size += len(piece)
    if (digest.hexdigest(), size) not in [(fact["sha256"], fact["bytes"]) for fact in facts]:
        raise Refused("the file is not the one that was signed")
    return "the file is the one that was signed"


def read_proof(data: bytes) -> tuple[int, bytes, list[bytes], str, bytes]:
    """Number in the tree, the entry's line, the path, the checkpoint, and the journal's key."""
    try:
        form, extra, index, *rest = data.decode().split("\n")
        end = rest.index("")
        facts = read_canonical(unbase64(extra[len("extra ") :]))
        number = int(index[len("index ") :])
        path = [unbase64(step) for step in rest[:end]]
        entry, public = facts["entry"].encode(), unbase64(facts["key"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("the proof is damaged") from None
    heads = f"extra {extra[len('extra ') :]}", f"index {number}"
    if (
        form != "c2sp.org/tlog-proof@v1"
        or (extra, index) != heads
        or set(facts) != {"entry", "key"}
    ):
        raise Refused("the proof is damaged")
    return number, entry, path, "\n".join(rest[end + 1 :]), public


def read_checkpoint(text: str, public: bytes) -> tuple[int, bytes]:
    """Size and root of the tree, if the note is signed by this key (C2SP signed note)."""
    origin = "safelight/journal/" + sha256(public)
    try:
        said, size_text, root_text, empty, signed, end = text.split("\n")
        dash, signer, signature_text = signed.split(" ")
        size, root, signature = int(size_text), unbase64(root_text), unbase64(signature_text)
    except ValueError:
        raise Refused("the checkpoint is damaged") from None
    body = f"{origin}\n{size}\n{root_text}\n".encode()
    keyid = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
    words = (said, size_text, empty, dash, signer, end)
    if words != (origin, str(size), "", "\u2014", origin, "") or signature[:4] != keyid:
        raise Refused("the checkpoint is damaged")
    if not is_signed(public, signature[4:], body):
        raise Refused("the checkpoint's signature does not hold")
    return size, root


def root_by(path: list[bytes], leaf: bytes, index: int, size: int) -> bytes:
    """The root that a path leads to (RFC 9162, 2.1.3.2)."""
    node, last = hashlib.sha256(b"\x00" + leaf).digest(), size - 1
    for step in path:
        if last == 0:
            raise Refused("the proof is longer than the tree is high")
        if index & 1 or index == last:
            node = hashlib.sha256(b"\x01" + step + node).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + step).digest()
        index, last = index >> 1, last >> 1
    if last:
        raise Refused("the proof does not reach the root")
    return node


def check_chain(receipt: bytes, predicate: dict[str, Any], proof: bytes) -> str:
    """Whether the proof shows this very receipt in the journal that it names."""
    index, entry, path, checkpoint, public = read_proof(proof)
    size, root = read_checkpoint(checkpoint, public)
    if not 0 <= index < size or root_by(path, entry, index, size) != root:
        raise Refused("the entry does not stand below this checkpoint")
    line = read_canonical(entry)
    if not isinstance(line, dict) or line.get("number") != index + 1:
        raise Refused("the entry does not stand below this checkpoint")
    if line.get("commitment") != sha256(bytes.fromhex(predicate["nonce"]) + receipt):
        raise Refused("the proof is of another receipt")
    follows = predicate["follows"]
    if follows["journal"] != sha256(public) or follows["entries"] > index:
        raise Refused("the proof is of another journal than the receipt's")
    return f"entry {index + 1} of {size} in the journal"


# --- the four lines


def trusted_fingerprint(key: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{64}", key):
        return key.lower()
    with open(key, "rb") as file:
        found = load_pem_public_key(file.read())
    if not isinstance(found, Ed25519PublicKey):
        raise ValueError("the key is not of the kind Ed25519")
    return sha256(found.public_bytes_raw())


class Lines:
    """The four lines, asked one after the other; one that cannot be reached stays unknown."""

    def __init__(self) -> None:
        self.said: dict[str, tuple[str, str]] = {}

    def ask(self, name: str, question: Callable[[], str]) -> None:
        try:
            self.said[name] = "ok", question()
        except Unknown as reason:
            self.said[name] = "unknown", str(reason)
        except Refused as reason:
            self.said[name] = "failed", str(reason)

    def rows(self) -> list[tuple[str, str, str]]:
        unseen = "unknown", "not looked at without a sound receipt"
        return [(name, *self.said.get(name, unseen)) for name in NAMES]


def verify(
    receipt: bytes,
    output: str | None = None,
    fingerprint: str | None = None,
    proof: bytes | None = None,
) -> tuple[list[tuple[str, str, str]], Any]:
    """The four lines as (name, state, sentence), and the predicate if it is sound."""
    lines, found = Lines(), []

    def signature() -> str:
        statement, public = signed_payload(receipt)
        found.append(statement)
        if fingerprint is None:
            raise Unknown(f"whole, and signed by the key {sha256(public)}; compare that")
        if fingerprint != sha256(public):
            raise Refused(f"signed by another key: {sha256(public)}")
        return f"signed by the key {fingerprint}"

    def chain() -> str:
        if proof is None:
            raise Unknown("no proof from the journal was given")
        return check_chain(receipt, found[0]["predicate"], proof)

    lines.ask("signature", signature)
    if found:
        lines.ask("schema", lambda: check_form(found[0], read_envelope(receipt)[2]))
    if lines.said.get("schema", ("",))[0] != "ok":
        return lines.rows(), None
    lines.ask("chain", chain)
    lines.ask("output", lambda: check_output(found[0]["predicate"], output))
    return lines.rows(), found[0]["predicate"]


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(MAX_BYTES + 1)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Check a receipt of Safelight, offline.")
    parser.add_argument("receipt")
    parser.add_argument("output", nargs="?")
    parser.add_argument("--key", help="a PEM file or a fingerprint that you trust")
    parser.add_argument("--proof", help="a proof that it stands in its owner's journal")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    asked = parser.parse_args(words)
    try:
        fingerprint = None if asked.key is None else trusted_fingerprint(asked.key)
        proof = None if asked.proof is None else read(asked.proof)
        rows, predicate = verify(read(asked.receipt), asked.output, fingerprint, proof)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    failed = any(state == "failed" for _name, state, _sentence in rows)
    if asked.json:
        told = [{"name": n, "state": s, "sentence": w} for n, s, w in rows]
        sys.stdout.write(json.dumps({"failed": failed, "lines": told}) + "\n")
    else:
        text = [f"{name:<10} {state:<8} {sentence}" for name, state, sentence in rows]
        limits = predicate["limits"] if predicate else []
        text += ["", "What this cannot prove:"] if limits else []
        text += ["  - " + "".join(sign for sign in one if sign.isprintable()) for one in limits]
        sys.stdout.write("\n".join(text) + "\n")
    return 1 if failed else 0 if rows[0][1] == "ok" else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
