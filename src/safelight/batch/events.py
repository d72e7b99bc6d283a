"""What a batch tells while it runs. Each event is one line of --json."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

from safelight.annotation import Annotation
from safelight.batch.losses import is_loss, losses_of
from safelight.engine.result import Result

SCHEMA = 1
WHATS = ("removed", "kept", "added")
Status = Literal["done", "skipped", "refused", "failed", "planned"]


@dataclass(frozen=True, slots=True)
class Event:
    """Base: `type` and `schema` stand in every line."""

    type: ClassVar[str] = "event"

    def document(self) -> dict[str, Any]:
        return {"type": self.type, "schema": SCHEMA, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Start(Event):
    """Work begins: how many items, the recipe's digest and verbs, workers side by side."""

    type: ClassVar[str] = "start"
    items: int
    recipe: str
    verbs: tuple[str, ...]
    jobs: int


@dataclass(frozen=True, slots=True)
class Item(Event):
    """One input ended. code is "" when done, else the error's code or the reason of the skip.

    error, hint and warning are sentences for people. result is None unless status is done. kind is
    the format of a file that was passed over because it is known and not read.
    """

    type: ClassVar[str] = "item"
    index: int
    input: str
    status: Status
    output: str | None = None
    code: str = ""
    error: str = ""
    hint: str = ""
    exit_code: int = 0
    result: Result | None = None
    warning: str = ""
    kind: str = ""

    def document(self) -> dict[str, Any]:
        document = {"type": self.type, "schema": SCHEMA}
        for name in ("index", "input", "status", "output", "code", "error", "hint"):
            document[name] = getattr(self, name)
        if self.warning:
            document["warning"] = self.warning
        if self.result is not None:
            document |= result_document(self.result)
        return document


@dataclass(frozen=True, slots=True)
class Share(Event):
    """How far one input under way is, from 0 to 1; an input that tells none has no such event."""

    type: ClassVar[str] = "share"
    index: int
    share: float


@dataclass(frozen=True, slots=True)
class Summary(Event):
    """The end: counts by status, left = not done, metadata groups removed, kept and added
    (pictures each), level, exit code.
    """

    type: ClassVar[str] = "summary"
    done: int
    skipped: int
    refused: int
    failed: int
    left: int = 0
    removed: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    attempted: int = 0
    contained: int = 0
    level: int | None = None
    seconds: float = 0.0
    exit_code: int = 0
    cancelled: bool = False


def _sight_document(sight: Annotation) -> dict[str, Any]:
    """What was seen as JSON values: places in pixels from the left and the top, scores 0..1."""
    document: dict[str, Any] = {
        "kind": sight.kind,
        "label": sight.label,
        "score": round(sight.score, 4),
    }
    if sight.box is not None:
        document["box"] = list(sight.box)
    if sight.points:
        document["points"] = [
            {
                "name": point.name,
                "x": round(point.x, 1),
                "y": round(point.y, 1),
                "score": round(point.score, 4),
            }
            for point in sight.points
        ]
    if sight.mask:
        document["mask"] = base64.b64encode(sight.mask).decode()
    return document


Listener = Callable[[Event], None]


def result_document(result: Result) -> dict[str, Any]:
    """The facts of a result as JSON values; no pixels, no metadata values."""
    sure = {} if result.confidence is None else {"confidence": result.confidence}
    decided = {"decided": dict(result.decided)} if result.decided else {}
    vector = {"vector": [round(one, 6) for one in result.vector]} if result.vector else {}
    seen = [_sight_document(sight) for sight in result.annotations]
    annotations = {"annotations": seen} if result.has_looked else {}
    measures = {"measures": dict(result.measures)} if result.measures else {}
    beside = [change for change in result.changes if not is_loss(change)]
    return (
        sure
        | decided
        | vector
        | annotations
        | measures
        | {
            "format": result.format,
            "width": result.width,
            "height": result.height,
            "bytes": result.output_bytes,
            "input_bytes": result.input_bytes,
            "input_width": result.input_width,
            "input_height": result.input_height,
            "reencoded": result.is_reencoded,
            "lost": list(losses_of(result.changes)),
            **{what: sorted({c.finding.name for c in beside if c.what == what}) for what in WHATS},
            "models": list(result.models),
            "retried": sum(retry.tiles for retry in result.retries),
            "faults": sorted({retry.fault for retry in result.retries}),
            "level": result.cage.level,
            "receipt": result.receipt_id,
            "seconds": round(result.total_s, 3),
        }
    )
