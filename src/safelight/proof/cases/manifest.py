"""Manifest: every file of a sealed bundle with two digests, and the seal over it.

manifest.json   canonical JSON: the case, the seal, each file with bytes, SHA-256 and SHA3-256
seal.json       a DSSE envelope with an in-toto Statement whose subject is the manifest
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from safelight.audit import dsse
from safelight.audit.canonical import base64_text, canonical, parse_canonical
from safelight.audit.fact import Count, Digest, Fact, Text, Time
from safelight.audit.statement import STATEMENT
from safelight.errors import VerificationFailed
from safelight.proof.cases.chain import Chain
from safelight.proof.cases.event import CaseId
from safelight.proof.cases.facts import File
from safelight.vault.keys import Signer

MANIFEST, SEAL = "manifest.json", "seal.json"
PREDICATE = "tag:safelight,2026:case-seal/v1"
MAX_MANIFEST_BYTES = 64_000_000
LIMITS = (
    "does not prove where the originals came from or that they are true",
    "who, role, why, from and to are as declared",
    "the clock may be wrong",
    "whoever holds the signing key could have sealed something else",
)


class Manifest(Fact):
    """What lies in a bundle, besides manifest and seal."""

    schema_: Annotated[Literal["safelight-case-manifest/1"], Field(alias="schema")] = (
        "safelight-case-manifest/1"
    )
    case: CaseId
    seal: CaseId
    files: tuple[File, ...]

    def to_bytes(self) -> bytes:
        return canonical(self.model_dump(mode="json", by_alias=True))

    @classmethod
    def parse(cls, untrusted: bytes) -> Manifest:
        """Raises VerificationFailed where anything is out of order."""
        parse_canonical(untrusted, MAX_MANIFEST_BYTES)
        try:
            manifest = cls.model_validate_json(untrusted)
        except ValidationError as error:
            raise VerificationFailed("the manifest's fields are out of order") from error
        places = [file.place for file in manifest.files]
        if manifest.to_bytes() != untrusted or places != sorted(set(places)):
            raise VerificationFailed("the manifest contradicts itself")
        return manifest


class Seal(Fact):
    """What the seal states: which case, at which event of its log, over how many files."""

    schema_version: Literal[1] = 1
    case: CaseId
    seal: CaseId
    time: Time
    events: Count
    log: Digest
    files: Count
    key: Annotated[str, Field(max_length=64)]
    limits: tuple[Text, ...]


def sealed(manifest: Manifest, digests: File, chain: Chain, signer: Signer) -> bytes:
    """The seal over this manifest, whose digests these are: the same for the same chain."""
    seal = Seal(
        case=chain.id,
        seal=manifest.seal,
        time=chain.last.event.time,
        events=chain.number,
        log=chain.tip,
        files=len(manifest.files),
        key=base64_text(signer.public_bytes),
        limits=LIMITS,
    )
    return dsse.sign(_statement(seal, digests), signer)


def read_seal(untrusted: bytes, manifest: File, key: bytes) -> Seal:
    """The seal, if this raw public key signed it, over the manifest with these digests.

    Raises VerificationFailed.
    """
    payload = dsse.verify(untrusted, key)
    document = parse_canonical(payload, dsse.MAX_ENVELOPE_BYTES)
    try:
        seal = Seal.model_validate_json(canonical(document["predicate"]))
    except (ValidationError, KeyError, TypeError) as error:
        raise VerificationFailed("the seal's fields are out of order") from error
    if _statement(seal, manifest) != payload:
        raise VerificationFailed("the seal is over another manifest")
    return seal


def signer_of(untrusted: bytes) -> str:
    """The fingerprint of the key that the seal names. Raises VerificationFailed."""
    return dsse.parse(untrusted).fingerprint


def content_digest(files: tuple[File, ...]) -> str:
    """One SHA-256 over the places and digests of these files, whatever their order."""
    lines = sorted((file.model_dump(mode="json") for file in files), key=lambda one: one["place"])
    return hashlib.sha256(canonical(lines)).hexdigest()


def _statement(seal: Seal, manifest: File) -> bytes:
    digest = {"sha256": manifest.sha256, "sha3_256": manifest.sha3_256}
    return canonical(
        {
            "_type": STATEMENT,
            "subject": [{"name": MANIFEST, "digest": digest}],
            "predicateType": PREDICATE,
            "predicate": seal.model_dump(mode="json"),
        }
    )
