"""Event: one step in the life of a case, as one signed line of its log.

A line is canonical JSON. It holds the SHA-256 of the line before it, and a signature over the rest
of it in the pre-authentication encoding of DSSE, so that it can be passed off as nothing else. Who,
role, why, from and to are what a person declared; the time is the system's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, JsonValue, ValidationError

from safelight.audit.canonical import base64_bytes, base64_text, canonical, parse_canonical
from safelight.audit.dsse import pae
from safelight.audit.fact import Count, Digest, Fact, Time
from safelight.audit.facts import utc_now
from safelight.audit.lines import line_digest
from safelight.errors import VerificationFailed
from safelight.vault.keys import Signer, fingerprint_of, is_signed

SCHEMA: Literal["safelight-case/1"] = "safelight-case/1"
PAYLOAD_TYPE = "application/vnd.safelight.case-event+json"
MAX_LINE_BYTES = 256_000

Kind = Literal[
    "created", "acquired", "noted", "began", "processed", "failed", "transferred", "received",
    "sealed", "opened",
]  # fmt: skip
CaseId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Item = Annotated[str, Field(pattern=r"^E\d{4,6}$")]
ResultId = Annotated[str, Field(pattern=r"^R\d{4,6}$")]


def _leads_down(place: str) -> str:
    if {".", ".."} & set(place.split("/")):
        raise ValueError("a place leads down")
    return place


Place = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,4}$", max_length=300),
    AfterValidator(_leads_down),
]
Said = Annotated[str, Field(max_length=200)]
Words = Annotated[str, Field(max_length=4_000)]


class Person(Fact):
    """Who, as declared: name and role, and the pseudonym of the account that the program ran in."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    role: Said
    account: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class Event(Fact):
    """One line without its signature. What facts holds depends on the kind: see facts.py."""

    schema_: Annotated[Literal["safelight-case/1"], Field(alias="schema")] = SCHEMA
    case: CaseId
    number: Annotated[int, Field(ge=1, le=1_000_000)]
    previous: Digest
    time: Time
    event: Kind
    who: Person
    why: Words
    from_: Annotated[Said, Field(alias="from")] = ""
    to: Said = ""
    witness: Said = ""
    facts: dict[str, JsonValue]
    key: Annotated[str, Field(max_length=64)]

    @property
    def fingerprint(self) -> str:
        """Of the key that signed this event."""
        return fingerprint_of(base64_bytes(self.key))

    def to_bytes(self) -> bytes:
        """What is signed, as canonical JSON."""
        return canonical(self.model_dump(mode="json", by_alias=True))


@dataclass(frozen=True, slots=True)
class Line:
    """An event as it lies in the log."""

    event: Event
    data: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the line, which the next one names."""
        return line_digest(self.data)


def signed(signer: Signer, **fields: Any) -> Line:
    """A new event, now, signed by this key. Raises VerificationFailed for a value that has no
    place in it.
    """
    try:
        event = Event(time=utc_now(), key=base64_text(signer.public_bytes), **fields)
    except ValidationError as error:
        raise VerificationFailed(f"the event cannot be written down: {_first(error)}") from error
    payload = event.to_bytes()
    signature = base64_text(signer.sign(pae(PAYLOAD_TYPE, payload)))
    document = event.model_dump(mode="json", by_alias=True) | {"signature": signature}
    return Line(event=event, data=canonical(document))


def read(data: bytes) -> Line:
    """A line whose signature holds for the key that it names. Raises VerificationFailed."""
    document = parse_canonical(data, MAX_LINE_BYTES)
    if not isinstance(document, dict) or not isinstance(document.get("signature"), str):
        raise VerificationFailed("it is no signed event")
    signature = base64_bytes(document.pop("signature"))
    payload = canonical(document)
    try:
        event = Event.model_validate_json(payload)
    except ValidationError as error:
        raise VerificationFailed(f"its fields are out of order: {_first(error)}") from error
    public_bytes = base64_bytes(event.key)
    is_whole = event.to_bytes() == payload
    if not is_whole or not is_signed(public_bytes, signature, pae(PAYLOAD_TYPE, payload)):
        raise VerificationFailed("its signature does not hold")
    return Line(event=event, data=data)


Facts = TypeVar("Facts", bound=Fact)


def facts_of(event: Event, kind: type[Facts]) -> Facts:
    """The event's facts as values. Raises VerificationFailed where they are none of this kind."""
    try:
        return kind.model_validate_json(canonical(event.facts))
    except ValidationError as error:
        sentence = f"event {event.number}: its facts are out of order: {_first(error)}"
        raise VerificationFailed(sentence) from error


def _first(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg'].lower()}"


__all__ = [
    "PAYLOAD_TYPE", "SCHEMA", "CaseId", "Count", "Digest", "Event", "Facts", "Item", "Kind", "Line",
    "Person", "Place", "ResultId", "Said", "facts_of", "read", "signed",
]  # fmt: skip
