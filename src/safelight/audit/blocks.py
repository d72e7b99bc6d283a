"""Blocks: what the second form of receipts states besides the first.

What was covered and not where; under whose order; what the ledger knows of the time; custody. Roles
and codes stand for people. No file name has a field here, and no place in a picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from safelight.annotation import Annotation
from safelight.audit.fact import Count, Fact, Sparse, Text, Time
from safelight.codecs.origin import SCHEME, TERMS
from safelight.image import Change
from safelight.ops.looking.labels import is_asked

# A code that an organisation gives: a role, a purpose, a case.
CODE = r"^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,63}$"
Code = Annotated[str, Field(pattern=CODE)]
Recheck = Literal[
    "each region has its one colour in the result as decoded again",
    "not made: this format does not keep every pixel",
    "not made: a later step changed the pixels",
]
RECHECKED: Recheck = "each region has its one colour in the result as decoded again"
NOT_RECHECKED: Recheck = "not made: this format does not keep every pixel"
CHANGED: Recheck = "not made: a later step changed the pixels"
DRAWN = "drawn"
# Names under which a mark of origin is found; MANIFESTS hold more than a mark.
MARKS = ("XMP DigitalSourceType", "C2PA digitalSourceType")
MANIFESTS = ("C2PA manifest", "c2pa:manifest", "caBX")
CustodyEvent = Literal[
    "acquired", "copied", "processed", "transferred", "sealed", "opened", "erased"
]


class RedactionFact(Fact):
    """One covering: how many regions, of what kind, with what and how far around; never where.

    kinds: "drawn" for those that were given as boxes, else what a model called them. margin in
    pixels, grow in percent of what was seen.
    """

    regions: Count
    kinds: dict[Text, Count]
    fill: Text
    margin: Count
    grow: Annotated[float, Field(ge=0, le=200)]
    recheck: Recheck

    @classmethod
    def of(
        cls,
        step: Mapping[str, Any],
        seen: Iterable[Annotation],
        *,
        is_exact: bool,
        is_changed: bool,
    ) -> Self:
        """From the parameters of a redact and what was seen in the picture. is_exact: the result's
        format keeps every pixel; is_changed: a later step made other pixels of them.
        """
        kinds = {DRAWN: len(step["box"])} if step["box"] else {}
        labels = step.get("seen") or ()
        for sight in seen if labels else ():
            if sight.box is not None and is_asked(sight, labels, 0):
                kinds[sight.label] = kinds.get(sight.label, 0) + 1
        return cls(
            regions=sum(kinds.values()),
            kinds=kinds,
            fill=f"solid {step['colour']}",
            margin=step["margin"],
            grow=float(step.get("grow", 0)) if labels else 0.0,
            recheck=CHANGED if is_changed else RECHECKED if is_exact else NOT_RECHECKED,
        )


class MarksFact(Fact):
    """Marks of origin (IPTC digital source types): written, carried over, left out; of manifests
    (C2PA) only how many were left out. Nothing of a manifest but its mark is ever carried.
    """

    written: tuple[Text, ...]
    carried: tuple[Text, ...]
    removed: tuple[Text, ...]
    manifests_removed: Count

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Self:
        """From the changes that the worker listed; a term that is not published is "(other)"."""
        changes = tuple(changes)

        def terms(what: str) -> tuple[str, ...]:
            found = (c.finding for c in changes if c.what == what and c.finding.name in MARKS)
            return tuple(sorted({_term(one.value) for one in found}))

        gone = [c for c in changes if c.what == "removed" and c.finding.name in MANIFESTS]
        return cls(
            written=terms("added"),
            carried=terms("kept"),
            removed=terms("removed"),
            manifests_removed=len(gone),
        )

    @property
    def is_empty(self) -> bool:
        return not (self.written or self.carried or self.removed or self.manifests_removed)


class WindowFact(Fact):
    """From the start to the end of the work (UTC): connections that the ledger says were allowed to
    this program in it. The worker itself can have none; the layers say why.
    """

    start: Time
    end: Time
    connections: Count


class SelfTestFact(Fact):
    """The last self-test on this computer before the work, as the ledger has it."""

    time: Time
    attempted: Count
    contained: Count
    level: Annotated[int, Field(ge=0, le=3)]


class AssignmentFact(Sparse):
    """Who ordered the work and what for, as codes of the organisation: a role, the entry in its
    record of processing, a case.
    """

    role: Code | None = None
    purpose: Code | None = None
    case: Code | None = None


class CustodyFact(Sparse):
    """A step in a chain of custody: what happened, from which role to which, why, who saw it."""

    event: CustodyEvent
    from_role: Text | None = None
    to_role: Text | None = None
    reason: Text | None = None
    witness_role: Text | None = None
    seal: Text | None = None


def _term(value: str) -> str:
    term = value.removeprefix(SCHEME)
    return term if term in TERMS else "(other)"
