"""Run a piece of a test in a process of its own: a layer that went on never comes off again."""

from __future__ import annotations

import ctypes
import json
import os
import stat
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safelight.worker import seccomp, syscalls
from safelight.worker.bpf import (
    ALLOW,
    ERRNO,
    JUMP_EQUAL,
    LOAD,
    NUMBER,
    RETURN,
    Label,
    Step,
    assemble,
)
from safelight.worker.namespaces import NAMESPACES, NOBODY

PR_SET_DUMPABLE = 4
PIPE_BYTES = 65_536
MS_BIND_RECURSIVE, MS_PRIVATE_RECURSIVE = 0x5000, 0x44000
EPERM = 1


def fork() -> int:
    """os.fork; that another thread of the test runner exists does not matter to these children."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def in_child(work: Callable[[], Any], *, is_alone: bool = False) -> Any:
    """What the function gives back, as JSON values, from a child forked now; is_alone: without what
    the tests before hold open, as a zygote starts.

    Its errors fail the test.
    """
    far, near = os.pipe()
    child = fork()
    if child == 0:
        status = 1
        try:
            os.close(far)
            if is_alone:
                os.closerange(3, near)
                os.closerange(near + 1, os.sysconf("SC_OPEN_MAX"))
            send(near, work())
            status = 0
        except BaseException:  # noqa: BLE001 - every failure must reach the test that waits
            os.write(near, json.dumps({"trace": traceback.format_exc()}).encode())
        finally:
            os._exit(status)
    os.close(near)
    _, status = os.waitpid(child, 0)
    data = _waiting(far)
    if not data:
        return {"died": status}
    found = json.loads(data)
    if "trace" in found:
        raise AssertionError(found["trace"])
    return found["value"]


def _waiting(fd: int) -> bytes:
    """What lies in the pipe; a child of the child may hold its other end for long."""
    os.set_blocking(fd, False)
    try:
        return os.read(fd, PIPE_BYTES)
    except BlockingIOError:
        return b""
    finally:
        os.close(fd)


def send(fd: int, value: Any) -> None:
    os.write(fd, json.dumps({"value": value}).encode())


def become_nobody() -> None:
    """An ordinary user from here on, as a login would make one.

    Where the tests run as one, nothing is to do.
    """
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        syscalls.checked("prctl", PR_SET_DUMPABLE, 1)


def become_nobody_with_this_python() -> None:
    """As become_nobody, with an interpreter and packages that this user can read, as an own home
    would have them.

    They may lie in root's closed home: then a private view of the file system is made in which
    they do not.
    """
    if os.geteuid() == 0:
        places = {sys.base_prefix, sys.prefix, *(place for place in sys.path if place)}
        closed = {top for place in places if (top := _closed_folder(Path(place).resolve()))}
        syscalls.checked("unshare", NAMESPACES["mnt"])
        mount(b"none", b"/", MS_PRIVATE_RECURSIVE)
        for top in closed:
            _open_up(top, [Path(place).resolve() for place in places])
    become_nobody()
    readable = all(os.access(place, os.R_OK) for place in (sys.executable, sys.prefix))
    assert readable, f"{sys.executable} cannot be made readable to an ordinary user"


def _closed_folder(place: Path) -> Path | None:
    """The topmost folder on the way that others may not pass."""
    for folder in reversed(place.parents):
        if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None


def _open_up(top: Path, places: list[Path]) -> None:
    wanted = [place for place in places if place.is_relative_to(top) and place.exists()]
    held = {place: os.open(place, os.O_PATH) for place in sorted(wanted)}  # outer ones first
    mount(b"none", bytes(top), 0, kind=b"tmpfs", options=b"mode=755")
    for place, fd in held.items():
        if not place.exists():
            if stat.S_ISDIR(os.fstat(fd).st_mode):
                place.mkdir(parents=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
            mount(b"/proc/self/fd/%d" % fd, bytes(place), MS_BIND_RECURSIVE)
        os.close(fd)


def mount(
    source: bytes, target: bytes, flags: int, *, kind: bytes = b"none", options: bytes = b""
) -> None:
    words = [ctypes.create_string_buffer(word) for word in (source, target, kind, options)]
    syscalls.checked("mount", words[0], words[1], words[2], flags, words[3])


def refuse_namespaces() -> None:
    """As a container runtime does: a filter answers EPERM to whoever wants a namespace."""
    seccomp.install(refusing("unshare", "setns", "mount", "pivot_root"))


def refusing(*names: str) -> bytes:
    """A filter that refuses these system calls and lets everything else through."""
    steps: list[Step | Label] = [Step(LOAD, NUMBER)]
    steps += [Step(JUMP_EQUAL, syscalls.number(name), "refuse") for name in names]
    steps += [Step(RETURN, ALLOW), Label("refuse"), Step(RETURN, ERRNO | EPERM)]
    return assemble(steps)
