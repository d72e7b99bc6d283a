"""What a hostile model would try from the worker of a device, beyond what any worker is tried with:
the doors that a wider reach might leave ajar.
"""

from __future__ import annotations

import ctypes
import errno
from functools import cache

from safelight.worker import attacks
from safelight.worker.attacks.attack import (
    Attack,
    AttackTarget,
    Run,
    closed,
    met,
    open_path,
    text,
)
from safelight.worker.syscalls import call

GROUP = "device"
O_RDONLY, O_RDWR, O_WRONLY_CREAT_EXCL = 0, 2, 0o301
# Requests of others than a driver: what is connected to a socket, a word typed on a terminal, the
# flags of a file.
ASK_INTERFACES, TYPE_A_LETTER, CLOSE_ON_EXEC = 0x8912, 0x5412, 0x5451


def _opening(path: bytes, flags: int = O_RDONLY) -> Run:
    place = text(path)
    return lambda _: closed(open_path(place, flags, 0o600))


def _requesting(number: int) -> Run:
    room = ctypes.create_string_buffer(64)
    return lambda _: met(call("ioctl", 0, number, room))


def _others_environment(target: AttackTarget) -> int:
    return closed(open_path(text(b"/proc/%d/cmdline" % target.pid), O_RDONLY))


@cache
def load() -> tuple[Attack, ...]:
    """Every attack on a device's worker, in the same order everywhere: those on any worker, then
    its own.
    """
    opened = frozenset({"openat"})
    own: tuple[tuple[str, str, Run, frozenset[str]], ...] = (
        ("open-other-node", "open a device that is not its own", _opening(b"/dev/full"), opened),
        ("open-raw-memory", "open the machine's memory", _opening(b"/dev/mem"), opened),
        (
            "make-node-folder-file",
            "create a file among the devices",
            _opening(b"/dev/safelight-attack", O_WRONLY_CREAT_EXCL),
            opened,
        ),
        (
            "write-own-code",
            "open its own memory as a file, past the rule of no code",
            _opening(b"/proc/self/mem", O_RDWR),
            opened,
        ),
        ("read-others-words", "read how others were started", _others_environment, opened),
        ("ask-interfaces", "ask for network cards", _requesting(ASK_INTERFACES), frozenset()),
        ("type-a-letter", "type on a terminal", _requesting(TYPE_A_LETTER), frozenset()),
        ("change-flags", "change a file by request", _requesting(CLOSE_ON_EXEC), frozenset()),
    )
    return (*attacks.load(), *(_attack(*one) for one in own))


def _attack(name: str, line: str, run: Run, calls: frozenset[str]) -> Attack:
    return Attack(
        name=name,
        group=GROUP,
        line=line,
        run=run,
        seccomp=frozenset({errno.EPERM}),
        landlock=frozenset({errno.EACCES} if calls else ()),
        namespaces=frozenset({errno.ENOENT} if calls else ()),
        privileged=frozenset(),
        calls=calls,
    )


def run_all(target: AttackTarget) -> tuple[int, ...]:
    """Make every attack in the order of load: the errno that each met, 0 where it got through."""
    return tuple([one.run(target) for one in load()])
