"""Lines: the format of the journal, version 1. One canonical JSON value a line.

The first line names the key: {"journal": FINGERPRINT, "schema": "safelight-journal/1"}. An entry
holds number, time, duration, sizes and a commitment to a receipt. A checkpoint ends every batch:
a signed note in the C2SP form (tlog-checkpoint: origin, size, root; Ed25519) and the compact
range, from which the next run goes on. Each line but the first holds the SHA-256 of the line
before it. The leaves of the RFC 6962 tree are the entry lines, without their line feeds.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from safelight.audit.canonical import base64_text, canonical, parse_canonical
from safelight.audit.facts import Head
from safelight.audit.merkle import Tree
from safelight.errors import VerificationFailed
from safelight.vault.keys import Signer, is_signed

SCHEMA = "safelight-journal/1"
MAX_LINE_BYTES = 8_192
ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the journal keeps of one run: time, duration, sizes, and a hiding commitment."""

    commitment: str
    time: str
    duration_ms: int
    input_bytes: int
    output_bytes: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed head and what is needed to go on from it."""

    head: Head
    tree: Tree


def header_line(fingerprint: str) -> bytes:
    return canonical({"journal": fingerprint, "schema": SCHEMA})


def entry_line(leaf: Leaf, number: int, previous: bytes) -> bytes:
    return canonical({**asdict(leaf), "number": number, "previous": line_digest(previous)})


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
