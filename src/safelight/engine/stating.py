"""Stating: a run as the facts of its receipt, told as fully as the user wishes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from safelight.audit.blocks import (
    AssignmentFact,
    CustodyFact,
    MarksFact,
    RedactionFact,
    SelfTestFact,
    WindowFact,
)
from safelight.audit.environment import clock, environment, runtime_version, storage
from safelight.audit.facts import (
    TIME_FORMAT,
    EgressFact,
    InputFact,
    LocalityFact,
    MetadataFact,
    OutputFact,
    ReceiptFacts,
    keyed_file,
)
from safelight.audit.models import ModelFact, RetryFact
from safelight.audit.operation import OperationFact
from safelight.engine.sealing import Written
from safelight.engine.source import Digest, Source
from safelight.engine.stock import Models
from safelight.formats import Format, keeps_pixels
from safelight.models.providers import CPU, Device
from safelight.operation import Operation
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.worker.job import Answer

# What receipts have called the processor from the first on.
CPU_NAME = "CPU"
REDACT = "redact"
# Steps that touch pixels only by what they wish of the encoder.
WISHES = frozenset({"convert"})


@dataclass(frozen=True, slots=True)
class Manner:
    """How much receipts tell, and under whose order the work is.

    names: file names, never paths. pixels: digests of decoded pixels. is_sensitive: no plain digest
    of the output, no free words, no place in the picture, no kind of what was covered; it goes
    before names and pixels. plain: the plain digest of the input too, as a case needs it.
    """

    names: bool = False
    pixels: bool = False
    is_sensitive: bool = False
    plain: bool = False
    assignment: AssignmentFact | None = None
    custody: CustodyFact | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings say."""
        role, purpose = settings.role or None, settings.purpose or None
        is_sensitive = settings.receipt_profile == "sensitive"
        return cls(
            names=settings.receipt_names and not is_sensitive,
            pixels=settings.receipt_pixels and not is_sensitive,
            is_sensitive=is_sensitive,
            assignment=AssignmentFact(role=role, purpose=purpose) if role or purpose else None,
        )


class InputDigest:
    """The keyed digest of an input, and its plain one where that is wanted; fed once for both."""

    def __init__(self, keyed: Digest, *, plain: bool) -> None:
        self._keyed, self._plain = keyed, hashlib.sha256() if plain else None

    def update(self, data: memoryview, /) -> None:
        self._keyed.update(data)
        if self._plain is not None:
            self._plain.update(data)

    def hexdigest(self) -> str:
        """The keyed one."""
        return self._keyed.hexdigest()

    @property
    def plain(self) -> str | None:
        return self._plain.hexdigest() if self._plain is not None else None


