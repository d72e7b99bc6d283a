"""Lines: the format of the journal, version 2. One canonical JSON value a line.

The first line names the key and brings its public half: {"journal": FINGERPRINT, "key": BASE64,
"schema": "safelight-journal/2"}. An entry holds number, time, duration, sizes, a code ("done", or
that of the error that a run ended with) and a commitment to a receipt, nothing else; a failed run
has no receipt, and its commitment is to random bytes. A checkpoint ends every batch: a signed note
in the C2SP form (tlog-checkpoint: origin, size, root; Ed25519) and the compact range, from which
the next run goes on. Each line but the first holds the SHA-256 of the line before it. The leaves
of the RFC 6962 tree are the entry lines, without their line feeds.

Version 1 had no key in its first line and no code in its entries. A journal that began so keeps its
first line and goes on with entries of version 2.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any

from safelight.audit.canonical import base64_bytes, base64_text, canonical, parse_canonical
from safelight.audit.facts import Head
from safelight.audit.merkle import Tree
from safelight.errors import VerificationFailed
from safelight.vault.keys import Signer, fingerprint_of, is_signed

SCHEMA = "safelight-journal/2"
SCHEMA_1 = "safelight-journal/1"
DONE = "done"
MAX_LINE_BYTES = 8_192
ED25519 = b"\x01"
MAX_COUNT = 2**53
COMMITMENT = re.compile("[0-9a-f]{64}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
ORIGIN = re.compile(rb"safelight/journal/([0-9a-f]{64})\n")
CODE = re.compile("[a-z][a-z-]{0,31}")


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the journal keeps of one run: time, duration, sizes, how it ended, and a hiding
    commitment.
    """

    commitment: str
    time: str
    duration_ms: int
    input_bytes: int
    output_bytes: int
    code: str = DONE

    @classmethod
    def of_failure(cls, code: str, time: str, *, duration_ms: int, input_bytes: int) -> Leaf:
        """A run that gave nothing, ended by the error with this code."""
        commitment = hashlib.sha256(secrets.token_bytes(32)).hexdigest()
        return cls(commitment, time, duration_ms, input_bytes, 0, code)


LEAF_FIELDS = tuple(field.name for field in fields(Leaf))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed head and what is needed to go on from it."""

    head: Head
    tree: Tree


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as read: its number, counted from 1, and what it keeps."""

    number: int
    leaf: Leaf


def header_line(public_bytes: bytes) -> bytes:
    key = base64_text(public_bytes)
    return canonical({"journal": fingerprint_of(public_bytes), "key": key, "schema": SCHEMA})


def is_header(line: bytes, public_bytes: bytes) -> bool:
    """True if this is the first line of a journal of this key, of either version."""
    first = canonical({"journal": fingerprint_of(public_bytes), "schema": SCHEMA_1})
    return line in (header_line(public_bytes), first)


def key_of(untrusted_header: bytes) -> bytes | None:
    """The raw public key that a journal says is its own; None where it only names it."""
    document = read_line(untrusted_header)
    if document.get("schema") == SCHEMA_1:
        return None
    key = base64_bytes(str(document.get("key")))
    if untrusted_header != header_line(key):
        raise VerificationFailed("the journal's first line was altered")
    return key


def entry_line(leaf: Leaf, number: int, previous: bytes) -> bytes:
    kept = {name: getattr(leaf, name) for name in LEAF_FIELDS}
    return canonical({**kept, "number": number, "previous": line_digest(previous)})


def read_entry(document: dict[str, Any]) -> Entry:
    """The entry of a line that was read. Raises VerificationFailed for any field that has no place
    here and any value that could hold more than it says.
    """
    kept = {name: value for name, value in document.items() if name not in ("number", "previous")}
    try:
        leaf, number = Leaf(**kept), document["number"]
        counts = (number, leaf.duration_ms, leaf.input_bytes, leaf.output_bytes)
        is_sound = (
            all(type(count) is int and 0 <= count <= MAX_COUNT for count in counts)
            and COMMITMENT.fullmatch(leaf.commitment)
            and TIME.fullmatch(leaf.time)
            and CODE.fullmatch(leaf.code)
        )
    except (TypeError, KeyError) as error:
        raise VerificationFailed("an entry is damaged") from error
    if not is_sound:
        raise VerificationFailed("an entry is damaged")
    return Entry(number, leaf)


