"""The lock of the front end: what it takes away, seen from inside, and that the attempts would get
through without it.
"""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.serving import client, serving
from safelight.errors import LevelTooLow
from safelight.proof.serving.served import Served
from safelight.server import lockdown, outward
from safelight.server.listening import Inherited
from safelight.server.lockdown import Held
from safelight.worker import seccomp
from tests.server import unlocked
from tests.worker.children import become_nobody_with_this_python, in_child

EVERYTHING = Held.SIEVE | Held.LANDLOCK | Held.NETWORK


def met() -> dict[str, int]:
    """What every attempt of this process meets that is not contained."""
    return {one.name: one.errno for one in outward.attempts() if not one.contained}


def test_every_way_out_is_refused_by_the_lock() -> None:
    def locked() -> Any:
        held = lockdown.lock()
        return [int(held), met(), len(outward.attempts())]

    held, through, made = in_child(locked)
    assert Held.SIEVE | Held.LANDLOCK in Held(held)
    assert through == {}
    assert made == len(outward.ATTACKS) > 90


def test_an_ordinary_user_locks_as_much() -> None:
    def locked() -> Any:
        become_nobody_with_this_python()
        return [int(lockdown.lock()), met()]

    held, through = in_child(locked)
    assert Held.SIEVE | Held.LANDLOCK in Held(held)
    assert through == {}


@pytest.mark.opens_sockets("the control's attempts reach a listener of their own")
def test_without_the_lock_every_way_out_is_open() -> None:
    """The control: each attempt is one that this very machine lets through."""

    def unlocked() -> Any:
        return {one.name: one.errno for one in outward.attempts()}

    found = in_child(unlocked)
    refused_to_ordinary_users = {one.name for one in outward.ATTACKS if one.privileged}
    stopped = {name for name, errno in found.items() if errno}
    assert set(found) == {one.name for one in outward.ATTACKS}
    assert stopped <= (set() if os.geteuid() == 0 else refused_to_ordinary_users)


@pytest.mark.parametrize("layer", [Held.SIEVE, Held.LANDLOCK], ids=["sieve", "landlock"])
def test_a_layer_that_is_missing_is_noticed(layer: Held) -> None:
    def locked() -> Any:
        held = lockdown.lock(without=layer)
        # Without the sieve the attempts are made in children, which Landlock does not keep away.
        through = met() if layer != Held.SIEVE else {"socket": int(not outward.is_locked())}
        return [int(held), sorted(through)]

    held, through = in_child(locked)
    assert layer not in Held(held)
    if layer == Held.LANDLOCK:
        # The environment of another process may be kept from us by the kernel's own rules.
        assert set(through) - {"read-environment"} == {"read-file", "list-folder"}
    else:
        assert through == ["socket"]


def tried(work: Callable[[], Any]) -> str:
    """ "" if it went, else the name of the error."""
    try:
        work()
    except OSError as error:
        return type(error).__name__
    return ""


def test_it_reads_what_its_room_shows_and_writes_nothing(tmp_path: Path) -> None:
    shown, hidden = tmp_path / "shown", tmp_path / "hidden"
    for folder in (shown, hidden):
        folder.mkdir()
        (folder / "file").write_text("words")

    def locked() -> Any:
        lockdown.lock([shown])
        return [
            (shown / "file").read_text(),
            tried((hidden / "file").read_text),
            tried(lambda: (shown / "file").write_text("other")),
            tried(lambda: (shown / "new").touch()),
            tried(lambda: (shown / "file").unlink()),
            tried(Path(lockdown.__file__).read_text),
        ]

    assert in_child(locked) == [
        "words", "PermissionError", "PermissionError", "PermissionError", "PermissionError", "",
    ]  # fmt: skip


def test_code_beside_what_is_the_users_own_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has a home among the places of modules."""
    (tmp_path / "state").mkdir()
    (tmp_path / "letter").write_text("words")
    monkeypatch.syspath_prepend(tmp_path)

    def locked() -> Any:
        lockdown.lock([tmp_path / "state"])
        return [
            tried((tmp_path / "letter").read_text),
            tried(lambda: os.listdir(tmp_path / "state")),
        ]

    assert in_child(locked) == ["PermissionError", ""]


@pytest.mark.opens_sockets("a caller reaches the listener of a locked process")
def test_a_socket_that_listened_before_goes_on_in_an_empty_network() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()

    def call() -> None:
        with socket.create_connection(address, timeout=60) as caller:
            caller.sendall(b"ping")
            answers.append(caller.recv(4))

    answers: list[bytes] = []
    thread = threading.Thread(target=call)
    thread.start()

    def locked() -> Any:
        inherited = Inherited(fileno=listener.detach())
        lockdown.lock()
        inherited.listen()
        inherited.setblocking(True)
        connection, _ = inherited.accept()
        word = connection.recv(4)
        connection.sendall(word[::-1])
        return [word.decode(), tried(lambda: socket.create_connection(address))]

    word, refused = in_child(locked)
    thread.join()
    listener.close()
    assert word == "ping"
    assert refused == "PermissionError"
    assert answers == [b"gnip"]


def test_threads_and_memory_go_on_and_processes_do_not() -> None:
    def locked() -> Any:
        lockdown.lock()
        found: list[str] = []
        thread = threading.Thread(target=lambda: found.append(tried(socket.socketpair)))
        thread.start()
        thread.join()
        fd = os.memfd_create("body")
        os.pwrite(fd, b"x" * 100_000, 0)
        return [found, os.fstat(fd).st_size, tried(os.fork), tried(lambda: os.kill(1, 0))]

    assert in_child(locked) == [["PermissionError"], 100_000, "PermissionError", "PermissionError"]


def test_without_a_sieve_there_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_program: bytes) -> None:
        raise OSError(22, "no such filter")

    def locked() -> Any:
        try:
            lockdown.lock(without=Held.NETWORK | Held.LANDLOCK)
        except LevelTooLow as error:
            return error.code
        return ""

    monkeypatch.setattr(seccomp, "install", refused)
    assert in_child(locked) == "level-too-low"


def test_layers_have_names() -> None:
    assert EVERYTHING.names == ("sieve", "landlock", "network")
    assert Held(0).names == ()


def egress(served: Served) -> dict[str, Any]:
    """Every way out, tried from inside the handler that answers this."""
    with client(served) as asks:
        answer = asks.get("/api/v1/audit/egress")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_running_server_refuses_itself_every_way_out(served: Served) -> None:
    found = egress(served)
    front = [one for one in found["attempts"] if one["where"] == "front"]
    assert len(front) == len(outward.ATTACKS)
    assert all(one["contained"] for one in front)
    assert found["closed"]


def test_a_server_without_its_lock_is_told_from_one_that_has_it() -> None:
    """The control: the same handler in the same server, but for the lock."""
    otherwise: Any = {"command": unlocked.COMMAND, "environment": unlocked.VARIABLES}
    with (
        tempfile.TemporaryDirectory(prefix="unlocked-") as name,
        serving(Path(name), **otherwise) as running,
    ):
        found = egress(running)
    through = {one["name"] for one in found["attempts"] if not one["errno"]}
    assert not found["closed"]
    assert {
        *("tcp-connect", "tcp6-connect", "udp-send", "unix-path", "netlink", "io-uring"),
        *("fork", "start", "create-file", "write-file", "fast-open", "fast-open-message"),
        *("many-messages", "trace", "new-user-namespace"),
    } - {"io-uring"} <= through
