"""Kernel: Linux's own key ring, which keeps the master key of an unlocked vault in kernel memory.

It is never on a disk, belongs to this user alone, and goes by itself after its time, at `lock`,
and when the machine is switched off. While it is there, any program of this user can ask for it.
Other systems, and containers that forbid these calls, have no such ring: nothing is kept then.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import sys
from pathlib import Path

# add_key and keyctl, by processor.
CALLS = {"x86_64": (248, 250), "aarch64": (217, 219)}
USER_RING = -4
SETPERM, UNLINK, SEARCH, READ, SET_TIMEOUT = 5, 9, 10, 11, 15
# View, read, write, search, link, set attributes: for who holds it, and for this user.
PERMISSIONS = 0x3F3F0000
KIND = b"user"
MAX_BYTES = 256
RINGS = Path("/proc/keys")
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def keep(name: str, secret: bytearray, *, seconds: int) -> bool:
    """Keep the secret under this name for so long. False where the system has no key ring."""
    calls = _calls()
    if calls is None:
        return False
    place = (ctypes.c_char * len(secret)).from_buffer(secret)
    address = ctypes.addressof(place)
    number = _call(calls[0], KIND, name.encode(), address, len(secret), USER_RING)
    if number < 0:
        return False
    settled = _call(calls[1], SETPERM, number, PERMISSIONS)
    timed = _call(calls[1], SET_TIMEOUT, number, seconds)
    if settled < 0 or timed < 0:
        forget(name)
        return False
    return True


def find(name: str) -> bytearray | None:
    """The secret of this name, for the caller to overwrite after use; None if it is not there."""
    calls, number = _calls(), _number(name)
    if calls is None or number is None:
        return None
    place = ctypes.create_string_buffer(MAX_BYTES)
    size = _call(calls[1], READ, number, ctypes.addressof(place), MAX_BYTES)
    found = bytearray(memoryview(place)[:size]) if 0 <= size <= MAX_BYTES else None
    ctypes.memset(place, 0, MAX_BYTES)
    return found


def holds(name: str) -> bool:
    """Whether a secret of this name is there."""
    return _number(name) is not None


def forget(name: str) -> bool:
    """Take the secret away. True if one was there."""
    calls, number = _calls(), _number(name)
    return (
        calls is not None and number is not None and _call(calls[1], UNLINK, number, USER_RING) == 0
    )


def is_here() -> bool:
    """Whether this system has a key ring that we may use."""
    calls = _calls()
    if calls is None:
        return False
    missing = _call(calls[1], SEARCH, USER_RING, KIND, b"safelight:none", 0)
    return missing in (-errno.ENOKEY, -errno.EKEYEXPIRED, -errno.EKEYREVOKED)


def seconds_left(name: str) -> int | None:
    """How long it is kept still, as roughly as the kernel tells; None if it does not tell."""
    number = _number(name)
    if number is None:
        return None
    try:
        lines = RINGS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        match = re.match(rf"0*{number:x} \S+ +\d+ +(\d+)([smhdw]) ", line)
        if match is not None:
            return int(match[1]) * UNITS[match[2]]
    return None


def _number(name: str) -> int | None:
    calls = _calls()
    if calls is None:
        return None
    number = _call(calls[1], SEARCH, USER_RING, KIND, name.encode(), 0)
    return number if number >= 0 else None


def _calls() -> tuple[int, int] | None:
    return CALLS.get(platform.machine()) if sys.platform == "linux" and os.name == "posix" else None


def _call(number: int, *arguments: int | bytes) -> int:
    """The result, or the error's number below zero."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result: int = libc.syscall(ctypes.c_long(number), *words)
    return -ctypes.get_errno() if result == -1 else result
