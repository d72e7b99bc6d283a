"""Front end and back end over their line: what dies, what is taken back, what is no record."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import Cancelled, SafelightError, Unavailable, UsageError
from safelight.server.front import backline as backline_module
from safelight.server.front.backline import Backline
from safelight.server.wire import line as lines
from safelight.server.wire.records import (
    Answer,
    Ask,
    Failure,
    File,
    Order,
    Progress,
    Reply,
    Request,
    parse_request,
)
from safelight.server.wire.sheets import Facts, Output
from tests.server.test_back import RESIZE, order

SHA = "ab" * 32
PATIENCE_S = 120.0


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class Fake:
    """A back end that is no more than its end of the line; told what to do."""

    def __init__(self) -> None:
        self.near, self.far = lines.pair()
        self.far.settimeout(PATIENCE_S)

    def hear(self) -> tuple[Request, tuple[int, ...]]:
        parcel = lines.receive(self.far)
        assert parcel is not None
        return parse_request(parcel.untrusted, len(parcel.fds)), parcel.fds

    def say(self, reply: Reply, *fds: int) -> None:
        lines.send(self.far, reply.pack(), fds)

    def answer(self, number: int, **facts: Any) -> None:
        with Facts(facts) as told:
            self.say(Answer(number, told.size_bytes), told.fd)

    def die(self) -> None:
        self.far.close()


@pytest.fixture
def fake() -> Iterator[Fake]:
    made = Fake()
    yield made
    made.far.close()


def both(back: Backline, other: Callable[[], None], ask: Callable[[], Awaitable[Any]]) -> Any:
    """What is asked here while the other side does its part in a thread."""

    async def run() -> Any:
        asked = asyncio.ensure_future(ask())
        await asyncio.sleep(0)
        try:
            await asyncio.to_thread(other)
            return await asyncio.wait_for(asked, PATIENCE_S)
        finally:
            back.close()

    return asyncio.run(run())


def test_progress_and_the_answer_reach_who_asked(fake: Fake) -> None:
    shares: list[float] = []
    back = Backline(fake.near)

    def answer() -> None:
        record, fds = fake.hear()
        assert isinstance(record, Order)
        assert record.recipe == RESIZE.canonical
        for fd in fds:
            os.close(fd)
        for share in (0.25, 0.75):
            fake.say(Progress(record.id, share))
        fake.say(Progress(record.id + 1, 0.5))
        facts = {"document": {}, "media_type": "image/png", "receipt": "{}", "receipt_id": "i"}
        with Facts(facts) as told, Output() as output, memoryview(b"pixels") as data:
            output.write(data)
            fake.say(Answer(record.id, told.size_bytes, output.file), told.fd, output.fd)

    outcome = both(back, answer, lambda: back.work(order(), progress=shares.append))
    assert shares == [0.25, 0.75]
    assert outcome.output.size_bytes == 6
    outcome.output.close()


def test_what_was_not_answered_is_asked_of_the_next_back_end(fake: Fake) -> None:
    back, next_one = Backline(fake.near), Fake()

    async def run() -> Any:
        asked = [asyncio.ensure_future(back.ask("state", {"n": n})) for n in range(3)]
        await asyncio.sleep(0.01)
        first, _ = fake.hear()
        fake.answer(first.id, answered="by the first")
        await asyncio.sleep(0.01)
        fake.die()
        await asyncio.sleep(0.01)
        assert not back.is_there
        late = asyncio.ensure_future(back.ask("state", {"n": 3}))
        await asyncio.sleep(0.01)
        back.attach(next_one.near)
        for _ in range(3):
            record, _ = await asyncio.to_thread(next_one.hear)
            assert isinstance(record, Ask)
            assert record.id != first.id
            next_one.answer(record.id, facts=record.facts.decode())
        return await asyncio.gather(*asked, late)

    found = asyncio.run(run())
    assert found[0] == {"answered": "by the first"}
    assert [one["facts"] for one in found[1:]] == ['{"n": 1}', '{"n": 2}', '{"n": 3}']
    back.close()
    next_one.die()


def test_what_ends_one_back_end_after_the_other_is_given_up(fake: Fake) -> None:
    back = Backline(fake.near)

    async def run() -> None:
        asked = asyncio.ensure_future(back.ask("state"))
        for number in range(backline_module.MOST_TRIES):
            one = Fake() if number else fake
            if number:
                back.attach(one.near)
            await asyncio.to_thread(one.hear)
            one.die()
            await asyncio.sleep(0.01)
        last = Fake()
        back.attach(last.near)
        last.die()
        await asyncio.wait_for(asked, PATIENCE_S)

    with pytest.raises(Unavailable, match="more than once"):
        asyncio.run(run())
    back.close()


def test_nobody_waits_for_ever_for_a_back_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backline_module, "ABSENCE_S", 0.05)
    with pytest.raises(Unavailable, match="not there"):
        asyncio.run(Backline().ask("state"))


def test_who_closes_the_line_lets_go_of_all_that_wait(fake: Fake) -> None:
    back = Backline(fake.near)

    async def run() -> None:
        asked = asyncio.ensure_future(back.ask("state"))
        await asyncio.sleep(0.01)
        back.close()
        await asked

    with pytest.raises(Unavailable):
        asyncio.run(run())


def test_a_wish_that_is_taken_back_is_waited_for(fake: Fake) -> None:
    """Until it is known that nobody looks at the picture any more."""
    back = Backline(fake.near)

    async def run() -> None:
        asked = asyncio.ensure_future(back.work(order()))
        record, fds = await asyncio.to_thread(fake.hear)
        asked.cancel()
        cancel, _ = await asyncio.to_thread(fake.hear)
        assert cancel.id == record.id
        assert not asked.done()
        fake.say(Failure.of(record.id, Cancelled()))
        with pytest.raises(asyncio.CancelledError):
            await asked
        for fd in fds:
            os.close(fd)

    asyncio.run(run())
    back.close()


def test_a_question_that_is_taken_back_is_waited_for_by_nobody(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks how a back end is that answers nothing learns that in the time it has for it."""
    monkeypatch.setattr(backline_module, "CANCEL_S", 10 * PATIENCE_S)
    back = Backline(fake.near)

    async def run() -> None:
        asked = asyncio.ensure_future(back.ask("state"))
        record, _ = await asyncio.to_thread(fake.hear)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(asked, 2)
        assert (await asyncio.to_thread(fake.hear))[0].id == record.id
        fake.answer(record.id)  # too late, and nothing goes wrong by it
        await asyncio.sleep(0.01)
        assert back.is_there

    asyncio.run(run())
    back.close()


