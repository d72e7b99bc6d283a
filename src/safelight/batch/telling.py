"""Telling: a result as JSON values for who is not on this machine, and the way back.

A server tells what it did; the client makes of it the Result that a run of its own would have
given, so that everything above works alike. Names and values of what was removed are not told.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safelight.annotation import MASK_BYTES, SIGHTS, Annotation, Decision, Keypoint
from safelight.batch.events import result_document
from safelight.batch.losses import is_loss
from safelight.engine.result import Result
from safelight.errors import WireBroken
from safelight.formats import Format
from safelight.image import Change, Finding, Measure, Risk
from safelight.limits import MAX_SIDE
from safelight.models.guard import Fault, Retry
from safelight.worker.job import Attempt, CageReport

MOST_BYTES = 1 << 40
Text = Annotated[str, Field(max_length=65_536)]
Count = Annotated[int, Field(ge=0, le=MOST_BYTES)]
Side = Annotated[int, Field(ge=0, le=MAX_SIDE)]
Share = Annotated[float, Field(ge=0, le=1)]
Group = Literal[
    "place", "identity", "device", "time", "history", "thumbnail", "provenance", "rights",
    "colour", "orientation", "settings", "other",
]  # fmt: skip
Kind = Literal["label", "box", "pose"]


class Told(BaseModel):
    """Base: what a later version adds is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class FindingTold(Told):
    """One piece of metadata: its risk group, its name, what it says."""

    group: Group
    name: Text
    value: Text = ""


class ChangeTold(FindingTold):
    """What became of one piece of metadata."""

    what: Literal["removed", "kept", "added"]


class PointTold(Told):
    """A named point in pixels from the left and from the top."""

    name: Text
    x: float
    y: float
    score: Share = 1.0


class SightTold(Told):
    """What a model saw in the picture."""

    kind: Kind
    label: Text = ""
    score: Share = 0.0
    box: tuple[int, int, int, int] | None = None
    points: tuple[PointTold, ...] = ()
    mask: Text = ""


class RetryTold(Told):
    """How many tiles of a model its exact twin did again, and why."""

    model: Count
    fault: Fault
    tiles: Count


class CageTold(Told):
    """What held the worker: its level, attacks tried and attacks contained."""

    level: Annotated[int, Field(ge=0, le=3)]
    attempted: Annotated[int, Field(ge=0, le=1_000)]
    contained: Annotated[int, Field(ge=0, le=1_000)]


class ResultTold(Told):
    """Everything of a result but its bytes, its receipt and its places on a disk."""

    format: Format | None
    width: Side
    height: Side
    bytes: Count
    input_format: Format
    input_width: Side
    input_height: Side
    input_bytes: Count
    reencoded: bool
    findings: tuple[FindingTold, ...] = ()
    changes: tuple[ChangeTold, ...] = ()
    models: tuple[Text, ...] = ()
    retries: tuple[RetryTold, ...] = ()
    cage: CageTold
    receipt: Annotated[str, Field(pattern=r"^([0-9a-f]{32})?$")] = ""
    seconds: Annotated[float, Field(ge=0)] = 0.0
    work_seconds: Annotated[float, Field(ge=0)] = 0.0
    confidence: Share | None = None
    decided: dict[Decision, float] = Field(default_factory=dict)
    vector: tuple[float, ...] = ()
    measures: dict[Measure, float] = Field(default_factory=dict)
    annotations: tuple[SightTold, ...] | None = None


def told(result: Result, *, hides: bool = False) -> dict[str, Any]:
    """The document of the command line, and what only a program elsewhere needs besides. hides:
    kinds of metadata alone, not what it says.
    """
    findings = [
        {
            "group": one.group.name.lower(),
            "name": one.name,
            "value": "" if hides else one.value,
        }
        for one in sorted(result.findings, key=lambda one: (one.group, one.name))
    ]
    retries = [{"model": r.model, "fault": r.fault, "tiles": r.tiles} for r in result.retries]
    cage = result.cage
    return result_document(result) | {
        "input_format": result.input_format,
        "findings": findings,
        "changes": [_change(change) for change in result.changes],
        "retries": retries,
        "cage": {
            "level": cage.level,
            "attempted": len(cage.attempts),
            "contained": cage.contained,
        },
        "work_seconds": round(result.work_s, 3),
    }


def _change(change: Change) -> dict[str, str]:
    """What was removed keeps its value to itself, unless that is what the picture lost."""
    found = change.finding
    is_gone = change.what == "removed" and not is_loss(change)
    value = "" if is_gone else found.value
    return {
        "what": change.what,
        "group": found.group.name.lower(),
        "name": found.name,
        "value": value,
    }


def read(untrusted: object) -> ResultTold:
    """What a server says of a result. Raises WireBroken for what no server of ours would say."""
    try:
        return ResultTold.model_validate(untrusted)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise WireBroken(f"the server's answer is out of order at {where or 'its top'}") from error


def result_of(known: ResultTold, *, receipt: bytes = b"", data: bytes | None = None) -> Result:
    """The Result of a run somewhere else. Its attacks have no names here, only their number."""
    sights = known.annotations or ()
    return Result(
        path=None,
        data=data,
        format=known.format,
        width=known.width,
        height=known.height,
        output_bytes=known.bytes,
        input_format=known.input_format,
        input_width=known.input_width,
        input_height=known.input_height,
        input_bytes=known.input_bytes,
        is_reencoded=known.reencoded,
        findings=tuple(_finding(one) for one in known.findings),
        changes=tuple(Change(one.what, _finding(one)) for one in known.changes),
        models=known.models,
        cage=_cage(known.cage),
        receipt=receipt,
        receipt_id=known.receipt,
        receipt_path=None,
        read_s=0.0,
        work_s=known.work_seconds,
        total_s=known.seconds,
        retries=tuple(Retry(one.model, one.fault, one.tiles) for one in known.retries),
        confidence=known.confidence,
        decided=dict(known.decided),
        vector=known.vector,
        measures=dict(known.measures),
        annotations=tuple(_sight(one) for one in sights),
        has_looked=known.annotations is not None,
    )


def _finding(known: FindingTold) -> Finding:
    return Finding(Risk[known.group.upper()], known.name, known.value)


def _cage(known: CageTold) -> CageReport:
    contained = min(known.contained, known.attempted)
    attempts = tuple(
        Attempt("", "", 0, contained=number < contained) for number in range(known.attempted)
    )
    return CageReport(known.level, attempts, {}, "", {}, ())


def _sight(known: SightTold) -> Annotation:
    """Raises WireBroken for a mask that is none."""
    try:
        mask = base64.b64decode(known.mask, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireBroken("the server's answer holds a broken mask") from error
    if len(mask) not in (0, MASK_BYTES) or known.kind not in SIGHTS:
        raise WireBroken("the server's answer holds a broken mask")
    points = tuple(Keypoint(one.name, one.x, one.y, one.score) for one in known.points)
    return Annotation(known.kind, known.label, known.score, known.box, points, mask)
