"""A lock has one holder; it is free again when the holder leaves or dies."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from safelight.errors import Unavailable
from safelight.vault import lock
from safelight.vault.lock import hold

HOLD = (
    "import sys, time; from pathlib import Path; from safelight.vault.lock import hold\n"
    "with hold(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)"
)


def test_a_held_lock_is_unavailable_and_then_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path), pytest.raises(Unavailable, match="another run"), hold(path, wait_s=0.02):
        pass
    with hold(path, wait_s=0):
        pass


def test_a_lock_is_free_when_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Unavailable), hold(path, wait_s=0):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with hold(path, wait_s=0):
        pass


def test_a_lock_file_that_cannot_be_opened_is_one_clear_error(tmp_path: Path) -> None:
    with (
        pytest.raises(Unavailable, match="cannot be opened: no such file") as raised,
        hold(tmp_path / "absent" / "lock"),
    ):
        pass
    assert raised.value.hint == f"check its folder: ls -ld {tmp_path / 'absent'}"


def test_a_file_system_that_knows_no_locks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_fd: int) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock, "_taken", refuse)
    with pytest.raises(Unavailable, match="cannot be locked: no locks"), hold(tmp_path / "lock"):
        pass


def test_who_only_reads_needs_no_file_system_that_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    path.touch(mode=0o600)
    opened = os.open

    def read_only(place: Path, flags: int, *mode: int) -> int:
        if flags & os.O_RDWR:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(place, flags, *mode)

    monkeypatch.setattr(os, "open", read_only)
    with hold(path, to_read=True), pytest.raises(Unavailable), hold(path, wait_s=0, to_read=True):
        pass
    with pytest.raises(Unavailable, match="read-only file system"), hold(path):
        pass
