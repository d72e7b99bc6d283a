"""Telling: an event of a case in one plain sentence."""

from __future__ import annotations

from collections.abc import Callable

from safelight.proof.cases import facts as f
from safelight.proof.cases.event import Event, facts_of


def sentence(event: Event) -> str:
    """What happened, without who and when. Names in it are as others chose them."""
    return SENTENCES[event.event](event)


def _created(event: Event) -> str:
    return f"began the case “{facts_of(event, f.Created).title}”"


def _acquired(event: Event) -> str:
    facts = facts_of(event, f.Acquired)
    return f"took in {facts.name} as {facts.item}, {facts.file.bytes} bytes"


def _noted(event: Event) -> str:
    about = facts_of(event, f.Noted).about
    return f"noted about {about}" if about else "noted"


def _began(event: Event) -> str:
    facts = facts_of(event, f.Began)
    kind = "an illustration of" if facts.is_illustrative else "work on a copy of"
    return f"began {kind} {facts.item} as {facts.result}: {', '.join(facts.verbs)}"


def _processed(event: Event) -> str:
    facts = facts_of(event, f.Processed)
    late = ", found finished by a later run" if facts.is_settled else ""
    return f"finished {facts.result}, receipt {facts.receipt.id}{late}"


def _failed(event: Event) -> str:
    facts = facts_of(event, f.Failed)
    return f"{facts.result} gave nothing: {facts.code}"


def _transferred(event: Event) -> str:
    witness = f", witnessed by {event.witness}" if event.witness else ""
    return f"handed the case over from {event.from_} to {event.to}{witness}"


def _received(event: Event) -> str:
    return f"confirmed to have the case from {event.from_}"


def _sealed(event: Event) -> str:
    facts = facts_of(event, f.Sealed)
    return f"sealed {facts.files} files, seal {facts.seal}"


def _opened(event: Event) -> str:
    return f"opened the seal {facts_of(event, f.Opened).seal}"


SENTENCES: dict[str, Callable[[Event], str]] = {
    "created": _created,
    "acquired": _acquired,
    "noted": _noted,
    "began": _began,
    "processed": _processed,
    "failed": _failed,
    "transferred": _transferred,
    "received": _received,
    "sealed": _sealed,
    "opened": _opened,
}
