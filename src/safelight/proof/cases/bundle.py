"""Bundle: check a sealed case, wherever it came from: its seal, that exactly what the manifest
lists is there, then everything that is checked of a case in a folder.
"""

from __future__ import annotations

import io

from safelight.audit.canonical import base64_bytes
from safelight.errors import VerificationFailed
from safelight.proof.cases.acquire import Digests
from safelight.proof.cases.chain import Chain
from safelight.proof.cases.checking import Here, Line, examine
from safelight.proof.cases.manifest import (
    MANIFEST,
    MAX_MANIFEST_BYTES,
    SEAL,
    Manifest,
    Seal,
    content_digest,
    read_seal,
    signer_of,
)
from safelight.proof.cases.shelf import BundleShelf

MAX_SEAL_BYTES = 1_000_000


def examine_bundle(shelf: BundleShelf, here: Here) -> tuple[tuple[Line, ...], Chain | None]:
    """The seal's line, then those of examine; the chain if it holds."""
    lines, chain = examine(shelf, here)
    if chain is None:
        return (Line("seal", "unknown", "not looked at without a sound log"), *lines), None
    try:
        seal = _sealed(shelf, chain)
    except OSError:
        return (Line("seal", "failed", "the bundle has no seal"), *lines), chain
    except VerificationFailed as error:
        return (Line("seal", "failed", error.message), *lines), chain
    sentence = f"{seal.files} files, sealed {seal.time}, seal {seal.seal}"
    return (Line("seal", "ok", sentence), *lines), chain


def _sealed(shelf: BundleShelf, chain: Chain) -> Seal:
    """The seal that holds for all that is there. Raises OSError, VerificationFailed."""
    data, envelope = shelf.read(MANIFEST, MAX_MANIFEST_BYTES), shelf.read(SEAL, MAX_SEAL_BYTES)
    key = chain.keys[chain.holder]
    if signer_of(envelope) != chain.holder:
        raise VerificationFailed("the seal has the key of nobody who has the case")
    manifest = Manifest.parse(data)
    digests = Digests.of(io.BytesIO(data)).at_place(MANIFEST)
    seal = read_seal(envelope, digests, base64_bytes(key))
    facts = chain.seal
    is_its = (seal.case, seal.events, seal.log) == (chain.id, chain.number, chain.tip)
    if facts is None or not is_its or {seal.seal, manifest.seal} != {facts.seal}:
        raise VerificationFailed("the seal is of another state of the case")
    if seal.key != key or manifest.case != chain.id or facts.content != content_digest(
        chain.files()
    ):  # fmt: skip
        raise VerificationFailed("the seal contradicts the log")
    _all_there(shelf, manifest)
    return seal


def _all_there(shelf: BundleShelf, manifest: Manifest) -> None:
    listed = {file.place for file in manifest.files} | {MANIFEST, SEAL}
    for place in sorted(shelf.places() ^ listed):
        what = "is gone" if place in listed else "is not in the manifest"
        raise VerificationFailed(f"{place} {what}")
    for file in manifest.files:
        with shelf.opened(file.place) as opened:
            if not Digests.of(opened).fits(file):
                raise VerificationFailed(f"{file.place} is not what was sealed")
