"""An output that is there already: skip it, replace it, go round it, or refuse."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from safelight.engine.result import Skipped
from safelight.errors import OutputExists, OutputFailed, ParameterInvalid
from safelight.vault.stream import SUFFIX, plain_name

MOST_NAMES = 10_000


def settle(
    target: Path, existing: str, proves: Callable[[Path], bool]
) -> Skipped | tuple[Path, bool]:
    """Where to write and whether to replace what is there, or Skipped.

    proves tells whether the file is already the verified result of what is asked. Raises
    OutputExists, and OutputFailed where the name belongs to something that is no regular file.
    """
    if not os.path.lexists(target):
        return target, False
    if not _is_regular(target):
        raise OutputFailed("the output's name belongs to something that is no regular file")
    if existing == "overwrite":
        return target, True
    if existing == "skip":
        return Skipped(target, "exists")
    if existing == "rename":
        return free_name(target), False
    if existing == "verify" and proves(target):
        return Skipped(target, "verified")
    if existing in ("verify", "fail"):
        raise OutputExists
    raise ParameterInvalid(f"existing has no choice {existing!r}")


def settle_in_place(
    target: Path, existing: str, proves: Callable[[Path], bool]
) -> Skipped | tuple[Path, bool]:
    """The same for a file that is input and output at once: skipped when it is done."""
    if existing == "verify" and proves(target):
        return Skipped(target, "verified")
    return target, True


def free_name(target: Path) -> Path:
    """The first of photo-1.jpg, photo-2.jpg, ... that is free; also where a name ends in .enc.

    Raises OutputExists after ten thousand.
    """
    for number in range(1, MOST_NAMES):
        candidate = target.with_name(numbered(target, number))
        if not os.path.lexists(candidate):
            return candidate
    raise OutputExists("ten thousand outputs of this name are there already")


def numbered(path: Path, number: int) -> str:
    """The name of this path with a number: photo-1.jpg, photo-1.jpg.enc."""
    inner = plain_name(path)
    ending = SUFFIX if inner != path else ""
    return f"{inner.stem}-{number}{inner.suffix}{ending}"


def _is_regular(target: Path) -> bool:
    try:
        return stat.S_ISREG(target.stat().st_mode)
    except OSError:
        return False
