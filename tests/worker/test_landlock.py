"""Landlock: every right of every ABI, and what an older kernel would leave open."""

from __future__ import annotations

import errno
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.worker import landlock
from tests.worker.children import fork, in_child

KNOWN = range(1, 8)


def _errno(work: Callable[[], object]) -> int:
    try:
        work()
    except OSError as error:
        return error.errno or -1
    return 0


def test_this_kernel_has_landlock() -> None:
    assert landlock.abi() >= landlock.SCOPES_ABI, "these tests need Linux 6.12 with Landlock on"


@pytest.mark.parametrize(
    ("version", "files", "network", "scopes"),
    [
        (1, 13, 0, 0),
        (2, 14, 0, 0),
        (3, 15, 0, 0),
        (4, 15, 2, 0),
        (5, 16, 2, 0),
        (6, 16, 2, 2),
        (7, 16, 2, 2),
        (9, 17, 2, 2),
    ],
)
def test_rights_grow_with_the_abi(version: int, files: int, network: int, scopes: int) -> None:
    found = landlock.rights(version)
    assert tuple(bits.bit_count() for bits in found) == (files, network, scopes)


@pytest.mark.parametrize("version", KNOWN)
def test_every_abi_closes_files_and_no_privilege_is_needed(version: int) -> None:
    def work() -> list[int]:
        used = landlock.restrict(version)
        return [used, _errno(lambda: os.listdir("/etc")), _errno(lambda: open("/etc/passwd"))]

    assert in_child(work) == [version, errno.EACCES, errno.EACCES]


@pytest.mark.opens_sockets("binds to the loopback, to see whether it may")
@pytest.mark.parametrize("version", KNOWN)
def test_an_old_abi_leaves_tcp_open_and_a_newer_one_closes_it(version: int) -> None:
    def work() -> int:
        landlock.restrict(version)
        with socket.socket(socket.AF_INET) as listener:
            return _errno(lambda: listener.bind(("127.0.0.1", 0)))

    assert in_child(work) == (errno.EACCES if version >= landlock.NETWORK_ABI else 0)


@pytest.mark.parametrize("version", KNOWN)
def test_an_old_abi_leaves_signals_open_and_a_newer_one_closes_them(version: int) -> None:
    def work() -> int:
        landlock.restrict(version)
        return _errno(lambda: os.kill(os.getppid(), 0))

    assert in_child(work) == (errno.EPERM if version >= landlock.SCOPES_ABI else 0)


def test_a_second_layer_takes_away_the_hold_on_siblings() -> None:
    def work() -> list[int]:
        landlock.restrict()
        sibling = fork()
        if sibling == 0:
            signal.pause()
            os._exit(0)
        before = _errno(lambda: os.kill(sibling, 0))
        landlock.restrict()
        after = _errno(lambda: os.kill(sibling, 0))
        os.kill(os.getpid(), 0)
        return [before, after, sibling]

    before, after, sibling = in_child(work)
    os.kill(sibling, signal.SIGKILL)
    assert (before, after) == (0, errno.EPERM)


def test_a_kernel_without_it_is_told_as_zero_and_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)

    def work() -> list[object]:
        used = landlock.restrict()
        status = Path("/proc/self/status").read_text()
        return [used, "NoNewPrivs:\t0" in status]

    assert in_child(work) == [0, True]
