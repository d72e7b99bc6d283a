"""What one run gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from safelight.annotation import Annotation, Decision
from safelight.formats import Format
from safelight.image import Change, Finding, Measure
from safelight.models.guard import Retry
from safelight.worker.job import CageReport


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one picture and one recipe.

    path is the written file and data is None, or data holds the encoded bytes and path is None;
    both are None when the recipe ends in an analysis. receipt is the signed receipt (empty after an
    analysis), receipt_id names it, receipt_path is its file where it has one. Sizes in pixels as
    displayed; times in seconds. is_reencoded is False when pixels are bit-identical. models names
    those that ran, exact twins aside; retries says what gave a faulty answer that an exact twin
    gave again; confidence is how sure the models were of what they saw, 0..1, None where none says;
    decided holds what operations decided by looking at the picture (see image.DECISIONS); vector,
    of length 1, is empty unless embed was asked for, and measures (see image.MEASURES) unless
    compare was. annotations holds what models saw: labels, boxes, poses, the surest first, their
    places in pixels of the picture as it was when they looked at it. It is personal data where the
    picture is, and stands in no receipt. has_looked: a step was there to see something.
    """

    path: Path | None
    data: bytes | None
    format: Format | None
    width: int
    height: int
    output_bytes: int
    input_format: Format
    input_width: int
    input_height: int
    input_bytes: int
    is_reencoded: bool
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    models: tuple[str, ...]
    cage: CageReport
    receipt: bytes
    receipt_id: str
    receipt_path: Path | None
    read_s: float
    work_s: float
    total_s: float
    retries: tuple[Retry, ...] = ()
    confidence: float | None = None
    decided: Mapping[Decision, float] = field(default_factory=dict)
    vector: tuple[float, ...] = ()
    measures: Mapping[Measure, float] = field(default_factory=dict)
    annotations: tuple[Annotation, ...] = ()
    has_looked: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing was done. reason: "verified" (the output is there and is right) or "exists"."""

    path: Path
    reason: str
