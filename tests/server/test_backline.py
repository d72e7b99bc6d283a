"""Front end and back end over their line: what dies, what is taken back, what is no record."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from safelight.engine.engine import Engine
from safelight.errors import (
    Busy,
    Cancelled,
    PolicyRefused,
    RecipeInvalid,
    SafelightError,
    TimeExceeded,
    Unavailable,
    UsageError,
)
from safelight.recipe import Recipe
from safelight.server.back import peer as peer_module
from safelight.server.back import serving as serving_module
from safelight.server.back.peer import Peer
from safelight.server.back.serving import Serving, placeless, recipe_of
from safelight.server.front import backline as backline_module
from safelight.server.front.backline import Backline
from safelight.server.options import ServeOptions
from safelight.server.wire import line as lines
from safelight.server.wire.records import (
    Answer,
    Ask,
    Cancel,
    Failure,
    File,
    Order,
    Progress,
    Reply,
    Request,
    parse_reply,
    parse_request,
)
from safelight.server.wire.sheets import Facts, Output
from safelight.worker.memory import Sheet
from safelight.worker.stop import Stop
from tests.server.near import near_back
from tests.server.test_back import PNG, RESIZE, order
from tests.worker.hosts import until

SHA = "ab" * 32
PATIENCE_S = 20.0


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
        (b"noise", 0),
        (Failure(1, 1).pack() + b"x", 0),
        (Order(1, b"{}", (File(SHA, 1),), 1).pack(), 1),
        (Answer(1, 3).pack(), 1),
        (Answer(1, 2, File(SHA, 5)).pack(), 2),
    ],
)
def test_a_back_end_that_talks_nonsense_is_left(fake: Fake, data: bytes, count: int) -> None:
    back, before = Backline(fake.near), descriptors()

    async def run() -> None:
        asked = asyncio.ensure_future(back.ask("state"))
        await asyncio.sleep(0.01)
        fd = os.memfd_create("nonsense", os.MFD_ALLOW_SEALING)
        os.pwrite(fd, b"{}", 0)
        lines.send(fake.far, data, (fd,) * count)
        os.close(fd)
        await asyncio.sleep(0.05)
        assert not back.is_there
        back.close()
        with pytest.raises(Unavailable):
            await asked

    asyncio.run(run())
    assert descriptors() < before


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


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(jobs=1, door="server", again=2) as engine:
        yield engine


@contextmanager
def raw(engine: Engine) -> Iterator[socket.socket]:
    """The front end's end of a line to a real back end."""
    near, far = lines.pair()
    serving = Serving(engine, ServeOptions())
    thread = threading.Thread(target=serving.serve, args=(far,), daemon=True)
    thread.start()
    near.settimeout(PATIENCE_S)
    try:
        yield near
    finally:
        near.close()
        thread.join()
        serving.close()


def reply_to(near: socket.socket, data: bytes, *fds: int) -> Reply:
    lines.send(near, data, fds)
    parcel = lines.receive(near)
    assert parcel is not None
    found = parse_reply(parcel.untrusted, len(parcel.fds))
    parcel.close()
    return found


def refusals() -> dict[str, tuple[bytes, int, type[SafelightError]]]:
    """What is sent, how many descriptors of a sealed PNG come along, what is answered."""
    file, empty = File(SHA, len(PNG)), File(SHA, len(PNG) + 1)
    good = Order(7, RESIZE.canonical, (file,), 20_000).pack()
    steps = RESIZE.canonical
    return {
        "noise": (b"\0" * 100, 0, UsageError),
        "nothing of it": (b"SLb1", 0, UsageError),
        "cut": (good[:-1], 1, UsageError),
        "longer": (good + b"x", 1, UsageError),
        "no picture": (good, 0, UsageError),
        "a picture too many": (good, 2, UsageError),
        "a picture of another size": (Order(7, steps, (empty,), 1_000).pack(), 1, UsageError),
        "a reply": (Failure(7, 1).pack(), 0, UsageError),
        "a recipe that is none": (Order(7, b"[]", (file,), 1_000).pack(), 1, RecipeInvalid),
        "a recipe without steps": (
            Order(7, b'{"schema":1}', (file,), 1_000).pack(),
            1,
            RecipeInvalid,
        ),
        "a recipe of another form": (
            Order(7, steps.replace(b":", b": ", 1), (file,), 1_000).pack(),
            1,
            RecipeInvalid,
        ),
        "a recipe that is deep": (Order(7, b"[" * 60_000, (file,), 1_000).pack(), 1, RecipeInvalid),
        "an ask that nobody answers": (Ask(7, "nobody", b"{}").pack(), 0, UsageError),
        "an ask that is a module": (Ask(7, "os", b"{}").pack(), 0, UsageError),
        "facts that are none": (Ask(7, "state", b"[1]").pack(), 0, UsageError),
        "facts that are no JSON": (Ask(7, "state", b"{]").pack(), 0, UsageError),
        "steps that are none": (Ask(7, "ready", b'{"steps":7}').pack(), 0, RecipeInvalid),
        "a format that is none": (Ask(7, "ready", b'{"format":[]}').pack(), 0, UsageError),
    }


def test_every_record_that_is_none_is_refused_and_the_back_end_lives(engine: Engine) -> None:
    with raw(engine) as near:
        reply_to(near, Ask(1, "state", b"{}").pack())
        sheet = Sheet.holding(PNG)
        cases = refusals()
        before = descriptors()
        for name, (data, count, kind) in cases.items():
            found = reply_to(near, data, *((sheet.fd,) * count))
            assert isinstance(found, Failure), name
            assert type(found.error()) is kind, name
        assert until(lambda: descriptors() <= before), "what came along was closed"
        good = Order(8, RESIZE.canonical, (File(SHA, len(PNG)),), 20_000).pack()
        assert isinstance(reply_to(near, good, sheet.fd), Answer)
        sheet.close()


