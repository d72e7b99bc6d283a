"""What the tests of devices share: models, a worker of the processor, and a look into processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from safelight.models.entry import Entry
from safelight.models.providers import SHARED, Device
from safelight.models.store import LoadedModel, Store
from safelight.operation import ModelNeed
from safelight.worker.device_host import BODY, DeviceHost, Joined, start_of
from safelight.worker.device_session import Counter, DeviceSession
from safelight.worker.job import ModelFile
from safelight.worker.reach import Reach
from tests.worker.hosts import BODIES

NEED = ("upscale", "upscale-x4-fp32", 4)
SIDE = 192
if str(BODIES) not in sys.path:
    sys.path.append(str(BODIES))
UNREADABLE = ("[vvar]", "[vvar_vclock]", "[vsyscall]")


@cache
def loaded() -> LoadedModel:
    """A built-in model, verified, for as long as the tests run."""
    return Store().load(ModelNeed(*NEED))


def entry() -> Entry:
    return loaded().entry


def files() -> tuple[ModelFile, ...]:
    held = loaded()
    return (ModelFile(NEED, held.entry.to_json(), held.fd, held.size_bytes),)


@contextmanager
def device(
    *,
    level: int = 2,
    body: str = BODY,
    reach: Reach | None = None,
    without: frozenset[str] = frozenset(),
    kind: Device | None = None,
) -> Iterator[DeviceHost]:
    """A worker of the processor, as a card would have one."""
    start = start_of(kind or Device.named(SHARED), threads=1, memory_bytes=10**9, workers=4)
    host = DeviceHost(start, files(), required_level=level, body=body, reach=reach, without=without)
    try:
        yield host
    finally:
        host.end()


def session(joined: Joined) -> DeviceSession:
    """As a picture's worker has it."""
    return DeviceSession(entry(), 0, Counter(joined.link.line, joined.link.mailbox))


def picture(seed: int, side: int = SIDE) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Noise that no other seed gives."""
    return np.random.default_rng(seed).random((1, 1, side, side), dtype=np.float32)


def copies(pid: int, needle: bytes) -> int:
    """How often these bytes lie in the memory of a process."""
    found = 0
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights, *_ = line.split()
            if not rights.startswith("r") or any(word in line for word in UNREADABLE):
                continue
            low, high = (int(end, 16) for end in place.split("-"))
            try:
                os.lseek(memory.fileno(), low, os.SEEK_SET)
                found += (memory.read(high - low) or b"").count(needle)
            except OSError:
                continue
    return found
