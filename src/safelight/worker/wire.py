"""The only door of the cage: fixed structs, and records of one size.

channel (one SOCK_SEQPACKET pair per worker, or two pipes in the portable host), each message one
struct:

    worker → host   READY     how the self-attack ended, errno by errno
    host → worker   JOB       sizes of what lies in the memfds that come with it
    worker → host   PROGRESS  share of the work done, in ten-thousandths
    worker → host   RESULT    error number and facts, or sizes of the output and of the records

The output and the records lie in memfds that the host made. The host never parses anything else,
and takes no number before it is bounded: every name here that starts with `untrusted_` is still
hostile. A message that breaks any rule raises WireBroken; the worker is then killed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from safelight.errors import WireBroken
from safelight.image import FORMATS, Change, Finding, Format, Risk
from safelight.limits import MAX_MODELS, MAX_RECORDS, Limits, bounded
from safelight.worker.sentences import Failure
from safelight.worker.text import clean, cut

READY_MAGIC, JOB_MAGIC = b"SLr1", b"SLj1"
PROGRESS_MAGIC, RESULT_MAGIC = b"SLp1", b"SLe1"
MAX_ATTEMPTS = 256
MAX_ERRNO = 4_095
PROGRESS_PAUSE_S = 0.1
MAX_FACTS = 6
MAX_FACT = 10**18
MAX_ERROR_NUMBER = 255
MAX_LINE = 100_000
FULL_SHARE = 10_000

_READY = struct.Struct(f"<4sHHI32s{MAX_ATTEMPTS}h")
_JOB = struct.Struct("<4sHHQQQ" + "QQQ" * MAX_MODELS)
_PROGRESS = struct.Struct("<4sH")
RESULT = struct.Struct(f"<4sQHHII{MAX_FACTS}q" + "QIIIIIBBB")
_RECORD = struct.Struct("<BB64s256s")

RECORD_BYTES = _RECORD.size
REPORT_BYTES = MAX_RECORDS * RECORD_BYTES
JOB_BYTES, READY_BYTES = _JOB.size, _READY.size
PROGRESS_BYTES, RESULT_BYTES = _PROGRESS.size, RESULT.size
MESSAGE_BYTES = max(READY_BYTES, JOB_BYTES, RESULT_BYTES)
What = Literal["removed", "kept", "added"]
_CHANGES: tuple[What, ...] = get_args(What)


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
        with _rules("ready"):
            bounded(count, attempts, attempts)
            bounded(zero, 0, 0)
            errnos = tuple(bounded(number, -1, MAX_ERRNO) for number in rest)
            if any(errnos[count:]):
                raise ValueError("bytes after the last attempt")
        return cls(errnos[:count], layers, digest.hex())


@dataclass(frozen=True, slots=True)
class Order:
    """Sizes of a job in bytes: source, recipe, and for each model its need, its entry and its file.

    The nonce comes back with the outcome: an answer given before the question was asked is no
    answer.
    """

    source: int
    recipe: int
    models: tuple[tuple[int, int, int], ...]
    wants_image: bool
    nonce: int

    def pack(self) -> bytes:
        padding = [(0, 0, 0)] * (MAX_MODELS - len(self.models))
        sizes = [size for model in [*self.models, *padding] for size in model]
        head = (JOB_MAGIC, len(self.models), self.wants_image, self.nonce, self.source, self.recipe)
        return _JOB.pack(*head, *sizes)

    @classmethod
    def parse(cls, data: bytes) -> Order:
        """The way back, in the worker. The host is trusted, but not to be of the same version."""
        _, count, wants_image, nonce, source, recipe, *sizes = _unpack(_JOB, data, JOB_MAGIC)
        models = list(zip(sizes[::3], sizes[1::3], sizes[2::3], strict=True))
        return cls(source, recipe, tuple(models[:count]), bool(wants_image), nonce)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a job: sizes of what was made, or the failure."""

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
        )

    @classmethod
    def parse(cls, untrusted: bytes, limits: Limits, order: Order) -> Outcome:
        """Every number bounded; a failure carries no sizes, an analysis no output.

        Raises WireBroken.
        """
        _, nonce, *untrusted_fields = _unpack(RESULT, untrusted, RESULT_MAGIC)
        with _rules("result"):
            bounded(nonce, order.nonce, order.nonce)
            failure = _failure(untrusted_fields[: 4 + MAX_FACTS])
            untrusted_sizes = untrusted_fields[4 + MAX_FACTS :]
            if failure is None:
                return _made(untrusted_sizes, limits, order.wants_image)
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


