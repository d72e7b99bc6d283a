"""Statement: the payload of a receipt, an in-toto Statement (version 1) with a predicate of our
own.

The subject is the result with its plain SHA-256; after an analysis, which has no result, it is
the source with its keyed digest. The predicate type names its version; a change of meaning gets a
new one.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from safelight.audit.canonical import base64_bytes, base64_text, canonical, parse_canonical
from safelight.audit.dsse import MAX_ENVELOPE_BYTES
from safelight.audit.fact import Digest, Fact, Text
from safelight.audit.facts import (
    Head,
    ReceiptFacts,
    recipe_digest_holds,
)
from safelight.audit.models import Disclosure, disclosure_of
from safelight.errors import VerificationFailed
from safelight.vault.keys import Signer, fingerprint_of

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "tag:safelight,2026:receipt/v1"
KEYED = "hmacSha256"

LIMITS: tuple[str, ...] = (
    "does not prove where the input came from or that it is true",
    "does not prove that bytes were erased from a disk's own cells",
    "an equal digest proves sameness, not authenticity",
    "a model may have invented detail",
    "the clock may be wrong",
    "the enforcement is as strong as stated and no stronger",
    "whoever holds the signing key could have signed something else",
)


class KeyFact(Fact):
    """Who signed: fingerprint and raw public key (base64). It does not prove who owns the key."""

    fingerprint: Digest
    public: Annotated[str, Field(max_length=64)]


class Predicate(ReceiptFacts):
    """The facts, and what makes a receipt of them.

    follows is the journal's head that this receipt was made after: the number of earlier
    receipts, and one digest over all of them. nonce makes its entry in the journal tell nothing
    to who has not got the receipt.
    """

    schema_version: Literal[1] = 1
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    nonce: Digest
    key: KeyFact
    follows: Head
    disclosure: Disclosure
    limits: tuple[Text, ...]


def make(facts: ReceiptFacts, signer: Signer, head: Head) -> tuple[Predicate, bytes]:
    """A new predicate with fresh id and nonce, and its statement's bytes."""
    predicate = Predicate(
        **{name: getattr(facts, name) for name in ReceiptFacts.model_fields},
        id=secrets.token_hex(16),
        nonce=secrets.token_hex(32),
        key=KeyFact(fingerprint=signer.fingerprint, public=base64_text(signer.public_bytes)),
        follows=head,
        disclosure=disclosure_of(facts.models),
        limits=LIMITS,
    )
    return predicate, to_bytes(predicate)


def to_bytes(predicate: Predicate) -> bytes:
    """The statement as canonical JSON."""
    return canonical(
        {
            "_type": STATEMENT,
            "subject": _subject(predicate),
            "predicateType": PREDICATE,
            "predicate": predicate.model_dump(mode="json"),
        }
    )


def predicate_type(payload: bytes) -> str:
    """The kind of statement that this is. Raises VerificationFailed if it is none."""
    document = parse_canonical(payload, MAX_ENVELOPE_BYTES)
    match document:
        case {"_type": str(kind), "predicateType": str(predicate_type)} if kind == STATEMENT:
            return predicate_type
    raise VerificationFailed("the payload is no in-toto statement")


def read(payload: bytes) -> Predicate:
    """The predicate of one of our statements. Raises VerificationFailed for any disorder in it."""
    if predicate_type(payload) != PREDICATE:
        raise VerificationFailed("the statement is of another kind")
    document = parse_canonical(payload, MAX_ENVELOPE_BYTES)
    try:
        predicate = Predicate.model_validate_json(canonical(document.get("predicate")))
        public_bytes = base64_bytes(predicate.key.public)
    except ValidationError as error:
        raise VerificationFailed("the receipt's fields are out of order") from error
    is_sound = (
        to_bytes(predicate) == payload
        and recipe_digest_holds(predicate.operation)
        and disclosure_of(predicate.models) == predicate.disclosure
        and fingerprint_of(public_bytes) == predicate.key.fingerprint
    )
    if not is_sound:
        raise VerificationFailed("the receipt contradicts itself")
    return predicate


def _subject(predicate: Predicate) -> list[dict[str, Any]]:
    if predicate.outputs:
        return [{"name": "output", "digest": {"sha256": o.sha256}} for o in predicate.outputs]
    return [{"name": "input", "digest": {KEYED: i.keyed_digest}} for i in predicate.inputs]
