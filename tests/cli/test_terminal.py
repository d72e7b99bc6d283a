"""What changes when somebody looks: colour, the bar, questions, and no picture on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.pictures import draw
from tests.cli.terminal import CTRL_C, terminal


def test_a_picture_is_not_written_to_a_terminal(tmp_path: Path, home: Path) -> None:
    draw(tmp_path / "photo.jpg")
    with terminal(tmp_path, home, "scrub", "photo.jpg", "-o", "-") as screen:
        assert screen.end() == 2
    assert "safelight: scrub: a picture is not written to a terminal" in screen.shown
    assert "hint: -o FILE" in screen.shown


COLOURS = {
    "on a terminal": ({}, (), True),
    "NO_COLOR": ({"NO_COLOR": "1"}, (), False),
    "a dumb terminal": ({"TERM": "dumb"}, (), False),
    "--color never": ({}, ("--color", "never"), False),
    "--color always against NO_COLOR": ({"NO_COLOR": "1"}, ("--color", "always"), True),
}


@pytest.mark.parametrize("name", COLOURS)
def test_colour_is_for_those_who_want_it(tmp_path: Path, home: Path, name: str) -> None:
    extra, words, is_coloured = COLOURS[name]
    with terminal(tmp_path, home, "models", "verify", *words, **extra) as screen:
        assert screen.end() == 0
    assert ("\x1b[" in screen.shown) == is_coloured


def test_the_bar_shows_how_far_it_is(tmp_path: Path, home: Path) -> None:
    for number in range(4):
        draw(tmp_path / "in" / f"{number}.jpg")
    with terminal(tmp_path, home, "scrub", "in", "-o", "out/") as screen:
        assert screen.end() == 0, screen.shown
    assert "4/4" in screen.shown
    assert "4 files · 4 scrubbed" in screen.shown


def test_no_bar_on_a_dumb_terminal(tmp_path: Path, home: Path) -> None:
    draw(tmp_path / "a.jpg")
    draw(tmp_path / "b.jpg")
    with terminal(tmp_path, home, "scrub", "a.jpg", "b.jpg", TERM="dumb") as screen:
        assert screen.end() == 0, screen.shown
    assert "\x1b" not in screen.shown


def test_in_place_asks_and_takes_no_for_an_answer(tmp_path: Path, home: Path) -> None:
    draw(tmp_path / "photo.jpg", "gps")
    before = (tmp_path / "photo.jpg").read_bytes()
    with terminal(tmp_path, home, "scrub", "photo.jpg", "--in-place") as screen:
        screen.wait_for_text("[y/N]")
        screen.press(b"n\n")
        assert screen.end() == 2
    assert (tmp_path / "photo.jpg").read_bytes() == before


def test_in_place_asks_and_takes_yes(tmp_path: Path, home: Path) -> None:
    draw(tmp_path / "photo.jpg", "gps")
    before = (tmp_path / "photo.jpg").read_bytes()
    with terminal(tmp_path, home, "scrub", "photo.jpg", "--in-place") as screen:
        screen.wait_for_text("[y/N]")
        screen.press(b"y\n")
        assert screen.end() == 0, screen.shown
    assert (tmp_path / "photo.jpg").read_bytes() != before


def test_ctrl_c_at_the_question_changes_nothing(tmp_path: Path, home: Path) -> None:
    draw(tmp_path / "photo.jpg", "gps")
    before = (tmp_path / "photo.jpg").read_bytes()
    with terminal(tmp_path, home, "scrub", "photo.jpg", "--in-place") as screen:
        screen.wait_for_text("[y/N]")
        screen.press(CTRL_C)
        assert screen.end() == 130
    assert "Traceback" not in screen.shown
    assert (tmp_path / "photo.jpg").read_bytes() == before