def _made(untrusted: Sequence[int], limits: Limits, wants_image: bool) -> Outcome:
    size, width, height, input_width, input_height, records, kind, input_kind, again = untrusted
    if wants_image:
        bounded(size, 1, limits.output_bytes)
        bounded(kind, 1, len(FORMATS))
        _area(width, height, limits.output_pixels, limits.output_pixels)
    elif any((size, width, height, kind, again)):
        raise ValueError("an output that nobody asked for")
    _area(input_width, input_height, limits.side, limits.input_pixels)
    return Outcome(
        output_bytes=size,
        format=FORMATS[kind - 1] if wants_image else None,
        width=width,
        height=height,
        input_format=FORMATS[bounded(input_kind, 1, len(FORMATS)) - 1],
        input_width=input_width,
        input_height=input_height,
        is_reencoded=bool(bounded(again, 0, 1)),
        records=bounded(records, 0, MAX_RECORDS),
    )


def pack_progress(share: float) -> bytes:
    """share from 0 to 1; anything else is cut to that."""
    return _PROGRESS.pack(PROGRESS_MAGIC, round(min(max(share, 0.0), 1.0) * FULL_SHARE))


def parse_progress(untrusted: bytes) -> float:
    """From 0 to 1. Raises WireBroken."""
    untrusted_share = _unpack(_PROGRESS, untrusted, PROGRESS_MAGIC)[1]
    with _rules("progress"):
        return bounded(untrusted_share, 0, FULL_SHARE) / FULL_SHARE


def most_progress(limits: Limits) -> int:
    """How many messages of progress a job may send: twice what an honest worker can."""
    return 100 + round(2 * limits.timeout_s / PROGRESS_PAUSE_S)


def is_progress(untrusted: bytes) -> bool:
    return untrusted[:4] == PROGRESS_MAGIC


def pack_records(findings: Sequence[Finding], changes: Sequence[Change]) -> tuple[int, bytes]:
    """The number of records and their bytes. What does not fit is cut, and the last record says
    how much.
    """
    rows = [(0, finding) for finding in findings]
    rows += [(_CHANGES.index(change.what) + 1, change.finding) for change in changes]
    if len(rows) > MAX_RECORDS:
        more = len(rows) - MAX_RECORDS + 1
        rows[MAX_RECORDS - 1 :] = [(0, Finding(Risk.OTHER, "not listed", f"{more} more"))]
    return len(rows), b"".join(_record(kind, finding) for kind, finding in rows)


def parse_records(untrusted: memoryview) -> tuple[tuple[Finding, ...], tuple[Change, ...]]:
    """Findings and changes of exactly these bytes. Raises WireBroken."""
    findings: list[Finding] = []
    changes: list[Change] = []
    with _rules("record"):
        for untrusted_kind, finding in _records(untrusted):
            if bounded(untrusted_kind, 0, len(_CHANGES)):
                changes.append(Change(_CHANGES[untrusted_kind - 1], finding))
            else:
                findings.append(finding)
    return tuple(findings), tuple(changes)


def _records(untrusted: memoryview) -> Iterator[tuple[int, Finding]]:
    for kind, group, name, value in _RECORD.iter_unpack(untrusted):
        yield kind, Finding(Risk(group), _text(name), _text(value))


def _record(kind: int, finding: Finding) -> bytes:
    return _RECORD.pack(kind, finding.group, cut(finding.name, 64), cut(finding.value, 256))


def _text(untrusted: bytes) -> str:
    text, _, rest = untrusted.partition(b"\0")
    if rest.strip(b"\0"):
        raise ValueError("bytes after the end of a text")
    return clean(text.decode())


def _area(width: int, height: int, side: int, pixels: int) -> None:
    bounded(bounded(width, 1, side) * bounded(height, 1, side), 1, pixels)


def _format_number(kind: Format | None) -> int:
    return 0 if kind is None else FORMATS.index(kind) + 1


def _unpack(shape: struct.Struct, untrusted: bytes, magic: bytes) -> tuple[Any, ...]:
    if len(untrusted) != shape.size or untrusted[:4] != magic:
        raise WireBroken("the worker sent a message of another kind or size than the wire has")
    return shape.unpack(untrusted)


class _rules:
    """Turns a broken rule into WireBroken; the text of the rule that broke holds only our words
    and numbers.
    """

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError | struct.error):
            raise WireBroken(f"the worker's {self.what} breaks a rule of the wire") from None
