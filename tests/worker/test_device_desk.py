"""The desk of a device and the counter of a picture, in one process: what goes over the line."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from safelight.errors import LimitExceeded, ModelFaulty, SafelightError, WireBroken
from safelight.models.entry import Entry
from safelight.models.runtimes import FakeSession
from safelight.worker import device_session
from safelight.worker.device_desk import MAX_SHAPES, Desk, Offer
from safelight.worker.device_session import Counter, DeviceSession
from safelight.worker.device_wire import ASK_BYTES, Reply, Tensor
from safelight.worker.mailbox import Mailbox
from safelight.worker.memory import Sheet
from safelight.worker.sentences import Failure, error_of, failure_of, told
from tests.models.making import entry_toml

ENTRY = Entry.from_toml(entry_toml())
MAILBOX = 1_000_000
PLANE = np.arange(12, dtype=np.float32).reshape(1, 1, 3, 4)


class Odd(FakeSession):
    """A session that answers as a test says, and remembers what it was asked."""

    def __init__(self, answer: Callable[[Any], list[Any]]) -> None:
        super().__init__(ENTRY)
        self.answer, self.asked = answer, list[Any]()

    def answers(self, tensor: Any) -> list[Any]:
        self.asked.append(tensor.copy())
        return self.answer(tensor)

    def run(self, tensor: Any) -> Any:
        return self.answers(tensor)[0]


@contextmanager
def served(desk: Desk) -> Iterator[DeviceSession]:
    """A session at this desk; the desk has let go of the job afterwards."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    box = Sheet.for_writing(MAILBOX)
    thread = threading.Thread(target=desk.serve, args=(far.detach(), os.dup(box.fd)))
    thread.start()
    try:
        yield DeviceSession(ENTRY, 0, Counter(near.fileno(), box.fd))
    finally:
        near.close()
        thread.join(20)
        box.close()
    assert not thread.is_alive()


def desk_of(session: Any, **more: Any) -> Desk:
    return Desk([Offer(ENTRY, lambda: session)], **more)


def test_an_answer_comes_back_as_the_session_gave_it() -> None:
    with served(desk_of(FakeSession(ENTRY))) as asked:
        assert asked.model == ENTRY
        assert np.array_equal(asked.run(PLANE), FakeSession(ENTRY).run(PLANE))
        assert np.array_equal(asked.answers(PLANE)[0], FakeSession(ENTRY).run(PLANE))


def test_a_model_is_opened_once_and_only_when_it_is_asked() -> None:
    opened: list[int] = []

    def opening() -> FakeSession:
        opened.append(1)
        return FakeSession(ENTRY)

    desk = Desk([Offer(ENTRY, opening)])
    with served(desk):
        pass
    assert opened == []
    for _ in range(2):
        with served(desk) as asked:
            asked.run(PLANE)
    assert opened == [1]


def test_what_was_held_is_overwritten_and_each_shape_answered_once_more() -> None:
    held: list[Any] = []

    def twice(tensor: Any) -> list[Any]:
        held.extend((tensor, tensor * 2))
        return [held[-1]]

    session = Odd(twice)
    wiped: list[int] = []
    with served(desk_of(session, wipe=lambda: wiped.append(1))) as asked:
        assert np.array_equal(asked.run(PLANE), PLANE * 2)
    assert all(not array.any() for array in held)
    assert [one.any() for one in session.asked] == [True, False]
    assert session.asked[-1].shape == PLANE.shape
    assert wiped == [1]


def test_a_job_that_asks_in_ever_other_shapes_fills_no_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left: list[Any] = []
    monkeypatch.setattr(Desk, "_forget", lambda _desk, used: left.extend(used))
    with served(desk_of(Odd(lambda tensor: [tensor * 1]))) as asked:
        for side in (90, *range(1, 80)):
            asked.run(np.ones((1, 1, side, 1), np.float32))
    sides = [tensor.shape[2] for _, tensor in left]
    assert len(sides) <= 2 * MAX_SHAPES
    assert sides[0] == 90
    assert sides[-MAX_SHAPES:] == list(range(80 - MAX_SHAPES, 80))


def test_of_many_shapes_the_last_and_the_largest_are_answered_once_more() -> None:
    session = Odd(lambda tensor: [tensor * 1])
    with served(desk_of(session)) as asked:
        for side in (99, *range(1, MAX_SHAPES + 3)):
            asked.run(np.ones((1, 1, side, 1), np.float32))
    blank = [one.shape[2] for one in session.asked if not one.any()]
    assert blank == [*range(3, MAX_SHAPES + 3), 99]


