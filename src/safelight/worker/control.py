"""What host and zygote say to each other: fixed structs over one SOCK_SEQPACKET pair; a picture
never passes here.

    host → zygote   START   the plan, once
                    SPAWN   make a worker with this id; its end of a channel comes along
                    KILL    end the worker with this id
                    HOLD    open this model, for every worker to inherit; id and value are the
                            sizes of its entry and its file, which come along
    zygote → host   UP      locked down and ready to fork
                    DEATH   a worker ended; value is its wait status
                    FAILED  the zygote cannot serve; value is the number of an error

The zygote is our own code and sees no user data, so these are checked for shape only.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Sequence, Set
from dataclasses import astuple, dataclass
from enum import IntEnum
from typing import TypeVar

from safelight.errors import WireBroken
from safelight.formats import FORMATS
from safelight.limits import Limits
from safelight.models.facts import RUNTIMES
from safelight.models.providers import KINDS, Device
from safelight.worker.job import ModelFile, Plan

MAGIC = b"SLz1"
_START = struct.Struct("<4sBBHHHIBB8Q")
_NOTE = struct.Struct("<4sHHQq")
Word = TypeVar("Word", bound=str)


class Kind(IntEnum):
    SPAWN = 1
    KILL = 2
    UP = 3
    DEATH = 4
    FAILED = 5
    HOLD = 6


@dataclass(frozen=True, slots=True)
class Note:
    """One message. value is a wait status, a set of layers or an error number, by kind."""

    kind: Kind
    id: int = 0
    value: int = 0
    extra: int = 0

    def pack(self) -> bytes:
        return _NOTE.pack(MAGIC, self.kind, self.extra, self.id, self.value)

    @classmethod
    def parse(cls, data: bytes) -> Note:
        if len(data) != _NOTE.size or data[:4] != MAGIC:
            raise WireBroken("the zygote sent a message of another kind than the wire has")
        _, kind, extra, number, value = _NOTE.unpack(data)
        return cls(Kind(kind), number, value, extra)


NOTE_BYTES = _NOTE.size
START_BYTES = _START.size


def pack_plan(plan: Plan) -> bytes:
    runtimes = _bits(RUNTIMES, plan.runtimes)
    head = (plan.needs_pixels, runtimes, plan.workers, plan.threads, plan.required_level)
    device = (tuple(KINDS).index(plan.device.kind), plan.device.number)
    return _START.pack(MAGIC, *head, _bits(FORMATS, plan.late), *device, *astuple(plan.limits))


def parse_plan(data: bytes) -> Plan:
    if len(data) != _START.size or data[:4] != MAGIC:
        raise WireBroken("the host sent a plan of another shape than the wire has")
    _, pixels, runtimes, workers, threads, level, late, *more = _START.unpack(data)
    kind, number, *limits = more
    device = Device(tuple(KINDS)[kind], number)
    rest = (workers, threads, level, _chosen(FORMATS, late), device)
    return Plan(bool(pixels), _chosen(RUNTIMES, runtimes), Limits(*limits), *rest)


def _bits(words: Sequence[str], chosen: Set[str]) -> int:
    return sum(1 << number for number, word in enumerate(words) if word in chosen)


def _chosen(words: Sequence[Word], bits: int) -> frozenset[Word]:
    return frozenset(word for number, word in enumerate(words) if bits >> number & 1)


def send_model(channel: socket.socket, model: ModelFile) -> None:
    """Raises OSError."""
    words = os.memfd_create("safelight-entry", os.MFD_CLOEXEC)
    try:
        os.write(words, model.entry_json)
        note = Note(Kind.HOLD, len(model.entry_json), model.size_bytes)
        send(channel, note, (words, model.fd))
    finally:
        os.close(words)


def send(channel: socket.socket, note: Note, fds: tuple[int, ...] = ()) -> None:
    socket.send_fds(channel, [note.pack()], fds)