def checkpoint_line(tree: Tree, signer: Signer, previous: bytes) -> bytes:
    document = {
        "checkpoint": note(tree.size, tree.root, signer),
        "peaks": [peak.hex() for peak in tree.peaks],
        "previous": line_digest(previous),
    }
    return canonical(document)


def line_digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def read_line(untrusted: bytes) -> dict[str, Any]:
    """One line as an object. Raises VerificationFailed."""
    document = parse_canonical(untrusted, MAX_LINE_BYTES)
    if not isinstance(document, dict):
        raise VerificationFailed("a line of the journal is no object")
    return document


def note(size: int, root: bytes, signer: Signer) -> str:
    """The signed checkpoint of a tree: a C2SP signed note."""
    name = _origin(signer.fingerprint)
    text = f"{name}\n{size}\n{base64_text(root)}\n"
    signature = _key_id(name, signer.public_bytes) + signer.sign(text.encode())
    return f"{text}\n\u2014 {name} {base64_text(signature)}\n"


def journal_of(untrusted: bytes) -> str:
    """The fingerprint of the key that a note says it is signed with; "" where it says none."""
    found = ORIGIN.match(untrusted)
    return found[1].decode() if found else ""


def read_note(untrusted: str, fingerprint: str, public_bytes: bytes) -> Head:
    """The head that a signed note states. Raises VerificationFailed, whatever is wrong."""
    name = _origin(fingerprint)
    try:
        origin, size_text, root_text, empty, signed, end = untrusted.split("\n")
        dash, signer, signature_text = signed.split(" ")
        size, root = int(size_text), base64.b64decode(root_text, validate=True)
        signature = base64.b64decode(signature_text, validate=True)
    except ValueError as error:
        raise VerificationFailed("a checkpoint is damaged") from error
    text = f"{origin}\n{size_text}\n{root_text}\n".encode()
    is_sound = (
        (origin, empty, dash, signer, end) == (name, "", "\u2014", name, "")
        and (str(size), base64_text(root)) == (size_text, root_text)
        and base64_text(signature) == signature_text
        and signature[:4] == _key_id(name, public_bytes)
        and is_signed(public_bytes, signature[4:], text)
    )
    if not is_sound or size < 0 or len(root) != 32:
        raise VerificationFailed("a checkpoint is damaged")
    return Head(journal=fingerprint, entries=size, root=root.hex())


def notes_in(data: bytes) -> Iterator[str]:
    """The note of every line that looks like a checkpoint, in order; none of them is checked."""
    for line in data.split(b"\n"):
        if b'"checkpoint"' in line:
            with suppress(VerificationFailed):
                yield str(read_line(line).get("checkpoint"))


def read_checkpoint(document: dict[str, Any], fingerprint: str, public_bytes: bytes) -> Checkpoint:
    """The checkpoint of a line that was read. Raises VerificationFailed."""
    match document:
        case {"checkpoint": str(text), "peaks": list(peaks), "previous": str(), **rest} if not rest:
            head = read_note(text, fingerprint, public_bytes)
            try:
                tree = Tree(head.entries, [bytes.fromhex(peak) for peak in peaks])
            except (ValueError, TypeError) as error:
                raise VerificationFailed("a checkpoint is damaged") from error
            if tree.root.hex() == head.root and peaks == [peak.hex() for peak in tree.peaks]:
                return Checkpoint(head, tree)
    raise VerificationFailed("a checkpoint is damaged")


def _origin(fingerprint: str) -> str:
    return f"safelight/journal/{fingerprint}"


def _key_id(name: str, public_bytes: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_bytes).digest()[:4]