def test_a_picture_that_is_not_sealed_is_refused(engine: Engine) -> None:
    fd = os.memfd_create("open", os.MFD_ALLOW_SEALING)
    os.pwrite(fd, PNG, 0)
    with raw(engine) as near:
        order = Order(1, RESIZE.canonical, (File(SHA, len(PNG)),), 1_000)
        found = reply_to(near, order.pack(), fd)
    os.close(fd)
    assert isinstance(found, Failure)
    assert "not sealed" in found.detail


def test_a_front_end_has_only_so_many_wishes_at_a_time(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_module, "MOST_WISHES", 0)
    with raw(engine) as near:
        found = reply_to(near, Ask(1, "state", b"{}").pack())
    assert isinstance(found, Failure)
    assert type(found.error()) is Busy


def test_a_number_that_is_in_use_is_refused_and_its_wish_goes_on(engine: Engine) -> None:
    sheet = Sheet.holding(PNG)
    record = Order(5, RESIZE.canonical, (File(SHA, len(PNG)),), 20_000).pack()
    with raw(engine) as near:
        for _ in range(2):
            lines.send(near, record, (sheet.fd,))
        kinds = set[type[Reply]]()
        while len(kinds) < 2:
            parcel = lines.receive(near)
            assert parcel is not None
            kinds.add(type(parse_reply(parcel.untrusted, len(parcel.fds))))
            parcel.close()
    sheet.close()
    assert kinds == {Answer, Failure}


@pytest.mark.parametrize("way", ["gone", "taken back"])
def test_work_that_nobody_wants_any_more_is_ended(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def run(*_: object, stop: Stop, **__: object) -> None:
        with stop.calling(ended.set):
            begun.set()
            assert ended.wait(PATIENCE_S)
        stop.refuse()

    monkeypatch.setattr(Engine, "run", run)
    sheet = Sheet.holding(PNG)
    with raw(engine) as near:
        wish = Order(5, RESIZE.canonical, (File(SHA, len(PNG)),), 20_000)
        lines.send(near, wish.pack(), (sheet.fd,))
        assert begun.wait(PATIENCE_S)
        if way == "taken back":
            found = reply_to(near, Cancel(5).pack())
            assert isinstance(found, Failure)
            assert type(found.error()) is Cancelled
            lines.send(near, Cancel(6).pack())
        near.close()
        assert ended.wait(PATIENCE_S)
    sheet.close()


def test_what_cannot_be_told_is_let_go_as_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    """A front end that reads nothing is waited for, but not for ever."""
    monkeypatch.setattr(peer_module, "PATIENCE_S", 0.05)
    near, far = lines.pair()
    far.setblocking(False)
    with near, far:
        peer = Peer(far)
        peer.begin(1, Stop())
        with suppress(BlockingIOError):
            while True:
                lines.send(far, bytes(60_000))
        peer.progress(1, 0.5)
        with Output() as output, memoryview(b"pixels") as data:
            output.write(data)
            peer.answer(1, {}, output)
            assert os.pread(output.fd, 6, 0) == bytes(6)
        assert peer.wishes == 0


def test_the_time_of_an_order_is_kept(engine: Engine) -> None:
    with near_back(engine) as back, pytest.raises(TimeExceeded):
        asyncio.run(back.work(order(timeout_s=0.001)))


def test_a_work_that_is_cancelled_leaves_the_back_end_as_it_was(engine: Engine) -> None:
    async def run(back: Backline) -> None:
        for pause_s in (0.0, 0.001, 0.005, 0.01, 0.02):
            given = order()
            asked = asyncio.ensure_future(back.work(given))
            await asyncio.sleep(pause_s)
            asked.cancel()
            with suppress(asyncio.CancelledError):
                (await asked).output.close()  # type: ignore[union-attr]  # it came in time
            given.source.close()
        assert (await back.ask("state"))["pools"]

    with near_back(engine) as back:
        asyncio.run(run(back))


def test_a_fault_of_ours_ends_one_wish(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    with near_back(engine) as back:
        with monkeypatch.context() as patch:
            patch.setattr(Engine, "run", fail)
            with pytest.raises(SafelightError) as fault:
                asyncio.run(back.work(order()))
        assert (type(fault.value), fault.value.detail) == (SafelightError, "")
        assert asyncio.run(back.work(order())).output is not None


@pytest.mark.parametrize(
    ("detail", "hint", "told"),
    [
        ("the folder /home/anna/x is open to others", "chmod 700 /home/anna/x", False),
        ("cannot read '/etc/passwd'", "", False),
        ("~/pictures is no folder", "", False),
        ("a picture has at most 3/4 of that", "safelight help formats; 1/2", True),
    ],
)
def test_no_error_names_a_place(detail: str, hint: str, told: bool) -> None:
    found = placeless(PolicyRefused(detail, hint=hint))
    assert (found.detail, found.hint) == ((detail, hint) if told else ("", ""))


def test_only_the_canonical_form_is_a_recipe() -> None:
    assert recipe_of(RESIZE.canonical) == Recipe(RESIZE.steps)
    for other in (b"{}", b"null", b'{"schema":1,"steps":[{}]}', b'{"schema":1,"steps":7}'):
        with pytest.raises(RecipeInvalid):
            recipe_of(other)