def test_control_kept_nothing_is_overwritten() -> None:
    held: list[Any] = []

    def twice(tensor: Any) -> list[Any]:
        held.append(tensor)
        return [tensor * 2]

    session = Odd(twice)
    with served(desk_of(session, is_kept=True)) as asked:
        asked.run(PLANE)
    assert np.array_equal(held[0], PLANE)
    assert len(session.asked) == 1


def _fails(error: Exception) -> Callable[[Any], list[Any]]:
    def answer(_: Any) -> list[Any]:
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        (_fails(ModelFaulty("it failed")), 42),
        (_fails(RuntimeError("bad allocation")), 25),
        (_fails(KeyError("x")), 1),
        (lambda _: [np.zeros(2, np.complex64)], 42),
        (lambda _: [np.zeros((0, 3), np.float32)], 42),
        (lambda _: [np.broadcast_to(np.float32(0), (1 << 30,))], 42),
    ],
    ids="named memory unforeseen complex empty large".split(),
)
def test_a_model_that_fails_is_told_as_such_and_the_job_goes_on(answer: Any, number: int) -> None:
    session = Odd(answer)
    with served(desk_of(session)) as asked:
        with pytest.raises(SafelightError) as caught:
            asked.run(PLANE)
        assert caught.value.number == number
        session.answer = lambda tensor: [tensor]
        assert np.array_equal(asked.run(PLANE), PLANE)


def test_the_words_of_a_failure_go_on_to_the_host() -> None:
    try:
        raise ModelFaulty("the model's answer is no picture, and it has no exact twin")
    except ModelFaulty as error:
        first = failure_of(error)
    again = failure_of(told(first))
    assert again == first
    assert error_of(again).message == ModelFaulty.sentence or error_of(again).number == 42


class Hostile:
    """The other end of a line, with the replies that a test says."""

    def __init__(self, *replies: bytes) -> None:
        self.near, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.box = Sheet.for_writing(MAILBOX)
        for reply in replies:
            self.far.send(reply)

    def __enter__(self) -> DeviceSession:
        return DeviceSession(ENTRY, 0, Counter(self.near.fileno(), self.box.fd))

    def __exit__(self, *_: object) -> None:
        self.near.close()
        self.far.close()
        self.box.close()


@pytest.mark.parametrize("reply", [b"?", Reply((), Failure(40)).pack(), b"SLb1" + b"\xff" * 900])
def test_a_device_that_breaks_a_rule_is_not_believed(reply: bytes) -> None:
    with Hostile(reply) as asked, pytest.raises(WireBroken):
        asked.run(PLANE)


def test_a_device_that_gives_more_than_the_model_has_is_not_believed() -> None:
    two = Reply((Tensor("float32", (1, 1, 2, 2)),) * 2).pack()
    for ask in (DeviceSession.run, DeviceSession.answers):
        with Hostile(two) as asked, pytest.raises(WireBroken):
            ask(asked, PLANE)


def test_a_device_that_is_gone_is_a_plain_error() -> None:
    hostile = Hostile()
    with hostile as asked:
        hostile.far.close()
        with pytest.raises(SafelightError, match="stopped answering"):
            asked.run(PLANE)


def test_a_tensor_that_no_mailbox_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_session, "MAILBOX_BYTES", 8)
    with Hostile() as asked, pytest.raises(LimitExceeded, match="mailbox"):
        asked.run(PLANE)


def test_a_mailbox_gives_copies_that_nobody_can_change() -> None:
    box = Sheet.for_writing(MAILBOX)
    mine, other = Mailbox(box.fd), Mailbox(box.fd)
    mine.put([PLANE, PLANE * 2])
    (first, second) = other.take((Tensor.of(PLANE), Tensor.of(PLANE)))
    mine.put([np.zeros((1, 1, 64, 64), np.float32)])
    assert np.array_equal(first, PLANE)
    assert np.array_equal(second, PLANE * 2)
    for one in (mine, other):
        one.close()
        one.close()
    box.close()


def test_words_that_are_too_long_end_their_job() -> None:
    with served(desk_of(FakeSession(ENTRY))) as asked:
        os.write(asked._counter._line, b"x" * (ASK_BYTES + 5))
        assert os.read(asked._counter._line, 10) == b""
