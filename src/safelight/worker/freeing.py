"""Freeing: a process that lives for many jobs overwrites memory as it frees it.

The C library does it, if it is told before the process starts. What Python allocates must go to it,
too, and past the cache of each thread, which overwrites nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

TUNABLES = "GLIBC_TUNABLES"
OVERWRITE_FREED = "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"
# For a Python that heeds variables.
OVERWRITTEN = {"PYTHONMALLOC": "malloc", TUNABLES: OVERWRITE_FREED}


def can_overwrite() -> bool:
    """Whether the C library is one that does it: glibc, on Linux."""
    if sys.platform != "linux" or "CS_GNU_LIBC_VERSION" not in os.confstr_names:
        return False
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except OSError:  # musl knows the name and has no answer
        return False


def overwrites(environment: Mapping[str, str]) -> bool:
    """Whether a Python that was started with these variables overwrites what it frees."""
    return (
        environment.get("PYTHONMALLOC") == OVERWRITTEN["PYTHONMALLOC"]
        and environment.get(TUNABLES, "").endswith(OVERWRITE_FREED)
        and can_overwrite()
    )


def overwriting(environment: Mapping[str, str]) -> dict[str, str]:
    """The same variables for a Python that does; what was told to the C library besides, stays."""
    told = [one for one in (environment.get(TUNABLES), OVERWRITE_FREED) if one]
    return {**environment, **OVERWRITTEN, TUNABLES: ":".join(told)}
