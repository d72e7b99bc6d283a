"""The calls that a watched program is asked about, and how the kernel hands them over.

The kernel stops such a call and asks whoever holds the listener of the filter (seccomp's user
notification). So native code is seen as well as Python, whatever it does with the answer.
"""

from __future__ import annotations

import struct

from safelight.worker import seccomp, syscalls
from safelight.worker.bpf import (
    ALLOW,
    ARCHITECTURE,
    JUMP_ALWAYS,
    JUMP_ANY_BIT,
    JUMP_EQUAL,
    LOAD,
    NUMBER,
    RETURN,
    Label,
    Step,
    assemble,
    low,
)

# linux/seccomp.h
NOTIFY = 0x7FC00000
RECEIVE, ANSWER = 0xC0502100, 0xC0182101
CONTINUE = 1
# struct seccomp_notif: id, process, flags; then number, architecture, place, six arguments.
NOTICE = struct.Struct("=QIIiIQ6Q")
# struct seccomp_notif_resp: id, value, error, flags.
REPLY = struct.Struct("=QqiI")
# asm-generic/fcntl.h: writing, both, making, cutting.
WRITES = 0o1 | 0o2 | 0o100 | 0o1000
SOCKETS = ("socket", "connect", "io_uring_setup")
# Calls that make or change a file, with the place of its path among the arguments.
FILES = {
    "openat": 1,
    "openat2": 1,
    "mkdirat": 1,
    "symlinkat": 2,
    "linkat": 3,
    "open": 0,
    "creat": 0,
    "mkdir": 0,
    "symlink": 1,
    "link": 1,
}
# Those of which only some change a file, with the place of the flags that tell.
TELLING = {"openat": 2, "open": 1}


def program() -> bytes:
    """The filter: these calls are asked about, an open only where it could change the file."""
    here = syscalls.architecture()
    table = syscalls.numbers(here)
    asked = [name for name in (*SOCKETS, *FILES) if name in table]
    source: list[Step | Label] = [
        Step(LOAD, ARCHITECTURE),
        Step(JUMP_EQUAL, seccomp.AUDIT_ARCHITECTURES[here], "", "allow"),
        Step(LOAD, NUMBER),
        *(Step(JUMP_EQUAL, table[one], one if one in TELLING else "notify") for one in asked),
        Step(JUMP_ALWAYS, 0, "allow"),
    ]
    for name, place in TELLING.items():
        if name in table:
            source += [Label(name), Step(LOAD, low(place))]
            source += [Step(JUMP_ANY_BIT, WRITES, "notify", "allow")]
    source += [Label("notify"), Step(RETURN, NOTIFY), Label("allow"), Step(RETURN, ALLOW)]
    return assemble(source)
