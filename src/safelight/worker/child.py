"""The body of a job: decode, fold the operations, encode. Pure of any matter of the cage."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from safelight.codecs.decode import open_image
from safelight.codecs.encode import encode
from safelight.codecs.libvips import foreign_errors
from safelight.errors import ModelMissing
from safelight.image import Change, Finding, Format
from safelight.limits import Limits
from safelight.models.entry import Entry
from safelight.models.runtimes import open_session
from safelight.operation import Context, ModelNeed, Session
from safelight.recipe import Recipe
from safelight.worker.job import Plan
from safelight.worker.rehearsal import rehearsed


@dataclass(frozen=True, slots=True)
class Model:
    """A model as a worker gets it: what asked for it, its catalogue entry as JSON, its file."""

    need: ModelNeed
    entry_json: bytes
    data: memoryview


@dataclass(frozen=True)
class Performed:
    """What a job made. pieces is empty when no image was asked for; sizes in pixels as
    displayed.
    """

    pieces: Sequence[bytes | memoryview]
    format: Format | None
    width: int
    height: int
    input_format: Format
    input_width: int
    input_height: int
    is_reencoded: bool
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()


Perform = Callable[..., Performed]


def perform(
    source: memoryview,
    recipe: bytes,
    models: Sequence[Model],
    limits: Limits,
    *,
    progress: Callable[[float], None],
    wants_image: bool,
    threads: int = 1,
) -> Performed:
    """One picture and a recipe in canonical form in, encoded pieces and facts out. Raises any
    SafelightError.
    """
    steps = Recipe.from_canonical(recipe).steps
    sessions = Sessions(models, threads)
    ctx = Context(limits, sessions.of, time.monotonic() + limits.timeout_s, progress)
    image = original = open_image(source, limits)
    with foreign_errors("the picture"):
        for step in steps:
            image = step.apply(image, ctx)
    before = (original.header.format, original.width, original.height)
    if not wants_image:
        return Performed((), None, 0, 0, *before, is_reencoded=False, findings=image.findings)
    made = encode(image, source, limits)
    after = (made.format, made.width, made.height)
    return Performed(
        made.pieces, *after, *before, made.is_reencoded, image.findings, tuple(made.changes)
    )


def rehearsal(plan: Plan) -> Callable[[], None]:
    """What a worker of this plan does before it is given a job."""
    return rehearsed(perform, plan)


class Sessions:
    """Opens each model once, when an operation first asks for it."""

    def __init__(self, models: Sequence[Model], threads: int) -> None:
        self._models = {model.need: model for model in models}
        self._threads = threads
        self._open: dict[ModelNeed, Session] = {}

    def of(self, need: ModelNeed) -> Session:
        """Raises ModelMissing where the job brought no such model."""
        if need not in self._models:
            raise ModelMissing
        if need not in self._open:
            model = self._models[need]
            entry = Entry.from_json(model.entry_json)
            self._open[need] = open_session(entry, model.data, threads=self._threads)
        return self._open[need]
