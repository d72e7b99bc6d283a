"""Leaks, made on purpose: each is what a careless program does, and must trip the detector that it
names. One that goes by unseen means that the detector went blind.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from safelight.worker.memory import read_only
from safelight.worker.namespaces import die_with_parent

Detector = Literal["memory", "descriptors", "files", "names", "device", "written", "cores"]
Kept = ExitStack
PIECE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Leak:
    """What is done with a picture, and which detectors must see it; one is enough where several
    are told, as not every one can look everywhere. overwrites: what its process frees is
    overwritten, as ever; so what is found was really kept.
    """

    name: str
    sentence: str
    detectors: tuple[Detector, ...]
    do: Callable[[Path, Kept], object]
    overwrites: bool = True


def _keep_bytes(source: Path, kept: Kept) -> None:
    data = source.read_bytes()
    kept.callback(len, data)


def _keep_slice(source: Path, kept: Kept) -> None:
    data = source.read_bytes()
    kept.callback(len, data[len(data) // 8 : len(data) // 2])


def _drop(source: Path, _kept: Kept) -> None:
    """Freed memory keeps what was in it; this process overwrites none."""
    data = source.read_bytes()
    pieces = [data[start : start + PIECE_BYTES] for start in range(0, len(data), PIECE_BYTES)]
    del data, pieces[:-1]


def _keep_name(source: Path, kept: Kept) -> None:
    kept.callback(len, str(source))


def _keep_memfd(source: Path, kept: Kept) -> None:
    """Memory of a job whose descriptor nobody closed."""
    fd = os.memfd_create("forgotten", os.MFD_CLOEXEC)
    os.write(fd, source.read_bytes())
    kept.callback(os.close, fd)


def _keep_map(source: Path, kept: Kept) -> None:
    """The same, with its descriptor closed and its mapping forgotten."""
    fd = os.memfd_create("forgotten", os.MFD_CLOEXEC)
    size = os.write(fd, source.read_bytes())
    view = read_only(fd, size)
    kept.callback(view.release)
    kept.callback(bytes, view[:1])
    os.close(fd)


def _keep_in_a_child(source: Path, kept: Kept) -> None:
    """A process that was forked while the picture was there, and stays."""
    data = source.read_bytes()
    parent = os.getpid()
    child = os.fork()
    if not child:
        die_with_parent(parent)
        time.sleep(len(data))
        os._exit(0)
    kept.callback(os.waitpid, child, 0)
    kept.callback(os.kill, child, 9)


def _leave_temporary(source: Path, _kept: Kept) -> None:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(source.read_bytes())


def _leave_in_shared_memory(source: Path, kept: Kept) -> None:
    with tempfile.NamedTemporaryFile(dir="/dev/shm", prefix="safelight-", delete=False) as file:
        file.write(source.read_bytes())
    kept.callback(os.unlink, file.name)


def _leave_name(source: Path, _kept: Kept) -> None:
    """An empty file, as a lock or a thumbnail cache makes one, called as the picture is."""
    Path(tempfile.gettempdir(), f"{source.stem}.lock").touch()


def _keep_deleted(source: Path, kept: Kept) -> None:
    """A temporary that was deleted while it is open."""
    fd, name = tempfile.mkstemp()
    kept.callback(os.close, fd)
    os.write(fd, source.read_bytes())
    os.unlink(name)


def _delete(source: Path, _kept: Kept) -> None:
    """Written, flushed to the disk, deleted: no name leads there any more."""
    path = Path(tempfile.gettempdir(), "spool")
    with path.open("wb") as file:
        file.write(source.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _log_name(source: Path, _kept: Kept) -> None:
    logger = logging.Logger("careless")
    logger.addHandler(logging.StreamHandler(sys.stderr))
    logger.warning("cannot read %s", source)


def _log_metadata(source: Path, _kept: Kept) -> None:
    """A traceback or a debug line that quotes what a file says."""
    data = source.read_bytes()
    start = data.index(b"Comment\0")
    os.write(2, data[start : start + 200] + b"\n")


def _crash(source: Path, _kept: Kept) -> None:
    """As an ordinary program crashes that looks at a picture: its dump holds it."""
    import resource

    data = source.read_bytes()
    child = os.fork()
    if not child:
        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(len(data))
    os.waitpid(child, 0)


LEAKS = (
    Leak("kept bytes", "a handler keeps a reference to the input", ("memory",), _keep_bytes),
    Leak("kept slice", "a part of it is kept", ("memory",), _keep_slice),
    Leak("freed", "memory is freed, not overwritten", ("memory",), _drop, overwrites=False),
    Leak("kept name", "the name is kept", ("memory",), _keep_name),
    Leak("kept memfd", "a descriptor is forgotten", ("descriptors",), _keep_memfd),
    Leak("kept mapping", "a mapping is forgotten", ("memory",), _keep_map),
    Leak("child", "a child was forked meanwhile", ("memory",), _keep_in_a_child),
    Leak("temporary", "a temporary file is left", ("files",), _leave_temporary),
    Leak("shared memory", "a file is left in /dev/shm", ("files",), _leave_in_shared_memory),
    Leak("named", "an empty file has the picture's name", ("names",), _leave_name),
    Leak("open deleted", "a deleted file stays open", ("descriptors",), _keep_deleted),
    Leak("deleted", "a file is flushed and deleted", ("device", "written"), _delete),
    Leak("logged name", "a log line holds the name", ("files",), _log_name),
    Leak("logged metadata", "a log line holds metadata", ("files",), _log_metadata),
    Leak("core dump", "a process crashes that may be dumped", ("cores",), _crash),
)


@cache
def load() -> dict[str, Leak]:
    """All of them by name."""
    return {leak.name: leak for leak in LEAKS}
