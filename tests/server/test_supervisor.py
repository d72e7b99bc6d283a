"""The supervisor: its children start, are heard, die, come again and leave."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from safelight.errors import SafelightError, VaultLocked, WireBroken
from safelight.server import control
from safelight.server import supervisor as supervising
from safelight.server.children import Child
from safelight.server.control import Kind, Note
from safelight.server.supervisor import Supervisor
from tests.server.supervised import Seen, is_there, standins, stop, supervisor


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with standins(monkeypatch):
        yield


def test_it_is_ready_once_when_both_are_and_leaves_nobody_behind() -> None:
    seen, pids = Seen(on_line=stop), list[int]()

    def note(made: Supervisor) -> None:
        pids.extend((made.front.pid, made.back.pid))

    seen.on_ready = note
    supervisor(seen).run()
    assert seen.ready == 1
    assert seen.wishes == [1]
    assert len(pids) == 2
    assert not any(is_there(pid) for pid in pids)


def test_the_two_ends_meet_and_only_lines_of_the_log_are_told() -> None:
    seen = Seen(on_line=stop)
    supervisor(seen).run()
    assert len(seen.lines) == 1
    assert seen.lines[0].endswith(" 12.3 ms 5 B 200")


@pytest.mark.parametrize("which", ["front", "back"])
def test_one_that_dies_is_made_anew_and_meets_the_other_again(which: str) -> None:
    seen, before = Seen(), list[int]()

    def kill_once(made: Supervisor, _line: str) -> None:
        child = getattr(made, which)
        if len(seen.lines) == 1:
            before.append(child.pid)
            os.kill(child.pid, signal.SIGKILL)
        else:
            assert child.pid not in before
            stop()

    seen.on_line = kill_once
    made = supervisor(seen)
    made.run()
    assert len(seen.lines) == 2
    assert made.restarts[which] == 1
    assert seen.ready == 1


def test_what_keeps_one_from_serving_is_told() -> None:
    with pytest.raises(VaultLocked) as told:
        supervisor(Seen(), "fails").run()
    assert told.value.hint == VaultLocked.usual_hint


def test_one_that_dies_at_once_ends_the_server_with_its_last_words() -> None:
    with pytest.raises(SafelightError, match="a word of its own"):
        supervisor(Seen(), "dies").run()


def test_one_that_says_what_nobody_knows_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, usual = list[Child](), Child.kill

    def kill(child: Child) -> None:
        if not ended:
            stop()
        ended.append(child)
        usual(child)

    monkeypatch.setattr(Child, "kill", kill)
    made = supervisor(Seen(), "babbles")
    made.run()
    assert ended[0] is made.front


def test_one_that_does_not_leave_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "LEAVE_S", 0)
    seen, pids = Seen(), list[int]()

    def note(made: Supervisor) -> None:
        pids.append(made.front.pid)
        stop()
        stop()

    seen.on_ready = note
    supervisor(seen, "is deaf").run()
    assert seen.wishes == [1, 2]
    assert not is_there(pids[0])


def test_where_the_system_grants_no_process_it_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervising, "LONGEST_PAUSE_S", 0.01)
    seen, refused = Seen(), list[int]()
    usual = subprocess.Popen

    def crowded(*words: object, **more: object) -> object:
        if seen.lines and len(refused) < 2:
            refused.append(1)
            raise OSError(11, "resource temporarily unavailable")
        return usual(*words, **more)  # type: ignore[call-overload]

    def kill_once(made: Supervisor, _line: str) -> None:
        if len(seen.lines) == 1:
            os.kill(made.back.pid, signal.SIGKILL)
        else:
            stop()

    monkeypatch.setattr(subprocess, "Popen", crowded)
    seen.on_line = kill_once
    supervisor(seen).run()
    assert len(seen.lines) == 2
    assert len(refused) == 2


def test_a_server_that_does_not_start_in_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "START_S", 0)
    with pytest.raises(SafelightError, match="in time"):
        supervisor(Seen()).run()


class Renewing:
    """Credentials that are made anew every time."""

    def __init__(self) -> None:
        self.leaf_fd = os.memfd_create("leaf")
        os.write(self.leaf_fd, b"eight it")

    def told(self) -> dict[str, int]:
        return {"leaf_fd": self.leaf_fd}

    def renewed(self) -> int:
        return self.leaf_fd


def test_a_new_certificate_reaches_the_front_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "RENEWAL_S", 0.05)
    seen, credentials = Seen(), Renewing()

    def stop_at_the_certificate(_made: Supervisor, line: str) -> None:
        if line.endswith(" 8 B 201"):
            stop()

    seen.on_line = stop_at_the_certificate
    supervisor(seen, credentials=credentials).run()
    os.close(credentials.leaf_fd)
    assert any(line.endswith(" 8 B 201") for line in seen.lines)


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        seen = Seen()

        def hang_up_first(_made: Supervisor, _line: str) -> None:
            os.kill(os.getpid(), signal.SIGHUP)
            stop()

        seen.on_line = hang_up_first
        supervisor(seen).run()
        assert seen.wishes == [1]
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def told(data: bytes, *fds: int) -> tuple[Note, int] | None:
    """What a child hears of these bytes."""
    near, far = control.pair()
    with near, far:
        socket.send_fds(near, [data], fds)
        return control.hear(far)


def test_a_message_makes_the_way_there_and_back() -> None:
    assert told(Note(Kind.DRAIN, 30).pack()) == (Note(Kind.DRAIN, 30), -1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        Note(Kind.DRAIN).pack()[:-1],
        Note(Kind.DRAIN).pack() + b"x",
        b"ZZZZ" + Note(Kind.DRAIN).pack()[4:],
        Note(Kind.DRAIN).pack()[:4] + b"\xff" * 12,
        Note(Kind.PEER).pack(),
    ],
    ids=["nothing", "short", "cut", "long", "strange", "unknown", "without its descriptor"],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    if not data:
        assert told(data) is None
        return
    with pytest.raises(WireBroken):
        told(data)


def test_a_descriptor_that_nobody_asked_for_is_closed() -> None:
    reading, writing = os.pipe()
    with pytest.raises(WireBroken):
        told(Note(Kind.DRAIN).pack(), writing)
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_the_supervisor_takes_no_descriptor_from_a_child() -> None:
    near, far = control.pair()
    reading, writing = os.pipe()
    with near, far:
        socket.send_fds(far, [Note(Kind.READY, 7).pack()], [writing])
        os.close(writing)
        assert control.hear_child(near) == Note(Kind.READY, 7)
        assert os.read(reading, 1) == b""
    os.close(reading)


def test_the_end_of_a_line_is_told() -> None:
    near, far = control.pair()
    far.close()
    with near:
        assert control.hear_child(near) is None
        assert control.hear(near) is None
