"""The body of a job: decode, fold the operations, encode. Pure of any matter of the cage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

from safelight.annotation import Annotation, Decision, Seen
from safelight.codecs.crossing_ends import received, sent
from safelight.codecs.decode import open_image
from safelight.codecs.encode import encode
from safelight.codecs.libvips import foreign_errors
from safelight.codecs.origin import MARK_OF_TASK, STRENGTH
from safelight.errors import FormatUnknown, ModelMissing
from safelight.formats import TABLE, Format
from safelight.image import Change, Finding, Image, Measure
from safelight.limits import Limits
from safelight.models.entry import Entry
from safelight.models.examining import examined
from safelight.models.footprint import took
from safelight.models.guard import FAULTS, Guarded, Retry
from safelight.models.look import base_of, judged, look
from safelight.models.nature import findings_of, peak_told
from safelight.models.providers import CPU, Device
from safelight.models.reading import Lettered, Reader, Tokeniser, tokeniser_for
from safelight.models.runtimes import open_session
from safelight.models.session import Session
from safelight.operation import Context, ModelNeed, Operation, Sample, no_picture
from safelight.recipe import Recipe
from safelight.worker.device_session import Counter, DeviceSession
from safelight.worker.job import EXAM, MEASURED, PICTURE, Crossing, Plan
from safelight.worker.rehearsal import rehearsed
from safelight.worker.shares import Shares


@dataclass(frozen=True, slots=True)
class Model:
    """A model as a worker gets it: what asked for it, its catalogue entry as JSON, its file."""

    need: ModelNeed
    entry_json: bytes
    data: memoryview


@dataclass(frozen=True)
class Performed:
    """What a job made. pieces is empty when no image was asked for; sizes in pixels as displayed;
    confidence, decided, vector, measures and sights as of Image; ran and retries as of Sessions.
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
    confidence: float | None = None
    decided: Mapping[Decision, float] = field(default_factory=dict)
    vector: tuple[float, ...] = ()
    measures: Mapping[Measure, float] = field(default_factory=dict)
    sights: tuple[Annotation, ...] = ()
    ran: tuple[int, ...] = ()
    retries: tuple[Retry, ...] = ()


Perform = Callable[..., Performed]
# A session that was opened before the worker was made, by the JSON of its entry.
Inherited = Callable[[bytes], Session | None]


def nothing_held(_entry_json: bytes) -> None:
    """A worker that inherits no session."""


def perform(
    source: memoryview,
    recipe: bytes,
    models: Sequence[Model],
    limits: Limits,
    *,
    progress: Callable[[float], None],
    wants_image: bool,
    threads: int = 1,
    crossing: Crossing = Crossing.NOTHING,
    counter: Counter | None = None,
    device: Device = CPU,
    held: Inherited = nothing_held,
) -> Performed:
    """One picture and a recipe in canonical form in, encoded pieces and facts out; either side may
    be plain pixels. Models answer at the counter of a device where there is one, else they are
    opened here, on the device named. Raises any SafelightError.
    """
    todo = Recipe.from_canonical(recipe)
    sessions = Sessions(models, threads, counter, device, held=held)
    ctx = _context(sessions, models, limits, progress)
    opened = received if crossing == Crossing.SOURCE else open_image
    original = opened(source, limits)
    _require_fitting(todo, original)
    if crossing == Crossing.OUTPUT:
        return _sent(original, source, limits)
    before = (original.header.format, original.width, original.height)
    if models and models[0].need.task == EXAM:
        return Performed((), None, 0, 0, *before, False, _examined(models[0], threads))
    with foreign_errors("the picture"):
        image = _marked(_folded(todo.steps, original, ctx), sessions.tasks())
    done = Performed((), None, 0, 0, *before, is_reencoded=False, findings=image.findings)
    if wants_image:
        done = _with_output(done, image, source, limits)
    return replace(
        done,
        confidence=image.confidence,
        decided={**image.decided, **done.decided},
        vector=image.vector,
        measures=image.measures,
        sights=image.sights,
        ran=sessions.ran(),
        retries=sessions.retries(),
    )


def _require_fitting(todo: Recipe, original: Image) -> None:
    """Raises FormatUnknown for a picture that these steps cannot work on."""
    refused = todo.refusal(original.header.format)
    if refused is not None:
        raise refused


def _examined(model: Model, threads: int) -> tuple[Finding, ...]:
    """What a model is that nobody has used yet, or the memory that an answer takes."""
    entry = Entry.from_json(model.entry_json)
    if model.need.name == MEASURED:
        return peak_told(took(entry, model.data, threads=threads))
    return findings_of(examined(entry, model.data, threads=threads))


def _context(
    sessions: Sessions,
    models: Sequence[Model],
    limits: Limits,
    progress: Callable[[float], None],
) -> Context:
    """What operations may ask for; their time runs from now."""
    deadline = time.monotonic() + limits.timeout_s
    further = partial(_further, models, limits)
    return Context(
        limits, sessions.of, deadline, progress, further, look=sessions.look, read=sessions.read
    )


