"""Bundle: many receipts in one file that somebody else can check, with Safelight or without.

A ZIP archive, stored and not compressed, the same bytes from the same parts:

    bundle.json               what is in here, by SHA-256 and size, signed (DSSE)
    receipts/ID.receipt.json  the receipts, and ID.receipt.json.tsr where an authority's answer is
    proofs/ID.tlog-proof      that each stands in the journal, where it does
    pages/ID.html             each to read; index.html lists them
    outputs/ID.EXT            the results, where they were asked for
    keys/*.pem                public keys of receipts and journal
    verify_receipt.py, .mjs   the verifiers that stand alone

What is listed and what is there must be the same; nothing else is believed of the archive's form.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from safelight.audit import dsse
from safelight.audit.canonical import base64_bytes, canonical, parse_canonical
from safelight.audit.facts import utc_now
from safelight.errors import UsageError, VerificationFailed
from safelight.limits import MEGA
from safelight.vault.keys import Signer, fingerprint_of

SCHEMA = "safelight-bundle/1"
PAYLOAD_TYPE = "application/vnd.safelight.bundle+json"
LIST = "bundle.json"
MAX_FILES, MAX_PART_BYTES, MAX_LIST_BYTES = 50_000, 1 << 29, 16_000_000
CHUNK_BYTES = 1 << 20
NAME = re.compile(r"(?:[a-z]{1,16}/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", re.ASCII)
# The earliest time that an archive can hold: what is in a bundle has no time of its own.
NO_TIME = (1980, 1, 1, 0, 0, 0)
Part = bytes | Path


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle says is in it: a part's SHA-256 and size by its name; who signed that (a
    fingerprint), when; and the envelope itself.
    """

    parts: Mapping[str, tuple[str, int]]
    created: str
    envelope: dsse.Envelope


def write(target: BinaryIO, parts: Mapping[str, Part], signer: Signer) -> None:
    """Write a bundle that Bundle reads. Raises UsageError for parts that are too many or too long,
    OSError; VerificationFailed if a file changed in the meantime.
    """
    if len(parts) >= MAX_FILES:
        raise UsageError(f"a bundle holds at most {MAX_FILES} files", hint="make several bundles")
    known = {name: _measured(part) for name, part in parts.items()}
    if max((size for _digest, size in known.values()), default=0) > MAX_PART_BYTES:
        most = MAX_PART_BYTES // MEGA
        raise UsageError(f"a result has more than {most} MB", hint="leave --with-outputs out")
    listed = {name: {"bytes": size, "sha256": digest} for name, (digest, size) in known.items()}
    payload = canonical({"created": utc_now(), "files": listed, "schema": SCHEMA})
    seal = dsse.sign(payload, signer, PAYLOAD_TYPE)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry(LIST), seal)
        for name in sorted(parts):
            with _reading(parts[name]) as pieces, archive.open(_entry(name), "w") as file:
                digest = hashlib.sha256()
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
            if digest.hexdigest() != known[name][0]:
                raise VerificationFailed(f"{name} changed while the bundle was written")


class Bundle:
    """A bundle as it was found. Raises VerificationFailed for what is none; OSError."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
            infos = self._archive.infolist()
        except (zipfile.BadZipFile, ValueError, RuntimeError) as error:
            raise VerificationFailed("the file is no bundle") from error
        self._infos = {info.filename: info for info in infos}
        is_plain = all(
            info.compress_type == zipfile.ZIP_STORED
            and info.file_size == info.compress_size <= MAX_PART_BYTES
            and not info.flag_bits & 1
            and NAME.fullmatch(info.filename)
            for info in infos
        )
        if not is_plain or len(infos) > MAX_FILES or len(self._infos) != len(infos):
            raise VerificationFailed("the file is no bundle")

    def contents(self) -> Contents:
        """What the bundle says is in it; whether its signature holds is for the caller to see."""
        envelope = dsse.parse(self.read(LIST, MAX_LIST_BYTES), MAX_LIST_BYTES)
        if envelope.payload_type != PAYLOAD_TYPE:
            raise VerificationFailed("the list of the bundle is of another kind")
        match parse_canonical(envelope.payload, MAX_LIST_BYTES):
            case {"created": str(created), "files": dict(files), "schema": str(schema), **rest} if (
                schema == SCHEMA and not rest
            ):
                parts = {name: _listed(facts) for name, facts in files.items()}
                return Contents(parts, created, envelope)
        raise VerificationFailed("the list of the bundle is damaged")

    def names(self) -> frozenset[str]:
        """What is there, the list aside."""
        return frozenset(self._infos) - {LIST}

    def signer(self, fingerprint: str) -> bytes | None:
        """The raw public key with this fingerprint, as some receipt in the bundle names it."""
        from safelight.audit.receipt import SUFFIX, Receipt

        for name in sorted(name for name in self.names() if name.endswith(SUFFIX)):
            try:
                public = base64_bytes(Receipt(self.read(name)).predicate.key.public)
            except VerificationFailed:
                continue
            if fingerprint_of(public) == fingerprint:
                return public
        return None

    def read(self, name: str, limit_bytes: int = dsse.MAX_ENVELOPE_BYTES) -> bytes:
        """A part as a whole. Raises VerificationFailed if it is not there, too long or damaged."""
        info = self._infos.get(name)
        if info is None or info.file_size > limit_bytes:
            raise VerificationFailed(f"{name} is not in the bundle, or too long")
        return b"".join(self._pieces(name))

    def measured(self, name: str) -> tuple[str, int]:
        """SHA-256 and size of a part. Raises like read."""
        digest, size = hashlib.sha256(), 0
        for piece in self._pieces(name):
            digest.update(piece)
            size += len(piece)
        return digest.hexdigest(), size

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._archive.open(self._infos[name]) as file:
                while piece := file.read(CHUNK_BYTES):
                    yield piece
        except (zipfile.BadZipFile, EOFError, ValueError, RuntimeError) as error:
            raise VerificationFailed(f"{name} is damaged") from error


def _listed(facts: object) -> tuple[str, int]:
    match facts:
        case {"bytes": int(size), "sha256": str(digest), **rest} if not rest:
            return digest, size
    raise VerificationFailed("the list of the bundle is damaged")


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, NO_TIME)
    info.external_attr = 0o644 << 16
    info.create_system = 3
    return info


def _measured(part: Part) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with _reading(part) as pieces:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


@contextmanager
def _reading(part: Part) -> Iterator[Iterator[bytes]]:
    if isinstance(part, bytes):
        yield iter((part,))
        return
    with part.open("rb") as file:
        yield iter(lambda: file.read(CHUNK_BYTES), b"")
