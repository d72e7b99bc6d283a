"""Copied: a journal's files as they were handed over, read without its private key and its lock."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safelight.audit import lines
from safelight.audit.disk import HEAD_FILE, JOURNAL_FILE
from safelight.audit.facts import Head
from safelight.audit.log import Log
from safelight.audit.merkle import EMPTY_ROOT
from safelight.audit.walk import walk
from safelight.errors import InputMissing, VerificationFailed
from safelight.vault.keys import fingerprint_of
from safelight.vault.private import open_regular, read_up_to

MAX_HEAD_BYTES = 1_024
MAX_JOURNAL_BYTES = 4_000_000_000


def read_copy(place: Path, known: Mapping[str, bytes]) -> tuple[Log, bool]:
    """Check a journal that lies in this folder, or is this file, and tell if its head lay beside
    it: without, a cut is not noticed.

    known holds raw public keys by their fingerprints: the only ones that are believed; a journal of
    version 2 brings its own, and a fingerprint whose bytes are not known has none (b""). Raises
    InputMissing, and VerificationFailed naming the first place that is wrong.
    """
    file = place / JOURNAL_FILE if place.is_dir() else place
    head = file.with_name(HEAD_FILE)
    # the head first: a journal that grows between the two reads would seem to have been cut
    note = _bytes(head, MAX_HEAD_BYTES).decode(errors="replace") if head.is_file() else None
    data = _bytes(file, MAX_JOURNAL_BYTES)
    public_bytes = _key(data.split(b"\n", 1)[0], known)
    fingerprint = fingerprint_of(public_bytes)
    kept = Head(journal=fingerprint, entries=0, root=EMPTY_ROOT.hex())
    if note is not None:
        kept = lines.read_note(note, fingerprint, public_bytes)
    return Log.of(data, walk(data, kept, public_bytes), public_bytes), note is not None


def _key(header: bytes, known: Mapping[str, bytes]) -> bytes:
    brought, named = lines.key_of(header), str(lines.read_line(header).get("journal"))
    if named not in known:
        raise VerificationFailed(
            f"the journal is of the key {named}, which is not trusted here",
            hint="--key names a key that you trust",
        )
    public_bytes = brought or known[named]
    if not public_bytes:
        raise InputMissing(
            "the journal does not bring its key", hint="--key with the key's PEM file"
        )
    return public_bytes


def _bytes(path: Path, limit: int) -> bytes:
    try:
        with open(open_regular(path), "rb") as file:
            data = read_up_to(file, limit)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise InputMissing(f"{path} cannot be read: {reason}") from error
    if len(data) > limit:
        raise VerificationFailed(f"the file has more than {limit} bytes")
    return data
