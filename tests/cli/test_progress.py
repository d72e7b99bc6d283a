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
        "per_second": 0.5,
        "left_s": 16.0,
    }


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
    ("kind", "items", "verbosity", "is_json", "expected"),
    [
        ("auto", 5, 0, False, Bar),
        ("auto", 1, 0, False, Lines),
        ("auto", 5, -1, False, Silence),
        ("auto", 5, 0, True, Lines),
        ("bar", 1, 0, False, Bar),
        ("plain", 5, 0, False, Lines),
        ("json", 5, 0, False, Lines),
        ("none", 5, 0, False, Silence),
    ],
)
def test_a_terminal_gets_what_it_asked_for(
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    items: int,
    verbosity: int,
    *,
    is_json: bool,
    expected: type,
) -> None:
    watched(monkeypatch)
    chosen = choose(kind, items=items, verbosity=verbosity, has_colour=False, is_json=is_json)
    assert isinstance(chosen, expected)


def test_no_terminal_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    watched(monkeypatch, is_terminal=False)
    chosen = choose("bar", items=5, verbosity=0, has_colour=False, is_json=False)
    assert isinstance(chosen, Lines)


def test_silence_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    silence = Silence()
    silence.start(1)
    silence.ended(DONE)
    silence.close()
    assert screen.getvalue() == ""