def _folded(steps: Sequence[Operation], image: Image, ctx: Context) -> Image:
    """The image after all steps. Those with a model tell how far they are, as shares of the whole;
    the others are done in no time.
    """
    telling = [place for place, step in enumerate(steps) if step.needs()]
    shares = Shares(ctx.progress, len(telling))
    for place, step in enumerate(steps):
        tell = shares.of(telling.index(place)) if place in telling else ctx.progress
        image = step.apply(image, replace(ctx, progress=tell))
    return image


def _marked(image: Image, tasks: Iterable[str]) -> Image:
    """With the wish that the result says what models did to it, unless a step says more."""
    terms = [MARK_OF_TASK[task] for task in tasks if task in MARK_OF_TASK]
    if not terms or image.wish.mark:
        return image
    return image.with_wish(mark=max(terms, key=STRENGTH.index))


def _with_output(done: Performed, image: Image, source: memoryview, limits: Limits) -> Performed:
    made = encode(image, source, limits)
    return replace(
        done,
        pieces=made.pieces,
        format=made.format,
        width=made.width,
        height=made.height,
        is_reencoded=made.is_reencoded,
        changes=tuple(made.changes),
        decided={} if made.quality is None else {"quality": float(made.quality)},
    )


def _sent(image: Image, source: memoryview, limits: Limits) -> Performed:
    """What crosses to another cage."""
    pieces, behind = sent(image, source, limits)
    facts = (image.header.format, image.width, image.height)
    return Performed(pieces, *facts, *facts, is_reencoded=True, changes=behind)


def _further(models: Sequence[Model], limits: Limits, digest: str) -> Image:
    """The further picture of this SHA-256. Raises FormatUnknown for a document or a film."""
    for model in models:
        if (model.need.task, model.need.name) == (PICTURE, digest):
            image = open_image(model.data, limits)
            if not TABLE[image.header.format].reads:
                raise FormatUnknown(
                    f"the further picture is {image.header.format}, of which no pixels are read",
                    hint="export it as PNG, and give that",
                )
            return image
    return no_picture(digest)


def rehearsal(plan: Plan) -> Callable[[], None]:
    """What a worker of this plan does before it is given a job."""
    return rehearsed(perform, plan)


class Sessions:
    """Opens each model once, when an operation first asks for it; an exact twin only at a fault."""

    def __init__(
        self,
        models: Sequence[Model],
        threads: int,
        counter: Counter | None = None,
        device: Device = CPU,
        *,
        held: Inherited = nothing_held,
    ) -> None:
        self._models = {model.need: model for model in models}
        self._threads, self._counter, self._device = threads, counter, device
        self._held = held
        self._open: dict[ModelNeed, Guarded] = {}
        self._readers: dict[ModelNeed, Reader] = {}
        self._tokenisers: dict[ModelNeed, Tokeniser] = {}

    def look(self, need: ModelNeed, sample: Sample) -> Seen:
        """What the model of this need sees in a picture, or says of what another one saw there.
        Raises as of does, and as Context says.
        """
        session = self.of(need)
        base = base_of(need, session)
        if base is None:
            return look(session, sample)
        return judged(session, look(self.of(base), sample), sample)

    def read(self, need: ModelNeed, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """The vectors of texts, by the model of this need. Raises as of does, and as Context
        says.
        """
        if need not in self._readers:
            session, data = self.of(need), self._models[need].data
            known = self._tokenisers.get(need) or tokeniser_for(session.model, data)
            self._readers[need] = Reader(session, known)
        return self._readers[need].read(texts)

    def of(self, need: ModelNeed) -> Guarded:
        """Raises ModelMissing where the job brought no such model."""
        if need not in self._models:
            raise ModelMissing
        if need not in self._open:
            session = self._session(need)
            twin = replace(need, name=session.model.exact or "")
            opening = cache(partial(self._session, twin)) if twin in self._models else None
            self._open[need] = Guarded(session, opening)
        return self._open[need]

    def tasks(self) -> tuple[str, ...]:
        """The tasks of the models that were asked for up to now; their pixels may come later."""
        return tuple(need.task for need in self._open)

    def ran(self) -> tuple[int, ...]:
        """Places in the job of the models that answered up to now; a twin counts as its model."""
        places = enumerate(self._models)
        return tuple(n for n, need in places if need in self._open and self._open[need].has_run)

    def retries(self) -> tuple[Retry, ...]:
        """What exact twins did up to now, in the order of the job's models."""
        return tuple(
            Retry(place, fault, self._open[need].retried[fault])
            for place, need in enumerate(self._models)
            if need in self._open
            for fault in FAULTS
            if self._open[need].retried[fault]
        )

    def _session(self, need: ModelNeed) -> Session:
        model = self._models[need]
        entry = Entry.from_json(model.entry_json)
        if self._counter is not None:
            return DeviceSession(entry, tuple(self._models).index(need), self._counter)
        session = self._held(model.entry_json)
        if session is None:
            session = open_session(entry, model.data, threads=self._threads, device=self._device)
        if isinstance(session, Lettered):
            self._tokenisers[need] = session.tokeniser
        return session