@dataclass(frozen=True, slots=True)
class Work:
    """One run as it is written down: what came in, what a worker made of it, by what, on what.

    names are those of the input's and the output's files, where they have one; pixels the digests
    of their decoded pixels and plain that of the input's bytes, where they were made.
    """

    source: Source
    answer: Answer
    recipe: Recipe
    models: Models
    device: Device = CPU
    names: tuple[str, str] = ("", "")
    pixels: tuple[str | None, str | None] = (None, None)
    plain: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What a book knows besides the run: manner, door, pseudonym of the user, what keys bytes, and
    the lines of the ledger.
    """

    manner: Manner
    door: Any
    actor: str
    keyed: Callable[[bytes], str]
    ledger: Sequence[dict[str, Any]]


def facts_of(work: Work, written: Written, desk: Desk) -> ReceiptFacts:
    """All that the receipt of this run says."""
    answer, recipe, manner = work.answer, work.recipe, desk.manner
    end = datetime.now(UTC)
    start = end - timedelta(seconds=answer.work_s)
    operation = OperationFact.of(
        recipe.canonical,
        recipe.digest,
        duration_ms=round(answer.work_s * 1000),
        confidence=answer.confidence,
        decided=answer.decided,
        cages=answer.cage.cages,
    )
    marks = MarksFact.of(answer.changes)
    return ReceiptFacts(
        created=end.strftime(TIME_FORMAT),
        clock=clock(),
        inputs=(_input(work, manner),),
        outputs=(_output(work, written, desk),),
        operation=operation.withholding(desk.keyed, is_sensitive=manner.is_sensitive),
        metadata=MetadataFact.of(answer.changes, is_reencoded=answer.is_reencoded),
        redactions=tuple(_redactions(work, manner)) or None,
        marks=None if marks.is_empty else marks,
        models=tuple(_models(work.models, answer, work.device)),
        locality=LocalityFact(entry=desk.door),
        egress=EgressFact.of(
            level=answer.cage.level,
            attempted=len(answer.cage.attempts),
            contained=answer.cage.contained,
            layers=answer.cage.layers,
            filter_sha256=answer.cage.filter_sha256,
            not_covered=answer.cage.not_covered,
            window=_window(start, end, desk.ledger),
            self_test=_self_test(desk.ledger),
        ),
        storage=storage(spilled_bytes=work.source.spilled_bytes),
        actor=desk.actor,
        assignment=manner.assignment,
        custody=manner.custody,
        environment=environment(),
    )


def _media_type(format: Format | None) -> str:
    return f"image/{format}"


def _input(work: Work, manner: Manner) -> InputFact:
    return InputFact(
        keyed_digest=work.source.digest,
        sha256=work.plain if manner.plain else None,
        bytes=work.source.size_bytes,
        media_type=_media_type(work.answer.input_format),
        width=work.answer.input_width,
        height=work.answer.input_height,
        pixel_sha256=work.pixels[0],
        name=work.names[0] or None if manner.names else None,
        encryption=work.source.scheme or None,
    )


def _output(work: Work, written: Written, desk: Desk) -> OutputFact:
    is_sensitive = desk.manner.is_sensitive
    return OutputFact(
        sha256=None if is_sensitive else written.sha256,
        keyed_digest=keyed_file(written.sha256, desk.keyed) if is_sensitive else None,
        bytes=written.size_bytes,
        media_type=_media_type(work.answer.format),
        width=work.answer.width,
        height=work.answer.height,
        pixel_sha256=work.pixels[1],
        name=work.names[1] or None if desk.manner.names else None,
        encryption=written.scheme or None,
    )


def _redactions(work: Work, manner: Manner) -> Iterator[RedactionFact]:
    steps = work.recipe.steps
    for place, step in enumerate(steps):
        if step.name != REDACT:
            continue
        later = steps[place + 1 :]
        changed = any(_changes_pixels(one) for one in later)
        exact = not changed and _keeps_pixels(work.answer.format, steps)
        fact = RedactionFact.of(
            step.parameters(), work.answer.sights, is_exact=exact, is_changed=changed
        )
        yield fact.model_copy(update={"kinds": {}}) if manner.is_sensitive else fact


def _changes_pixels(step: Operation) -> bool:
    touches = step.touches_pixels and step.gives_image
    return touches and step.name != REDACT and step.name not in WISHES


def _keeps_pixels(format: Format | None, steps: Iterable[Operation]) -> bool:
    """As the last step wished that asked for that or for a quality."""
    is_wished = False
    for step in steps:
        asked = step.parameters()
        if step.name in WISHES and (asked["lossless"] or asked["quality"] is not None):
            is_wished = asked["lossless"]
    return format is not None and keeps_pixels(format, lossless=is_wished)


def _models(models: Models, answer: Answer, device: Device) -> Iterator[ModelFact]:
    """Each model that ran, with what its exact twin did in its place."""
    for place in answer.ran:
        entry = models.entry(place)
        tiles = {retry.fault: retry.tiles for retry in answer.retries if retry.model == place}
        retried = None
        if tiles:
            twin = models.twin(place)
            retried = RetryFact.of(tiles, name=twin.name, sha256=twin.sha256)
        yield ModelFact.of(
            entry,
            runtime_version=runtime_version(entry.runtime),
            provider=CPU_NAME if device.kind == CPU.kind else device.name,
            is_repeatable=device.kind == CPU.kind,
            retried=retried,
        )


def _window(start: datetime, end: datetime, ledger: Iterable[dict[str, Any]]) -> WindowFact:
    first, last = start.strftime(TIME_FORMAT), end.strftime(TIME_FORMAT)
    within = [
        entry
        for entry in ledger
        if entry.get("what") == "connection" and first <= str(entry["time"]) <= last
    ]
    return WindowFact(start=first, end=last, connections=len(within))


def _self_test(ledger: Sequence[dict[str, Any]]) -> SelfTestFact | None:
    last = next((entry for entry in reversed(ledger) if entry.get("what") == "self-test"), None)
    if last is None:
        return None
    return SelfTestFact(**{name: last[name] for name in SelfTestFact.model_fields})
