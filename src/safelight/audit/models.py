"""Facts about the models of a run, and what their use makes of a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field

from safelight.audit.fact import Count, Digest, Sparse, Text
from safelight.models.entry import Entry
from safelight.models.guard import Fault

Disclosure = Literal["none", "algorithmic", "ai-restored"]
# What a task does to a picture, in the words of the disclosure classes; a task that is not here
# makes none.
DISCLOSURE_OF_TASK: dict[str, Disclosure] = {
    "upscale": "ai-restored",
    "denoise": "ai-restored",
    "dejpeg": "ai-restored",
    "cutout": "algorithmic",
}
REPEATABLE: Literal["same bytes on the same processor and versions"] = (
    "same bytes on the same processor and versions"
)
_RANK: tuple[Disclosure, ...] = ("none", "algorithmic", "ai-restored")


class RetryFact(Sparse):
    """Tiles whose answer was faulty and that the exact twin did again: how many by fault; which
    model that was. wrong_shape stands in a receipt only where there was one.
    """

    not_finite: Count
    out_of_range: Count
    blank: Count
    wrong_shape: Annotated[int, Field(ge=1, le=2**53)] | None = None
    name: Text
    sha256: Digest

    @classmethod
    def of(cls, tiles: Mapping[Fault, int], *, name: str, sha256: str) -> Self:
        """From the counts that the worker gave and the twin's catalogue entry."""
        return cls(
            not_finite=tiles.get("not finite", 0),
            out_of_range=tiles.get("out of range", 0),
            blank=tiles.get("blank", 0),
            wrong_shape=tiles.get("wrong shape"),
            name=name,
            sha256=sha256,
        )


class ModelFact(Sparse):
    """Which model ran, in which runtime; tile and halo in input pixels, tile 0 takes it whole.

    retried stands in a receipt only where something was.
    """

    name: Text
    sha256: Digest
    licence: Text
    source: Text
    task: Text
    runtime: Text
    runtime_version: Text
    provider: Text
    precision: Text
    tile: Count
    halo: Count
    determinism: Literal["same bytes on the same processor and versions", "not repeatable"]
    retried: RetryFact | None = None

    @classmethod
    def of(
        cls,
        entry: Entry,
        *,
        runtime_version: str,
        provider: str = "CPU",
        is_repeatable: bool = True,
        retried: RetryFact | None = None,
    ) -> Self:
        """From a catalogue entry and what opened it, on what. A card's sums are not always made in
        the same order: then the bytes are not repeatable.
        """
        return cls(
            name=entry.name,
            sha256=entry.sha256,
            licence=entry.licence,
            source=entry.source,
            task=entry.task,
            runtime=entry.runtime,
            runtime_version=runtime_version,
            provider=provider,
            precision=entry.precision,
            tile=entry.input.tile,
            halo=entry.input.halo,
            determinism=REPEATABLE if is_repeatable else "not repeatable",
            retried=retried,
        )


def disclosure_of(models: Iterable[ModelFact]) -> Disclosure:
    """The strongest class that the models' tasks call for."""
    classes = {DISCLOSURE_OF_TASK.get(model.task, "algorithmic") for model in models}
    return max(classes, key=_RANK.index, default="none")
