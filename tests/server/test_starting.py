"""What a child is told as it starts, and how it begins."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
from pathlib import Path

import pytest

from safelight.server import children, control, starting
from safelight.server.options import ServeOptions
from safelight.server.starting import Listener, Start, begin
from safelight.settings import Settings, load
from safelight.worker import freeing, namespaces
from safelight.worker.memory import is_sealed


def told() -> Start:
    options = ServeOptions(names=("a", "b"), origins=("https://c",), compat=("rembg",))
    settings = load({"max_bytes": "1MB", "keep": "rights,colour"}, {"HOME": "/tmp"}, Path("/tmp"))
    listeners = (Listener(9, "tcp", "127.0.0.1", 8443), Listener(10, "unix"))
    return Start(settings, options, listeners, {"folder": "/x"}, {"leaf_fd": 3}, os.getppid())


def test_all_of_it_makes_the_way(tmp_path: Path) -> None:
    start = told()
    fd = start.to_fd()
    found = Start.from_fd(fd)
    os.close(fd)
    assert found.options == start.options
    assert found.listeners == start.listeners
    assert (found.identity, found.tls) == (start.identity, start.tls)
    assert found.settings == start.settings
    assert found.settings.keep == ("rights", "colour")
    # The front end is to know which of them a policy locks.
    assert start.settings.origins["max_bytes"].source == "flag"
    assert found.settings.origins == start.settings.origins
    assert found.settings.state_dir == start.settings.state_dir


def test_nobody_can_change_it_on_its_way() -> None:
    fd = told().to_fd()
    assert is_sealed(fd)
    assert fcntl.fcntl(fd, fcntl.F_GET_SEALS) & fcntl.F_SEAL_WRITE
    with pytest.raises(PermissionError):
        os.pwrite(fd, b"x", 0)
    os.close(fd)


def test_a_child_ends_with_its_supervisor_and_heeds_no_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[object] = []
    monkeypatch.setattr(namespaces, "die_with_parent", done.append)
    monkeypatch.setattr(namespaces, "undumpable", lambda: done.append("undumpable"))
    monkeypatch.setattr(signal, "signal", lambda number, action: done.append((number, action)))
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (1_024, 1_000_000))
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, limits: done.append(limits))
    near, far = control.pair()
    fd = told().to_fd()
    start, line = begin([str(fd), str(far.detach())])
    with near, line:
        control.send(near, control.Note(control.Kind.LEAVE))
        assert control.hear(line) == (control.Note(control.Kind.LEAVE), -1)
        assert not line.get_inheritable()
    assert start.options == told().options
    assert done == [
        *((number, signal.SIG_IGN) for number in starting.IGNORED),
        (starting.MOST_FILES, 1_000_000), start.supervisor, "undumpable",
    ]  # fmt: skip
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(fd)


def test_no_variable_of_the_user_reaches_the_front_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/anna")
    monkeypatch.setenv("SECRET", "1")
    front, back = children.environment(), children.environment(children.OF_THE_BACK)
    assert not {"HOME", "SECRET", "PATH"} & set(front)
    assert back["HOME"] == "/srv/anna"
    assert "SECRET" not in back
    assert front["ORT_DISABLE_TELEMETRY"] == back["ORT_DISABLE_TELEMETRY"] == "1"


def test_children_overwrite_memory_as_they_free_it() -> None:
    assert freeing.overwrites(children.environment())
    command = children.command("a.module", "1")
    assert "-I" not in command, "an isolated Python heeds no variable that says so"
    assert command[1:4] == ["-s", "-P", "-B"]


def test_settings_that_nobody_set_make_the_way_too() -> None:
    fd = Start(Settings(), ServeOptions()).to_fd()
    assert Start.from_fd(fd).settings == Settings()
    os.close(fd)
