"""The back end as the supervisor has it: a control line, a line for each front end, an end."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.errors import PolicyRefused, by_number
from safelight.limits import MEGA
from safelight.recipe import Recipe
from safelight.server import control
from safelight.server.back import main as main_module
from safelight.server.back.main import USUAL, attend, limited, warm
from safelight.server.control import Kind, Note
from safelight.server.front.backline import Backline
from safelight.server.lockdown import Held
from safelight.server.options import ServeOptions
from safelight.server.starting import Start
from safelight.server.wire.line import pair
from safelight.settings import Settings, load
from tests.server.test_back import order

PATIENCE_S = 120.0


@pytest.fixture
def settings(home: Path) -> Settings:
    return load({}, os.environ, home)


@contextmanager
def attended(settings: Settings) -> Iterator[socket.socket]:
    """The supervisor's end of the control line to a back end in a thread."""
    near, far = control.pair()
    near.settimeout(PATIENCE_S)
    words = (far, settings, ServeOptions(), Held.NETWORK)
    thread = threading.Thread(target=attend, args=words, daemon=True)
    thread.start()
    try:
        yield near
    finally:
        near.close()
        thread.join(PATIENCE_S)
        far.close()
        assert not thread.is_alive()


def test_it_serves_each_front_end_that_is_brought_until_it_is_to_leave(settings: Settings) -> None:
    with attended(settings) as near:
        assert control.hear_child(near) == Note(Kind.READY, Held.NETWORK)
        control.send(near, Note(Kind.DRAIN, 3))
        for _ in range(2):
            front, back = pair()
            with back:
                control.send(near, Note(Kind.PEER), back.fileno())
            line = Backline(front)
            outcome = asyncio.run(line.work(order()))
            assert outcome.output is not None
            outcome.output.close()
            line.close()
        unwanted = os.memfd_create("leaf")
        control.send(near, Note(Kind.LEAF), unwanted)
        os.close(unwanted)
        control.send(near, Note(Kind.LEAVE))
        near.settimeout(PATIENCE_S)


def test_what_keeps_it_from_serving_is_told_by_its_number(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.state_dir.mkdir(mode=0o700, parents=True)
    (settings.state_dir / "keys").mkdir(mode=0o755)
    with attended(settings) as near:
        note = control.hear_child(near)
    assert note is not None
    assert note.kind is Kind.FAILED
    assert by_number(note.value) is PolicyRefused
    assert "open to others" in capfd.readouterr().err


@pytest.mark.parametrize("refused", [0, -1])
def test_the_process_leaves_the_network_where_it_may_and_ends_with_its_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    near, far = control.pair()
    ended: list[int] = []
    monkeypatch.setattr(main_module, "begin", lambda _: (Start(settings, ServeOptions()), far))
    monkeypatch.setattr(main_module, "call", lambda *_: refused)
    monkeypatch.setattr(main_module, "warm", lambda *_: None)
    monkeypatch.setattr(os, "_exit", ended.append)
    thread = threading.Thread(target=main_module.main, args=([],))
    thread.start()
    near.settimeout(PATIENCE_S)
    assert control.hear_child(near) == Note(Kind.READY, 0 if refused else Held.NETWORK)
    near.close()
    thread.join(PATIENCE_S)
    far.close()
    assert ended == [0]


def test_workers_are_ready_for_what_is_usual_and_for_recipes_with_a_name(
    settings: Settings,
) -> None:
    named = {"strip": Recipe.from_steps([{"op": "scrub"}]).canonical.decode()}
    with Engine(settings, jobs=1) as engine:
        warm(engine, ServeOptions(recipes=named))
        assert engine.hosts.ready == 2
        assert engine.host(USUAL, "png").report().level >= 2
        assert engine.hosts.ready == 2


def test_no_limit_is_looser_than_the_users_own(settings: Settings) -> None:
    tight = replace(settings, max_bytes=MEGA, max_pixels=2 * MEGA, timeout_s=7)
    options = replace(ServeOptions(), jobs=3)
    found = limited(tight, options)
    assert (found.max_bytes, found.max_pixels, found.timeout_s) == (MEGA, 2 * MEGA, 7)
    assert found.jobs == 3
    loose = limited(settings, options)
    assert (loose.max_bytes, loose.timeout_s) == (options.max_bytes, options.timeout_s)
