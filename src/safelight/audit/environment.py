"""Environment: versions and the state of swap and core dumps, as a receipt states them.

Nothing here tells one machine from another: no host name, user name, serial or address.
"""

from __future__ import annotations

import ctypes
import hashlib
import platform
import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from safelight.audit.facts import Clock, EnvironmentFact, State, StorageFact
from safelight.models.facts import Runtime

LIBRARIES = (
    *("ai-edge-litert", "cryptography", "numpy", "onnxruntime", "pillow", "pyvips"),
    "pyvips-binary",
)
# One of these at most is installed: they unpack into one folder.
RUNTIMES: dict[Runtime, tuple[str, ...]] = {
    "onnx": ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml"),
    "tflite": ("ai-edge-litert",),
}
SEALED = "sealed memory"
SPILL = "encrypted file without a name"
WIPED = "overwritten when the job ends, after this was signed"
# What of the package counts for its digest: what runs and what it reads; models have their own.
SOURCES = frozenset({".py", ".toml", ".mjs"})
# adjtimex: room for its struct, where its field of states lies, and the state "not synchronised".
TIMEX_BYTES, STATUS_AT, UNSYNCHRONISED = 256, 40, 0x40


@cache
def environment() -> EnvironmentFact:
    """Versions of Safelight, Python, system and the libraries that are installed."""
    return EnvironmentFact(
        safelight=version_of("safelight"),
        python=platform.python_version(),
        system=platform.system(),
        system_version=".".join(re.findall(r"\d+", platform.release())[:2]),
        machine=platform.machine(),
        libraries={name: found for name in LIBRARIES if (found := version_of(name))},
        package_sha256=package_digest(Path(__file__).parents[1]),
    )


@cache
def package_digest(folder: Path) -> str:
    """SHA-256 over a line `digest  path` for every source file below this folder, as sha256sum
    prints them, in the order of their paths as bytes.
    """
    whole = hashlib.sha256()
    found = (path for path in folder.rglob("*") if path.suffix in SOURCES)
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in found):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{digest}  {name}\n".encode())
    return whole.hexdigest()


def clock() -> Clock:
    """What the system says of its clock; it may be wrong even so."""
    if sys.platform != "linux":
        return "system clock, not checked"
    timex = ctypes.create_string_buffer(TIMEX_BYTES)
    answer = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
    if answer < 0 or sys.maxsize < 2**32:
        return "system clock, not checked"
    status = int.from_bytes(timex.raw[STATUS_AT : STATUS_AT + 4], sys.byteorder)
    if status & UNSYNCHRONISED:
        return "system clock, not synchronised as the system says"
    return "system clock, synchronised as the system says"


def runtime_version(runtime: Runtime) -> str:
    """The version of what opens models of this runtime, "none" if none is installed or needed."""
    return next(filter(None, map(version_of, RUNTIMES.get(runtime, ()))), "none")


@cache
def version_of(distribution: str) -> str:
    """The installed version, "" if it is not installed. Imports nothing."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def storage(
    held: Iterable[str] = (SEALED,), *, temporary_files: int = 0, spilled_bytes: int = 0
) -> StorageFact:
    """Where bytes lived, with what the system says about swap and core dumps now."""
    return StorageFact(
        held=(*held, SPILL) if spilled_bytes else tuple(held),
        temporary_files=temporary_files + bool(spilled_bytes),
        swap=_swap(),
        core_dumps=_core_dumps(),
        spilled_bytes=spilled_bytes or None,
        wipe=WIPED,
    )


def _swap() -> State:
    try:
        return "on" if len(Path("/proc/swaps").read_text().splitlines()) > 1 else "off"
    except OSError:
        return "unknown"


def _core_dumps() -> State:
    if sys.platform == "win32":
        return "unknown"
    import resource

    return "on" if resource.getrlimit(resource.RLIMIT_CORE)[0] else "off"
