"""Statement: the payload of a receipt, an in-toto Statement (version 1) with a predicate of our
own.

The subject is the result with its plain SHA-256, or the keyed one where that is all there is; after
an analysis, which has no result, it is the source. The predicate type names the form. Receipts of
the first form are read as ever; those that are made now have the second, which adds blocks.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from safelight.audit.canonical import base64_bytes, base64_text, canonical, parse_canonical
from safelight.audit.dsse import MAX_ENVELOPE_BYTES
from safelight.audit.fact import Digest, Fact, Text, fits_first_form
from safelight.audit.facts import (
    FileFact,
    Head,
    InputFact,
    OutputFact,
    ReceiptFacts,
)
from safelight.audit.models import Disclosure, disclosure_of
from safelight.errors import VerificationFailed
from safelight.vault.keys import Signer, fingerprint_of

STATEMENT = "https://in-toto.io/Statement/v1"
Form = Literal[1, 2]
# What a predicate type is called, by its form.
PREDICATES: dict[str, Form] = {
    "tag:safelight,2026:receipt/v1": 1,
    "tag:safelight,2026:receipt/v2": 2,
}
PREDICATE = "tag:safelight,2026:receipt/v2"
PLAIN, KEYED = "sha256", "hmacSha256"

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

    schema_version: Form = 2
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
            "predicateType": _name_of(predicate.schema_version),
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


def form_of(payload: bytes) -> Form | None:
    """The form, if it is one that this version reads. From the second on the predicate says its
    form too: where the two differ it is none of ours. Raises VerificationFailed if it is no
    statement.
    """
    form = PREDICATES.get(predicate_type(payload))
    if form is None or form == 1:
        return form
    match parse_canonical(payload, MAX_ENVELOPE_BYTES):
        case {"predicate": {"schema_version": int(said)}} if said == form:
            return form
    return None


def read(payload: bytes) -> Predicate:
    """The predicate of one of our statements. Raises VerificationFailed for any disorder in it."""
    form = form_of(payload)
    if form is None:
        raise VerificationFailed("the statement is of another kind")
    document = parse_canonical(payload, MAX_ENVELOPE_BYTES)
    try:
        predicate = Predicate.model_validate_json(canonical(document.get("predicate")))
        public_bytes = base64_bytes(predicate.key.public)
    except ValidationError as error:
        raise VerificationFailed("the receipt's fields are out of order") from error
    is_sound = (
        to_bytes(predicate) == payload
        and predicate.schema_version == form
        and (form > 1 or fits_first_form(predicate))
        and predicate.operation.digest_holds
        and disclosure_of(predicate.models) == predicate.disclosure
        and fingerprint_of(public_bytes) == predicate.key.fingerprint
    )
    if not is_sound:
        raise VerificationFailed("the receipt contradicts itself")
    return predicate


def _subject(predicate: Predicate) -> list[dict[str, Any]]:
    if predicate.outputs:
        return [{"name": "output", "digest": _digest(output)} for output in predicate.outputs]
    return [{"name": "input", "digest": _digest(source)} for source in predicate.inputs]


def _digest(file: FileFact) -> dict[str, str]:
    """The digest by which the file is meant: the plain one of a result, the keyed one of a source,
    as far as it has that.
    """
    match file:
        case OutputFact(sha256=str(plain)):
            return {PLAIN: plain}
        case InputFact(keyed_digest=None, sha256=str(plain)):
            return {PLAIN: plain}
        case InputFact(keyed_digest=str(keyed)) | OutputFact(keyed_digest=str(keyed)):
            return {KEYED: keyed}
    raise VerificationFailed("the receipt contradicts itself")


def _name_of(form: Form) -> str:
    return next(name for name, known in PREDICATES.items() if known == form)
