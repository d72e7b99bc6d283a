"""The only door of the cage: fixed structs, and records of one size.

channel (one SOCK_SEQPACKET pair per worker, or two pipes in the portable host), each message one
struct:

    worker → host   READY     how the self-attack ended, errno by errno
    host → worker   JOB       sizes of what lies in the memfds that come with it
    worker → host   PROGRESS  share of the work done, in ten-thousandths
    worker → host   RESULT    error number and facts, or sizes of the output and of the records

The output and the records (see records) lie in memfds that the host made. The host never parses
anything else, and takes no number before it is bounded: every name here that starts with
`untrusted_` is still hostile. A message that breaks any rule raises WireBroken; the worker is then
killed.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from safelight.annotation import DECISIONS, Decision
from safelight.errors import WireBroken
from safelight.formats import FORMATS, Format, is_picture
from safelight.limits import MAX_MODELS, MAX_RECORDS, Limits, bounded
from safelight.models.guard import FAULTS, Retry
from safelight.worker.job import Crossing
from safelight.worker.sentences import Failure

READY_MAGIC, JOB_MAGIC = b"SLr1", b"SLj1"
PROGRESS_MAGIC, RESULT_MAGIC = b"SLp1", b"SLe1"
MAX_ATTEMPTS = 256
MAX_ERRNO = 4_095
PROGRESS_PAUSE_S = 0.1
MAX_FACTS = 6
# The fields of a RESULT between the failure and the counts of faults.
SIZES = 11 + len(DECISIONS)
FULL_NOTE = 1_000
MOST_DECIDED = 100
MAX_FACT = 10**18
MAX_ERROR_NUMBER = 255
MAX_LINE = 100_000
FULL_SHARE = 10_000

_READY = struct.Struct(f"<4sHHI32s{MAX_ATTEMPTS}h")
_JOB = struct.Struct("<4sHHHQQQ" + "QQQ" * MAX_MODELS)
_PROGRESS = struct.Struct("<4sH")
RESULT = struct.Struct(
    f"<4sQHHII{MAX_FACTS}q" + "QIIIIIBBBIH" + "H" * len(DECISIONS) + "I" * MAX_MODELS * len(FAULTS)
)

JOB_BYTES, READY_BYTES = _JOB.size, _READY.size
PROGRESS_BYTES, RESULT_BYTES = _PROGRESS.size, RESULT.size
MESSAGE_BYTES = max(READY_BYTES, JOB_BYTES, RESULT_BYTES)


@dataclass(frozen=True, slots=True)
class Ready:
    """What a locked worker says of itself: the errno of every attempt in the order of the list of
    attacks.
    """

    errnos: tuple[int, ...]
    layers: int
    filter_sha256: str

    def pack(self) -> bytes:
        errnos = [*self.errnos, *[0] * (MAX_ATTEMPTS - len(self.errnos))]
        digest = bytes.fromhex(self.filter_sha256)
        return _READY.pack(READY_MAGIC, len(self.errnos), 0, self.layers, digest, *errnos)

    @classmethod
    def parse(cls, untrusted: bytes, *, attempts: int) -> Ready:
        """Raises WireBroken unless the message holds exactly so many attempts."""
        _, count, zero, layers, digest, *rest = _unpack(_READY, untrusted, READY_MAGIC)
        with Rules("ready"):
            bounded(count, attempts, attempts)
            bounded(zero, 0, 0)
            errnos = tuple(bounded(number, -1, MAX_ERRNO) for number in rest)
            if any(errnos[count:]):
                raise ValueError("bytes after the last attempt")
        return cls(errnos[:count], layers, digest.hex())


@dataclass(frozen=True, slots=True)
class Order:
    """Sizes of a job in bytes: source, recipe, and for each model its need, its entry and its file.

    threads is how many a model may use; 0 leaves it to the plan; crossing as of a job; has_device:
    a line and a mailbox come along, by which a device answers for the models. The nonce
    comes back with the outcome: an answer given before the question was asked is no answer.
    """

    source: int
    recipe: int
    models: tuple[tuple[int, int, int], ...]
    wants_image: bool
    nonce: int
    threads: int = 0
    crossing: Crossing = Crossing.NOTHING
    has_device: bool = False

    def pack(self) -> bytes:
        padding = [(0, 0, 0)] * (MAX_MODELS - len(self.models))
        sizes = [size for model in [*self.models, *padding] for size in model]
        wants = self.wants_image | self.crossing << 1 | self.has_device << 3
        head = (JOB_MAGIC, len(self.models), wants, self.threads)
        return _JOB.pack(*head, self.nonce, self.source, self.recipe, *sizes)

    @classmethod
    def parse(cls, data: bytes) -> Order:
        """The way back, in the worker. The host is trusted, but not to be of the same version."""
        _, count, wants, threads, nonce, *rest = _unpack(_JOB, data, JOB_MAGIC)
        source, recipe, *sizes = rest
        models = list(zip(sizes[::3], sizes[1::3], sizes[2::3], strict=True))
        return cls(
            *(source, recipe, tuple(models[:count]), bool(wants & 1), nonce, threads),
            crossing=Crossing(wants >> 1 & 3),
            has_device=bool(wants >> 3),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a job: sizes of what was made, how sure the models were (0..1; None where none
    says), what was decided (0..100), which models ran, by their place in the order, and what was
    done again; or the failure.
    """

    failure: Failure | None = None
    output_bytes: int = 0
    format: Format | None = None
    width: int = 0
    height: int = 0
    input_format: Format | None = None
    input_width: int = 0
    input_height: int = 0
    is_reencoded: bool = False
    records: int = 0
    confidence: float | None = None
    decided: Mapping[Decision, float] = field(default_factory=dict)
    ran: tuple[int, ...] = ()
    retries: tuple[Retry, ...] = ()

    def pack(self, nonce: int) -> bytes:
        failure = self.failure or Failure(0)
        facts = failure.facts[:MAX_FACTS]
        return RESULT.pack(
            *(RESULT_MAGIC, nonce, failure.number, len(facts), failure.module, failure.line),
            *[*facts, *[0] * (MAX_FACTS - len(facts))],
            self.output_bytes,
            *(self.width, self.height, self.input_width, self.input_height, self.records),
            *(_format_number(self.format), _format_number(self.input_format)),
            self.is_reencoded,
            sum(1 << place for place in self.ran),
            _note_number(self.confidence, 1),
            *(_note_number(self.decided.get(kind), MOST_DECIDED) for kind in DECISIONS),
            *_counts(self.retries),
        )

    @classmethod
    def parse(cls, untrusted: bytes, limits: Limits, order: Order) -> Outcome:
        """Every number bounded; a failure carries no sizes, an analysis no output.

        Raises WireBroken.
        """
        _, nonce, *untrusted_fields = _unpack(RESULT, untrusted, RESULT_MAGIC)
        with Rules("result"):
            bounded(nonce, order.nonce, order.nonce)
            failure = _failure(untrusted_fields[: 4 + MAX_FACTS])
            untrusted_sizes = untrusted_fields[4 + MAX_FACTS :]
            if failure is None:
                made = _made(untrusted_sizes[:SIZES], limits, order)
                return replace(made, retries=_retries(untrusted_sizes[SIZES:], limits, made.ran))
            if any(untrusted_sizes):
                raise ValueError("a failure that carries sizes")
        return cls(failure)


