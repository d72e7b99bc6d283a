"""The back end believes nothing: what is no record is refused, and what nobody wants is ended."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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
from safelight.server.back.asking import Given
from safelight.server.back.peer import Peer
from safelight.server.back.serving import Serving, placeless, recipe_of
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
    Reply,
    parse_reply,
)
from safelight.server.wire.sheets import Output
from safelight.worker.memory import Sheet
from safelight.worker.stop import Stop
from tests.server.near import near_back
from tests.server.test_back import PNG, RESIZE, order
from tests.worker.hosts import until

SHA = "ab" * 32
PATIENCE_S = 120.0


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


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
    good = Order(7, RESIZE.canonical, (file,), 120_000).pack()
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
        good = Order(8, RESIZE.canonical, (File(SHA, len(PNG)),), 120_000).pack()
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
    record = Order(5, RESIZE.canonical, (File(SHA, len(PNG)),), 120_000).pack()
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
        wish = Order(5, RESIZE.canonical, (File(SHA, len(PNG)),), 120_000)
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


def test_a_line_is_not_gone_while_somebody_speaks_into_it() -> None:
    """Its number may be that of the next front end's line by then."""
    near, far = lines.pair()
    peer = Peer(far)
    leaving = threading.Thread(target=peer.leave, daemon=True)
    with near:
        with peer._saying:
            leaving.start()
            assert near.recv(1) == b"", "who speaks learns that nobody hears it"
            assert far.fileno() >= 0
        leaving.join(PATIENCE_S)
        assert far.fileno() < 0


def test_the_time_of_an_order_is_that_of_its_run(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object, stop: Stop, is_alone: bool, **__: object) -> None:
        assert (stop.timeout_s, is_alone) == (0.25, True)
        raise TimeExceeded

    monkeypatch.setattr(Engine, "run", run)
    with near_back(engine) as back, pytest.raises(TimeExceeded):
        asyncio.run(back.work(order(timeout_s=0.25, is_alone=True)))


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
        ("the folder /var/lib/x is open to others", "chmod 700 /var/lib/x", False),
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


def test_a_back_end_that_ends_takes_nothing_new(engine: Engine) -> None:
    near, far = lines.pair()
    serving = Serving(engine, ServeOptions())
    serving.close()
    thread = threading.Thread(target=serving.serve, args=(far,), daemon=True)
    thread.start()
    near.settimeout(PATIENCE_S)
    found = reply_to(near, Ask(1, "state", b"{}").pack())
    near.close()
    thread.join(PATIENCE_S)
    assert isinstance(found, Failure)
    assert type(found.error()) is Unavailable


@pytest.mark.parametrize("found", [None, "", 7, "x" * 201])
def test_an_ask_that_needs_a_text_gets_one(engine: Engine, found: object) -> None:
    given = Given(engine, ServeOptions(), {"name": found, "good": "yes"})
    assert given.text("good") == "yes"
    with pytest.raises(UsageError, match="name must be a text"):
        given.text("name")
