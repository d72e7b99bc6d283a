"""What a picture's worker and a device's worker say to each other, and each to the host. Fixed
structs again; the tensors lie in a mailbox, a memfd of a fixed size that the host made for one job.

    host → device     START   which device, threads and memory, once, before anything is locked
    device → host     READY   as of wire
    host → device     ORDER   as of wire: the models, and nothing else
    host → device     JOIN    a job, with its end of a line and its mailbox
    worker → device   ASK     a model by its place, and the tensor that lies in the mailbox
    device → worker   REPLY   the tensors that lie in the mailbox now, or a failure
    device → host     LEFT    nothing of that job is held any more

Each holds the other for hostile: a name that starts with `untrusted_` is, and what breaks a rule
raises WireBroken. A device that is told nonsense hangs up on that job alone.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from safelight.errors import WireBroken
from safelight.limits import MEGA, bounded
from safelight.models.contract import PICTURES
from safelight.models.entry import Entry
from safelight.models.providers import KINDS, MAX_NUMBER, Device
from safelight.models.session import shape_of
from safelight.worker.sentences import ALLOWED, Failure
from safelight.worker.wire import MAX_FACT, MAX_FACTS, MAX_LINE, Rules

START_MAGIC, JOIN_MAGIC, LEFT_MAGIC = b"SLd1", b"SLn1", b"SLl1"
ASK_MAGIC, REPLY_MAGIC = b"SLa1", b"SLb1"
MAILBOX_BYTES = 512 * MEGA
MAX_DIMENSIONS, MAX_TENSORS = 6, 24
NUMBERS = (
    *("float32", "float16", "float64"),
    *("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "bool"),
)
BYTES = (4, 2, 8, 1, 1, 2, 2, 4, 4, 8, 8, 1)

_START = struct.Struct("<4sBBBBIQ")
_ID = struct.Struct("<4sQ")
_SHAPE = f"BB{MAX_DIMENSIONS}I"
_ASK = struct.Struct(f"<4sHB{_SHAPE}")
_REPLY = struct.Struct(f"<4sHHII{MAX_FACTS}qH" + _SHAPE * MAX_TENSORS)
START_BYTES, ID_BYTES, ASK_BYTES, REPLY_BYTES = _START.size, _ID.size, _ASK.size, _REPLY.size
FIELDS = 2 + MAX_DIMENSIONS


@dataclass(frozen=True, slots=True)
class Start:
    """What a device's worker is made for. memory_bytes is what it may take besides its libraries;
    workers how many jobs may ask at a time.
    """

    device: Device
    threads: int
    memory_bytes: int
    workers: int = 1

    def pack(self) -> bytes:
        kind, device = list(KINDS).index(self.device.kind), self.device
        head = (START_MAGIC, kind, device.number, device.is_shared, self.workers)
        return _START.pack(*head, self.threads, self.memory_bytes)

    @classmethod
    def parse(cls, data: bytes) -> Start:
        """The host is trusted, but not to be of the same version."""
        _, kind, number, shared, workers, threads, memory = _unpack(_START, data, START_MAGIC)
        device = Device(tuple(KINDS)[kind], bounded(number, 0, MAX_NUMBER), bool(shared))
        return cls(device, threads, memory, workers)


@dataclass(frozen=True, slots=True)
class Tensor:
    """What a tensor is made of and how long its sides are; at most one mailbox."""

    number: str
    shape: tuple[int, ...]

    @classmethod
    def of(cls, array: Any) -> Tensor:
        """That of a numpy array. Raises ValueError where the wire has no word for it."""
        if str(array.dtype) not in NUMBERS or array.ndim > MAX_DIMENSIONS:
            raise ValueError("a tensor that the wire has no word for")
        return cls(str(array.dtype), tuple(array.shape))

    @property
    def size_bytes(self) -> int:
        return math.prod(self.shape) * BYTES[NUMBERS.index(self.number)]

    def fields(self) -> tuple[int, ...]:
        padding = (0,) * (MAX_DIMENSIONS - len(self.shape))
        return (NUMBERS.index(self.number), len(self.shape), *self.shape, *padding)

    @classmethod
    def parse(cls, untrusted: Sequence[int]) -> Tensor:
        """Raises ValueError for what is no tensor, or none that a mailbox can hold."""
        number, dimensions, *sides = untrusted
        bounded(number, 0, len(NUMBERS) - 1)
        bounded(dimensions, 0, MAX_DIMENSIONS)
        if any(sides[dimensions:]):
            raise ValueError("sides beyond the last")
        tensor = cls(NUMBERS[number], tuple(sides[:dimensions]))
        bounded(tensor.size_bytes, 1, MAILBOX_BYTES)
        return tensor


@dataclass(frozen=True, slots=True)
class Ask:
    """A question: the place of a model in the job's order, the tensor in the mailbox, and whether
    every answer is wanted or the first alone.
    """

    model: int
    tensor: Tensor
    wants_all: bool = False

    def pack(self) -> bytes:
        return _ASK.pack(ASK_MAGIC, self.model, self.wants_all, *self.tensor.fields())

    @classmethod
    def parse(cls, untrusted: bytes, entries: Sequence[Entry | None]) -> Ask:
        """Raises WireBroken for a model that is none, and a tensor that it does not take."""
        _, model, every, *untrusted_tensor = _unpack(_ASK, untrusted, ASK_MAGIC)
        with Rules("question"):
            entry = entries[bounded(model, 0, len(entries) - 1)]
            tensor = Tensor.parse(untrusted_tensor)
            if entry is None or not takes(entry, tensor):
                raise ValueError("a tensor that the model does not take")
            return cls(model, tensor, bool(bounded(every, 0, 1)))


def takes(entry: Entry, tensor: Tensor) -> bool:
    """Whether a model of this entry may be given such a tensor."""
    facts = entry.input
    if tensor.number not in (facts.number, "float32"):
        return False
    wanted = shape_of(facts)
    if wanted:
        return tensor.shape[1:] == wanted[1:]
    if facts.kind.partition("+")[0] not in PICTURES:
        return 1 <= len(tensor.shape) <= MAX_DIMENSIONS
    channels = 1 if facts.layout == "NCHW" else 3
    return len(tensor.shape) == 4 and tensor.shape[channels] == facts.channels


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: the tensors that lie in the mailbox one after the other, or why there are none."""

    tensors: tuple[Tensor, ...] = ()
    failure: Failure | None = None

    def pack(self) -> bytes:
        failure = self.failure or Failure(0)
        facts = failure.facts[:MAX_FACTS]
        empty = (0,) * FIELDS * (MAX_TENSORS - len(self.tensors))
        return _REPLY.pack(
            *(REPLY_MAGIC, failure.number, len(facts), failure.module, failure.line),
            *(*facts, *(0,) * (MAX_FACTS - len(facts))),
            *(
                len(self.tensors),
                *(field for one in self.tensors for field in one.fields()),
                *empty,
            ),
        )

    @classmethod
    def parse(cls, untrusted: bytes, *, most: int) -> Reply:
        """Raises WireBroken. most: how many tensors there may be."""
        _, number, count, module, line, *rest = _unpack(_REPLY, untrusted, REPLY_MAGIC)
        facts, (tensors, *untrusted_shapes) = rest[:MAX_FACTS], rest[MAX_FACTS:]
        with Rules("reply"):
            bounded(tensors, 0, most)
            if number:
                if number not in ALLOWED or tensors:
                    raise ValueError("a failure that no job can end in, or one with an answer")
                bounded(count, 0, MAX_FACTS)
                known = tuple(bounded(fact, -MAX_FACT, MAX_FACT) for fact in facts[:count])
                return cls((), Failure(number, module, bounded(line, 0, MAX_LINE), known))
            ends = range(0, tensors * FIELDS, FIELDS)
            found = tuple(Tensor.parse(untrusted_shapes[end : end + FIELDS]) for end in ends)
            bounded(len(found), 1, most)
            bounded(sum(one.size_bytes for one in found), 1, MAILBOX_BYTES)
        return cls(found)


def pack_join(number: int) -> bytes:
    return _ID.pack(JOIN_MAGIC, number)


def parse_join(data: bytes) -> int:
    return int(_unpack(_ID, data, JOIN_MAGIC)[1])


def pack_left(number: int) -> bytes:
    return _ID.pack(LEFT_MAGIC, number)


def parse_left(untrusted: bytes) -> int:
    """Raises WireBroken."""
    return int(_unpack(_ID, untrusted, LEFT_MAGIC)[1])


def _unpack(shape: struct.Struct, untrusted: bytes, magic: bytes) -> tuple[Any, ...]:
    if len(untrusted) != shape.size or untrusted[:4] != magic:
        raise WireBroken("a message of another kind or size than the wire of a device has")
    return shape.unpack(untrusted)