def _failure(untrusted: Sequence[int]) -> Failure | None:
    number, count, module, line, *facts = untrusted
    bounded(count, 0, MAX_FACTS)
    for fact in facts:
        bounded(fact, -MAX_FACT, MAX_FACT)
    if any(facts[count:]) or (not number and any(untrusted)):
        raise ValueError("facts of nothing")
    if not number:
        return None
    bounded(number, 1, MAX_ERROR_NUMBER)
    return Failure(number, module, bounded(line, 0, MAX_LINE), tuple(facts[:count]))


def _made(untrusted: Sequence[int], limits: Limits, order: Order) -> Outcome:
    size, width, height, input_width, input_height, records, *rest = untrusted
    kind, input_kind, again, ran, sure, *decided = rest
    if order.wants_image:
        bounded(size, 1, limits.output_bytes)
        bounded(kind, 1, len(FORMATS))
        _area(kind, width, height, side=limits.side, pixels=limits.output_pixels)
    elif any((size, width, height, kind, again)):
        raise ValueError("an output that nobody asked for")
    bounded(input_kind, 1, len(FORMATS))
    _area(input_kind, input_width, input_height, side=limits.side, pixels=limits.input_pixels)
    return Outcome(
        output_bytes=size,
        format=FORMATS[kind - 1] if order.wants_image else None,
        width=width,
        height=height,
        input_format=FORMATS[input_kind - 1],
        input_width=input_width,
        input_height=input_height,
        is_reencoded=bool(bounded(again, 0, 1)),
        records=bounded(records, 0, MAX_RECORDS),
        confidence=_note(sure, 1),
        decided={
            kind: value
            for kind, number in zip(DECISIONS, decided, strict=True)
            if (value := _note(number, MOST_DECIDED)) is not None
        },
        ran=_places(ran, len(order.models)),
    )