@pytest.mark.parametrize("way", ["answered", "died", "silent", "none"])
def test_however_a_wish_that_is_taken_back_ends_its_result_is_let_go(
    fake: Fake, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backline_module, "CANCEL_S", 0.1 if way == "silent" else PATIENCE_S)
    given = order()
    back, before = Backline(fake.near), descriptors()

    async def run() -> None:
        asked = asyncio.ensure_future(back.work(given))
        record, fds = await asyncio.to_thread(fake.hear)
        for fd in fds:
            os.close(fd)
        if way == "none":
            back._drop_line()
        asked.cancel()
        await asyncio.sleep(0.01)
        if way == "answered":
            facts = {"document": {}, "media_type": "", "receipt": "", "receipt_id": ""}
            with Facts(facts) as told, Output() as output, memoryview(b"pixels") as data:
                output.write(data)
                fake.say(Answer(record.id, told.size_bytes, output.file), told.fd, output.fd)
        if way == "died":
            fake.die()
        with pytest.raises(asyncio.CancelledError):
            await asked

    asyncio.run(run())
    assert descriptors() <= before
    back.close()


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (Failure(1, 1).pack() + b"x", 0),
        (Order(1, b"{}", (File(SHA, 1),), 1).pack(), 1),
        (Answer(1, 3).pack(), 1),
        (Answer(1, 2).pack(), 2),
        (Answer(1, 2, File(SHA, 5)).pack(), 2),
    ],
    ids=["longer", "no reply", "short facts", "two memories", "another size"],
)
def test_an_answer_that_is_none_ends_its_wish_and_no_other(
    fake: Fake, data: bytes, count: int
) -> None:
    back, before = Backline(fake.near), descriptors()

    async def run() -> None:
        asked = [asyncio.ensure_future(back.ask("state")) for _ in range(2)]
        for _ in asked:
            await asyncio.to_thread(fake.hear)
        fd = os.memfd_create("nonsense", os.MFD_ALLOW_SEALING)
        os.pwrite(fd, b"{}", 0)
        lines.send(fake.far, b"noise", (fd,))
        lines.send(fake.far, data, (fd,) * count)
        os.close(fd)
        with pytest.raises(SafelightError, match="is none"):
            await asked[0]
        fake.answer(1, late=True)
        fake.say(Failure(1, 1))
        fake.answer(2, well=True)
        assert await asked[1] == {"well": True}

    asyncio.run(run())
    back.close()
    assert descriptors() < before


def test_a_picture_that_cannot_be_handed_on_ends_its_wish_and_no_other(fake: Fake) -> None:
    back, given = Backline(fake.near), order()
    given.source.close()

    async def run() -> None:
        asked = asyncio.ensure_future(back.ask("state"))
        with pytest.raises(SafelightError, match="handed on"):
            await back.work(given)
        record, _ = await asyncio.to_thread(fake.hear)
        fake.answer(record.id)
        assert await asked == {}

    asyncio.run(run())
    back.close()


def test_a_line_that_is_full_is_spoken_to_as_it_empties(fake: Fake) -> None:
    back, number = Backline(fake.near), 64
    words = {"long": "x" * 60_000}

    def answer() -> None:
        for _ in range(number):
            record, _ = fake.hear()
            fake.answer(record.id)

    async def every() -> list[Any]:
        asked = [back.ask("state", words) for _ in range(number)]
        return list(await asyncio.gather(*asked))

    assert both(back, answer, every) == [{}] * number


def test_more_than_a_record_holds_is_not_asked() -> None:
    with pytest.raises(UsageError):
        asyncio.run(Backline().ask("state", {"x": "y" * 70_000}))


def test_one_line_serves_one_loop_after_the_other(fake: Fake) -> None:
    back = Backline(fake.near)

    def serve() -> None:
        for _ in range(3):
            record, _ = fake.hear()
            fake.answer(record.id, n=record.id)

    thread = threading.Thread(target=serve)
    thread.start()
    assert [asyncio.run(back.ask("state"))["n"] for _ in range(3)] == [1, 2, 3]
    thread.join()
    back.close()
