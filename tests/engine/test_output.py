"""An output is there whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from safelight.engine.output import output_error, staged, sweep, temporary_name, write_whole
from safelight.errors import DiskFull, OutputExists, OutputFailed


def everything_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_nothing_has_a_name_until_commit(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    with staged(target, [b"one", memoryview(b"two")]) as held:
        assert not target.exists()
        held.commit(replace=False)
        assert target.read_bytes() == b"onetwo"
    assert everything_below(tmp_path) == ["a.jpg"]


def test_without_commit_nothing_stays(tmp_path: Path) -> None:
    with staged(tmp_path / "a.jpg", [b"one"]):
        pass
    assert everything_below(tmp_path) == []


def test_an_existing_file_is_kept_unless_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    target.write_bytes(b"old")
    with staged(target, [b"new"]) as held, pytest.raises(OutputExists):
        held.commit(replace=False)
    assert target.read_bytes() == b"old"
    with staged(target, [b"new"]) as held:
        held.commit(replace=True)
    assert target.read_bytes() == b"new"
    assert everything_below(tmp_path) == ["a.jpg"]


def test_a_file_system_without_unnamed_files_takes_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    target = tmp_path / "a.jpg"
    with staged(target, [b"one"]) as held:
        assert len(list((tmp_path / ".safelight/tmp").iterdir())) == 1
        held.commit(replace=False)
    assert everything_below(tmp_path) == ["a.jpg"]
    with staged(target, [b"two"]) as held:
        held.commit(replace=True)
    assert target.read_bytes() == b"two"
    assert everything_below(tmp_path) == ["a.jpg"]


def test_the_sweep_takes_what_nobody_holds_and_leaves_what_somebody_does(tmp_path: Path) -> None:
    orphan = temporary_name(tmp_path)
    orphan.write_bytes(b"left by a killed run")
    with staged(tmp_path / "a.jpg", [b"one"]) as held:
        alive = held._named()
        assert sweep(tmp_path) == 1
        assert alive.exists()
        assert not orphan.exists()
    assert sweep(tmp_path) == 0


def test_a_killed_writer_leaves_nothing_under_the_final_name(tmp_path: Path) -> None:
    script = (
        "import sys,time,os; from pathlib import Path; from safelight.engine.output import staged\n"
        "with staged(Path(sys.argv[1]), [b'half']) as held:\n"
        "    held._named(); print('ready', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "a.jpg")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
    assert not (tmp_path / "a.jpg").exists()
    deadline = time.monotonic() + 5
    while sweep(tmp_path) == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert everything_below(tmp_path) == []


def test_a_full_disk_and_a_closed_folder_are_told_apart(tmp_path: Path) -> None:
    assert isinstance(output_error(OSError(errno.ENOSPC, "x")), DiskFull)
    assert not isinstance(output_error(OSError(errno.EACCES, "x")), DiskFull)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputFailed), staged(tmp_path / "file" / "a.jpg", [b"one"]):
        pass


def test_writing_that_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiskFull), staged(tmp_path / "a.jpg", [b"one"]):
        pass
    assert everything_below(tmp_path) == []


def test_a_small_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "r.json", b"1")
    write_whole(tmp_path / "r.json", b"2", mode=0o600)
    assert (tmp_path / "r.json").read_bytes() == b"2"
    assert (tmp_path / "r.json").stat().st_mode & 0o777 == 0o600
