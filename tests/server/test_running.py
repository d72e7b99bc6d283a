"""What a server writes down about itself, and who believes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.errors import PolicyRefused, Unavailable
from safelight.server import running
from safelight.server.running import Running, alone, folder_of, found, write_down


def test_a_server_is_found_while_it_runs_and_no_longer(state_dir: Path) -> None:
    assert found(state_dir) is None
    with alone(state_dir) as folder:
        told = Running.of_this_process("http://127.0.0.1:1", unix="/s", addresses=("a", "b"))
        write_down(folder, told)
        assert found(state_dir) == told
        assert (folder / running.FILE).stat().st_mode & 0o777 == 0o600
    assert found(state_dir) is None


def test_two_servers_do_not_share_a_state_folder(state_dir: Path) -> None:
    with alone(state_dir), pytest.raises(Unavailable, match="already"), alone(state_dir):
        pass
    with alone(state_dir):
        pass


def test_an_error_inside_is_not_taken_for_another_server(state_dir: Path) -> None:
    with pytest.raises(Unavailable, match="of its own"), alone(state_dir):
        raise Unavailable("of its own")


def test_a_lock_that_nobody_can_have_is_not_taken_for_another_server(state_dir: Path) -> None:
    with alone(state_dir) as folder:
        pass
    (folder / running.LOCK).unlink()
    (folder / running.LOCK).mkdir()
    with pytest.raises(Unavailable, match="cannot be opened"), alone(state_dir):
        pass


def test_a_state_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be read"):
        found(tmp_path / "file")


def test_what_a_killed_server_left_is_not_believed(state_dir: Path) -> None:
    """Its process is gone, or another one has its number."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    told = Running.of_this_process("http://127.0.0.1:1")
    with alone(state_dir) as folder:
        write_down(folder, replace(told, pid=ended.pid))
        assert found(state_dir) is None
        write_down(folder, replace(told, began=told.began - 1))
        assert found(state_dir) is None
        write_down(folder, told)
        assert found(state_dir) is not None


def test_a_server_that_has_ended_and_was_not_waited_for_is_none(state_dir: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    began = int(Path(f"/proc/{ended.pid}/stat").read_text().rpartition(")")[2].split()[19])
    told = replace(Running.of_this_process("http://127.0.0.1:1"), pid=ended.pid, began=began)
    assert not told.is_alive
    ended.wait()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1, "url": 1}', "x" * 20_000])
def test_what_is_damaged_is_refused(state_dir: Path, text: str) -> None:
    with alone(state_dir) as folder:
        file = folder / running.FILE
        file.write_text(text)
        file.chmod(0o600)
        with pytest.raises(PolicyRefused, match="damaged"):
            found(state_dir)


def test_what_others_could_have_written_is_refused(state_dir: Path) -> None:
    with alone(state_dir) as folder:
        write_down(folder, Running.of_this_process("http://127.0.0.1:1"))
        (folder / running.FILE).chmod(0o644)
        with pytest.raises(PolicyRefused):
            found(state_dir)


def test_nothing_that_opens_anything_is_written_down(state_dir: Path) -> None:
    with alone(state_dir) as folder:
        write_down(folder, Running.of_this_process("http://127.0.0.1:1"))
        told = json.loads((folder_of(state_dir) / running.FILE).read_text())
    assert set(told) == {
        "schema", "url", "pid", "began", "started", "unix", "fingerprint", "addresses",
    }  # fmt: skip
    assert told["pid"] == os.getpid()
