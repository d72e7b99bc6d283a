"""The one door to libvips: imported late, untrusted loaders blocked, its errors mapped once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from safelight.errors import (
    ContainerBroken,
    FormatUnknown,
    LimitExceeded,
    MemoryExceeded,
    SafelightError,
)
from safelight.image import no_trouble

OUT_OF_MEMORY = ("out of memory", "memory allocation", "unable to malloc", "unable to allocate")
TOO_LARGE = ("too large", "too wide", "too big", "exceed", "maximum image size", "user limit")
NOT_READ = (
    *("not supported", "unsupported", "not implemented"),
    *("is not configured", "bad labq format", "samples out of range"),
)


@cache
def libvips() -> Any:
    """pyvips, set up for hostile pictures: trusted loaders only, nothing remembered between two."""
    import pyvips

    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)
    return pyvips


@contextmanager
def foreign_errors(
    what: str, trouble: Callable[[], Exception | None] = no_trouble
) -> Iterator[None]:
    """Map what libvips raises. `what` says what was damaged. Loads no libvips by itself.

    trouble is asked first, and after success as well.
    """
    try:
        yield
    except Exception as error:
        cause = trouble() or error
        mapped = _mapped(cause, what)
        if mapped is error:
            raise
        raise mapped from cause
    own = trouble()
    if own is not None:
        raise _mapped(own, what) from own


def _mapped(error: Exception, what: str) -> Exception:
    if isinstance(error, MemoryError):
        return MemoryExceeded()
    vips = sys.modules.get("pyvips")
    if vips is None or not isinstance(error, vips.Error):
        return error
    return _by_text(str(error).lower(), what)


def _by_text(text: str, what: str) -> SafelightError:
    if any(words in text for words in OUT_OF_MEMORY):
        return MemoryExceeded()
    if any(words in text for words in TOO_LARGE):
        return LimitExceeded(f"{what} is larger than its format allows")
    if any(words in text for words in NOT_READ):
        return FormatUnknown(f"{what} is of a kind that Safelight does not read")
    return ContainerBroken(f"{what} is damaged or cut short")
