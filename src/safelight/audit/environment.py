"""Environment: versions and the state of swap and core dumps, as a receipt states them.

Nothing here tells one machine from another: no host name, user name, serial or address.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from safelight.audit.facts import EnvironmentFact, State, StorageFact
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
    )


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


def storage(held: Iterable[str] = (SEALED,), *, temporary_files: int = 0) -> StorageFact:
    """Where bytes lived, with what the system says about swap and core dumps now."""
    return StorageFact(
        held=tuple(held),
        temporary_files=temporary_files,
        swap=_swap(),
        core_dumps=_core_dumps(),
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
