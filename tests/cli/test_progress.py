"""Progress: how far, how fast, how long; and who sees it how."""

from __future__ import annotations

import io
import json
import sys
import threading
import time

import pytest

from safelight.batch.events import Item
from safelight.cli.progress import Bar, Count, Lines, Silence, choose, duration

DONE = Item(1, "secret.jpg", "done")
FAILED = Item(2, "secret.jpg", "failed")


class Screen(io.StringIO):
    """An error stream that says it is a terminal, and tells of each line."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal, self.heard = is_terminal, threading.Event()

    def isatty(self) -> bool:
        return self.is_terminal

    def write(self, text: str) -> int:
        self.heard.set()
        return super().write(text)


def watched(monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool = True) -> Screen:
    """A screen in place of the error stream; no fixture, pytest changes streams after those."""
    screen = Screen(is_terminal=is_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    return screen


def test_the_count_knows_pace_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    count = Count()
    count.total = 10
    assert count.left_s is None
    now = 104.0
    count.add(DONE)
    count.add(FAILED)
    assert count.line() == "2 of 10 · 0.5 a second · 16 s left · 1 failed"
    assert count.document() == {
        "type": "progress",
        "schema": 1,
        "done": 2,
        "total": 10,
        "failed": 1,
        "share": 0.2,
        "per_second": 0.5,
        "left_s": 16.0,
    }


def test_the_count_goes_on_inside_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    count = Count()
    count.total = 2
    now = 110.0
    count.advance(1, 0.5)
    assert count.line() == "0 of 2 · 25% · 30 s left"
    count.advance(2, 0.3)
    count.advance(1, 0.4)  # back, as two steps of one recipe may take turns: not shown
    assert count.share == 0.4
    count.add(Item(1, "secret.jpg", "done"))
    assert count.share == 0.65
    assert count.line() == "1 of 2 · 65% · 0.1 a second · 5 s left"


def test_the_first_share_is_a_line_of_json_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    lines = Lines(is_json=True, every_s=3_600)
    lines.start(1)
    lines.advanced(1, 0.25)
    assert json.loads(screen.getvalue())["share"] == 0.25
    lines.close()


def test_the_bar_of_one_picture_comes_with_its_first_share(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    bar = Bar(has_colour=False)
    bar.start(1)
    assert screen.getvalue() == ""
    bar.advanced(1, 0.25)
    assert "25%" in screen.getvalue()
    bar.ended(DONE)
    bar.close()


def test_one_picture_that_tells_no_share_needs_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    bar = Bar(has_colour=False)
    bar.start(1)
    bar.ended(DONE)
    bar.close()
    assert screen.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59, "59 s"), (200, "3 min 20 s"), (7_500, "2 h 05 min")]
)
def test_time_is_told_as_people_do(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_lines_come_by_themselves_and_name_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    lines = Lines(is_json=False, every_s=0.001)
    lines.start(3)
    lines.ended(DONE)
    assert screen.heard.wait(60)
    lines.close()
    assert "safelight: " in screen.getvalue()
    assert "secret" not in screen.getvalue()


def test_the_last_line_of_json_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    lines = Lines(is_json=True)
    lines.start(1)
    lines.ended(DONE)
    lines.close()
    assert json.loads(screen.getvalue().splitlines()[-1])["done"] == 1


def test_the_bar_shows_the_count_and_names_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    bar = Bar(has_colour=False)
    bar.start(2)
    bar.ended(DONE)
    bar.ended(FAILED)
    bar.close()
    assert "2/2" in screen.getvalue()
    assert "secret" not in screen.getvalue()


@pytest.mark.parametrize(
    ("kind", "verbosity", "is_json", "expected"),
    [
        ("auto", 0, False, Bar),
        ("auto", -1, False, Silence),
        ("auto", 0, True, Lines),
        ("bar", 0, False, Bar),
        ("plain", 0, False, Lines),
        ("json", 0, False, Lines),
        ("none", 0, False, Silence),
    ],
)
def test_a_terminal_gets_what_it_asked_for(
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    verbosity: int,
    *,
    is_json: bool,
    expected: type,
) -> None:
    watched(monkeypatch)
    chosen = choose(kind, verbosity=verbosity, has_colour=False, is_json=is_json)
    assert isinstance(chosen, expected)


def test_no_terminal_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    watched(monkeypatch, is_terminal=False)
    chosen = choose("bar", verbosity=0, has_colour=False, is_json=False)
    assert isinstance(chosen, Lines)


def test_silence_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    silence = Silence()
    silence.start(1)
    silence.advanced(1, 0.5)
    silence.ended(DONE)
    silence.close()
    assert screen.getvalue() == ""
