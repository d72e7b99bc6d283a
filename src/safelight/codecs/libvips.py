"""The one door to libvips: imported late, untrusted loaders blocked, no cache, its errors mapped to ours once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType

from safelight.errors import ContainerBroken, LimitExceeded, MemoryExceeded, SafelightError
from safelight.image import no_trouble

OUT_OF_MEMORY = ("out of memory", "memory allocation", "unable to malloc", "unable to allocate")
TOO_LARGE = ("too large", "too wide", "too big", "exceed", "maximum image size", "user limit")


@cache
def libvips() -> ModuleType:
    """pyvips, set up for hostile pictures: trusted loaders only, and nothing remembered between pictures."""
    import pyvips

    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)
    return pyvips


@contextmanager
def foreign_errors(
    what: str, trouble: Callable[[], Exception | None] = no_trouble
) -> Iterator[None]:
    """Map what libvips raises. `what` says what was damaged; trouble is asked first, after success as well."""
    error_class = libvips().Error
    try:
        yield
    except MemoryError as error:
        raise MemoryExceeded from error
    except error_class as error:
        raise trouble() or _mapped(str(error).lower(), what) from error
    own = trouble()
    if own is not None:
        raise own


def _mapped(text: str, what: str) -> SafelightError:
    if any(words in text for words in OUT_OF_MEMORY):
        return MemoryExceeded()
    if any(words in text for words in TOO_LARGE):
        return LimitExceeded(f"{what} is larger than its format allows")
    return ContainerBroken(f"{what} is damaged or cut short")
