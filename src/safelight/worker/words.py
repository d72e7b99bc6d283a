"""The kernel's own words on a process, read from outside: what no process can say of itself."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")
STATUS_WORDS = ("Uid", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp", "Seccomp_filters", "NSpid")
NAMESPACES = ("user", "net", "mnt", "ipc", "uts", "pid")
FILTER_MODE = "2"
DEAD = ("Z", "X")


def kernel_words(pid: int) -> dict[str, str]:
    """Status lines and namespaces of this process; empty when it is dead or there is no /proc.

    The namespaces of a process that may not be looked into are those of its nearest ancestor that
    may; the dead have none, not even their parents'.
    """
    try:
        lines = _status(pid)
        if lines.get("State", "").startswith(DEAD):
            return {}
        words = {name: " ".join(lines[name].split()) for name in STATUS_WORDS if name in lines}
        words |= _namespaces(pid)
        is_dead = _status(pid).get("State", "").startswith(DEAD)  # it may have died meanwhile
        return {} if is_dead else words
    except OSError:
        return {}


def are_closed(kernel: dict[str, str]) -> bool:
    """A filter is on, rights can only shrink, no capability is left."""
    return (
        kernel.get("Seccomp") == FILTER_MODE
        and kernel.get("NoNewPrivs") == "1"
        and int(kernel.get("CapEff", "1"), 16) == 0
    )


def are_separate(kernel: dict[str, str]) -> bool:
    """Every namespace is another one than ours."""
    own = _namespaces(os.getpid())
    return all(name in kernel and kernel[name] != own.get(name) for name in NAMESPACES)


def _status(pid: int) -> dict[str, str]:
    text = Path(f"{PROC}/{pid}/status").read_text(errors="replace")
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in pairs}


def _namespaces(pid: int) -> dict[str, str]:
    """Their inodes, by name."""
    is_itself = True
    while pid > 1:
        try:
            return {name: _inode(pid, name, is_itself) for name in NAMESPACES}
        except PermissionError:
            pid, is_itself = int(_status(pid)["PPid"]), False
        except OSError:
            break
    return {}


def _inode(pid: int, name: str, is_itself: bool) -> str:
    # An ancestor's own PID namespace is not that of its children.
    file = "pid_for_children" if name == "pid" and not is_itself else name
    return os.readlink(f"{PROC}/{pid}/ns/{file}")