def _places(untrusted: int, models: int) -> tuple[int, ...]:
    bits = bounded(untrusted, 0, (1 << models) - 1)
    return tuple(place for place in range(models) if bits >> place & 1)


def _note_number(note: float | None, most: int) -> int:
    """In thousandths of the most, and one more; 0 for none."""
    return 0 if note is None else 1 + round(min(max(note / most, 0.0), 1.0) * FULL_NOTE)


def _note(untrusted: int, most: int) -> float | None:
    number = bounded(untrusted, 0, 1 + FULL_NOTE)
    return (number - 1) * most / FULL_NOTE if number else None


def _counts(retries: Sequence[Retry]) -> list[int]:
    """One count for each model of a job and each fault."""
    counts = [0] * (MAX_MODELS * len(FAULTS))
    for retry in retries:
        counts[retry.model * len(FAULTS) + FAULTS.index(retry.fault)] = retry.tiles
    return counts


def _retries(untrusted: Sequence[int], limits: Limits, ran: Sequence[int]) -> tuple[Retry, ...]:
    retries = tuple(
        Retry(place // len(FAULTS), FAULTS[place % len(FAULTS)], count)
        for place, count in enumerate(untrusted)
        if bounded(count, 0, limits.output_pixels)
    )
    if any(retry.model not in ran for retry in retries):
        raise ValueError("a fault of a model that did not run")
    return retries


def pack_progress(share: float) -> bytes:
    """share from 0 to 1; anything else is cut to that."""
    return _PROGRESS.pack(PROGRESS_MAGIC, round(min(max(share, 0.0), 1.0) * FULL_SHARE))


def parse_progress(untrusted: bytes) -> float:
    """From 0 to 1. Raises WireBroken."""
    untrusted_share = _unpack(_PROGRESS, untrusted, PROGRESS_MAGIC)[1]
    with Rules("progress"):
        return bounded(untrusted_share, 0, FULL_SHARE) / FULL_SHARE


def most_progress(limits: Limits) -> int:
    """How many messages of progress a job may send: twice what an honest worker can."""
    return 100 + round(2 * limits.timeout_s / PROGRESS_PAUSE_S)


def is_progress(untrusted: bytes) -> bool:
    return untrusted[:4] == PROGRESS_MAGIC


def _area(kind: int, width: int, height: int, *, side: int, pixels: int) -> None:
    """A picture has both sides; a document or a video may have none."""
    least = 1 if is_picture(FORMATS[kind - 1]) else 0
    bounded(bounded(width, least, side) * bounded(height, least, side), least, pixels)


def _format_number(kind: Format | None) -> int:
    return 0 if kind is None else FORMATS.index(kind) + 1


def _unpack(shape: struct.Struct, untrusted: bytes, magic: bytes) -> tuple[Any, ...]:
    if len(untrusted) != shape.size or untrusted[:4] != magic:
        raise WireBroken("the worker sent a message of another kind or size than the wire has")
    return shape.unpack(untrusted)


class Rules:
    """Turns a broken rule into WireBroken; the text of the rule that broke holds only our words
    and numbers.
    """

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError | struct.error):
            raise WireBroken(f"the worker's {self.what} breaks a rule of the wire") from None
