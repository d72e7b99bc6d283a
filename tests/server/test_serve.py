"""`serve`: what it refuses, what it says when it is ready, and how it goes on and ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench.serving import client, serving
from safelight.cli import serve
from safelight.cli.face import Face
from safelight.cli.main import run
from safelight.errors import Unavailable
from safelight.proof.serving.served import Served
from safelight.server import opening, running
from safelight.server.supervisor import Supervisor
from tests.cli.pictures import draw_noise
from tests.server.supervised import STANDIN, is_there, standins

opens = pytest.mark.opens_sockets("a server binds to the loopback")
FREE = ("--port", "0")
LATER_S = 120


@pytest.fixture
def standing_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Servers of this process have children that serve nobody and ask to stop once they met."""
    made = partial(Supervisor, front=STANDIN, back=STANDIN)

    def asking_to_stop(start: Any, **more: Any) -> Supervisor:
        told = {**start.identity, "act": "asks to stop"}
        object.__setattr__(start, "identity", told)
        return made(start, **more)

    monkeypatch.setattr(opening, "Supervisor", asking_to_stop)
    with standins(monkeypatch):
        yield


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, output and error stream of `serve` with these words."""
    code = run(["serve", *words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("--host", "0.0.0.0"), 6, "--lan"),
        (("--host", "::"), 6, "--lan"),
        (("--host", "203.0.113.7", "--certificate", "c", "--key", "k"), 6, "--lan"),
        (("--host", "studio.example"), 2, "127.0.0.1"),
        (("--certificate", "c"), 2, "help"),
        (("--recipes-only",), 2, "--recipe"),
        (("--held", "lots"), 2, ""),
        (("--keep", "0s"), 2, ""),
        (("--recipe", "a=x.toml"), 2, ""),
        (("--compat", "nobody"), 2, ""),
        (("--compat", "rembg,nobody"), 2, ""),
        (("--port", "70000"), 2, ""),
        (("--queue", "many"), 2, ""),
        (("--certificate", "none.pem", "--key", "none.pem", *FREE), 2, ""),
    ],
)
@opens
def test_what_cannot_be_served_is_refused(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, hint: str
) -> None:
    found, output, errors = told(capsys, *words)
    assert found == code
    assert output == ""
    assert errors.startswith("safelight: serve: ")
    assert hint in errors


def test_elsewhere_it_says_that_it_needs_linux(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    code, _, errors = told(capsys, *FREE)
    assert code == 7
    assert "Linux" in errors


@opens
@pytest.mark.usefixtures("standing_in")
def test_one_line_says_that_it_is_ready(capfd: pytest.CaptureFixture[str], state_dir: Path) -> None:
    code, output, errors = told(capfd, "--json", *FREE)
    assert code == 0
    (line,) = output.splitlines()
    ready = json.loads(line)
    assert ready["type"] == "ready"
    assert ready["url"].startswith("http://127.0.0.1:")
    assert ready["link"].startswith(ready["url"])
    assert ready["fingerprint"] is None
    assert ready["pid"] == os.getpid()
    assert "finishing" in errors
    assert running.found(state_dir) is None


@opens
@pytest.mark.usefixtures("standing_in")
def test_a_link_is_shown_to_a_person_and_written_into_no_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output, errors = told(capsys, *FREE)
    assert code == 0
    assert "ready        http://127.0.0.1:" in output
    assert "/open" not in output + errors
    assert "status --link" in errors
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    _, output, _ = told(capsys, *FREE)
    assert "browser      http://127.0.0.1:" in output


@opens
@pytest.mark.usefixtures("standing_in")
def test_on_a_local_network_it_speaks_tls_and_invites(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    code, output, _ = told(capsys, "--lan", "--host", "127.0.0.2", *FREE)
    assert code == 0
    assert "ready        https://127.0.0.2:" in output
    assert "code         " in output
    assert "fingerprint  " in output


@opens
@pytest.mark.usefixtures("standing_in")
def test_what_was_typed_and_set_is_what_is_served(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    recipe = tmp_path / "web.toml"
    recipe.write_text('[[steps]]\nop = "resize"\nwidth = 8\n')
    seen: list[Any] = []
    usual = opening.serve

    def watched(settings: Any, options: Any, **more: Any) -> None:
        seen.append(options)
        usual(settings, options, **more)

    monkeypatch.setattr(opening, "serve", watched)
    monkeypatch.setenv("SAFELIGHT_TIMEOUT", "9s")
    words = ["--held", "100MB", "--keep", "2min", "--queue", "7", "--recipe", str(recipe)]
    code, _, errors = told(capsys, "-q", *FREE, *words, "--max-bytes", "1MB", "--recipes-only")
    assert (code, errors) == (0, "")
    (options,) = seen
    assert (options.held_bytes, options.keep_s, options.queue) == (100_000_000, 120, 7)
    assert (options.max_bytes, options.timeout_s) == (1_000_000, 9)
    assert options.max_pixels == 100_000_000
    assert list(options.recipes) == ["web"]


@opens
@pytest.mark.usefixtures("standing_in")
def test_a_browser_is_opened_for_a_person_before_a_desktop(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened.part\n'
                      f"mv {tmp_path}/opened.part {tmp_path}/opened\n")  # fmt: skip
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")
    assert told(capsys, *FREE)[0] == 0
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert told(capsys, *FREE, "--no-browser")[0] == 0
    assert not (tmp_path / "opened").exists()
    assert told(capsys, *FREE)[0] == 0
    wait_for(lambda: (tmp_path / "opened").exists())
    assert "/open" in (tmp_path / "opened").read_text()


def wait_for(is_so: Any) -> None:
    deadline = time.monotonic() + LATER_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_second_server_with_the_same_state_is_refused(
    capsys: pytest.CaptureFixture[str], state_dir: Path
) -> None:
    with running.alone(state_dir):
        code, _, errors = told(capsys, *FREE)
    assert code == Unavailable.exit_code
    assert "already" in errors


def test_whoever_stops_reading_the_log_stops_no_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    monkeypatch.setattr(serve, "STDERR", writing)
    serve._log(Face(verbosity=-1), "quiet")
    serve._log(Face(), "heard")
    assert os.read(reading, 64) == b"heard\n"
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    serve._log(Face(), "let go")
    os.close(reading)
    serve._log(Face(), "nobody reads")
    os.close(writing)


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


@pytest.fixture
def own() -> Iterator[Served]:
    """A server that a test may harm."""
    with tempfile.TemporaryDirectory(prefix="own-") as name, serving(Path(name)) as served:
        yield served


def is_replaced(supervisor: int, pid: int) -> bool:
    found = children(supervisor)
    return len(found) == 2 and pid not in found


def picture(folder: Path, side: int) -> bytes:
    file = folder / "noise.png"
    draw_noise(file, side)
    return file.read_bytes()


def asked(served: Served, data: bytes, width: int = 8) -> bytes:
    with client(served) as asks:
        answer = asks.post(f"/api/v1/resize?width={width}", content=data)
    assert answer.status_code == 200, answer.text
    return answer.content


def test_a_child_that_is_killed_is_replaced_under_the_same_address(
    own: Served, tmp_path: Path
) -> None:
    data = picture(tmp_path, 40)
    first = asked(own, data)
    before = children(own.pid)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
        wait_for(partial(is_replaced, own.pid, pid))
        assert asked(own, data) == first
    assert not set(before) & set(children(own.pid))


def test_what_is_in_flight_is_finished_before_it_ends(own: Served, tmp_path: Path) -> None:
    """The server has the head of a request when it is asked to leave, and the body comes then."""
    data, family = picture(tmp_path, 40), children(own.pid)
    head = (
        "POST /api/v1/resize?width=8 HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {own.token}\r\nContent-Length: {len(data)}\r\n"
        "Expect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(LATER_S)
        line.connect(own.socket)
        line.sendall(head.encode())
        assert line.recv(4096).startswith(b"HTTP/1.1 100")
        own.ask_to_leave()
        wait_for(lambda: "finishing" in own.log())
        line.sendall(data)
        with line.makefile("rb") as answer:
            said = answer.read()
    assert said.startswith(b"HTTP/1.1 200")
    assert own.wait() == 0
    assert not any(is_there(pid) for pid in family)
    assert not Path(own.socket).exists()
    assert not (own.ground.folder / "state" / "server" / "running.json").exists()


def test_nothing_is_left_of_a_server_whose_supervisor_is_killed(own: Served) -> None:
    family = children(own.pid)
    workers = [pid for child in family for pid in children(child)]
    os.kill(own.pid, signal.SIGKILL)
    wait_for(lambda: not any(is_there(pid) for pid in (*family, *workers)))
    command = [sys.executable, "-m", "safelight.cli", "status", "--state-dir",
               str(own.ground.folder / "state")]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == Unavailable.exit_code
    assert "no server runs here" in ran.stderr
