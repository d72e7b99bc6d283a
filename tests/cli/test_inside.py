"""Inside one picture: how far it is, and Ctrl-C."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.pictures import draw_noise
from tests.cli.terminal import CTRL_C, terminal
from tests.cli.testscript import COMMAND, environment

SLOW = ("upscale", "big.png", "-x", "4", "-o", "out.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    draw_noise(tmp_path / "big.png", 900)
    return tmp_path


def test_a_large_picture_tells_how_far_it_is(folder: Path, home: Path) -> None:
    done = subprocess.run(
        [*COMMAND, *SLOW, "--json", "--progress", "json"],
        cwd=folder,
        env=environment(home),
        capture_output=True,
        check=True,
    )
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert any(0 < line["share"] < 1 and line["done"] == 0 for line in told)
    assert any(line["left_s"] and line["left_s"] > 0 for line in told)
    shares = [line["share"] for line in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    events = [json.loads(line)["type"] for line in done.stdout.splitlines()]
    assert events == ["start", "item", "summary"]


def test_ctrl_c_once_stops_a_lone_picture(folder: Path, home: Path) -> None:
    with terminal(folder, home, *SLOW) as screen:
        screen.wait_for_text("% · ")  # the bar of one picture
        screen.press(CTRL_C)
        assert screen.end() == 130, screen.shown
    assert "safelight: stopping" in screen.shown
    assert "1 file · 1 not done" in screen.shown
    assert "resumes" not in screen.shown
    assert "Traceback" not in screen.shown
    assert [path.name for path in folder.iterdir()] == ["big.png"]


def test_ctrl_c_stops_the_wait_for_standard_input(tmp_path: Path, home: Path) -> None:
    with terminal(tmp_path, home, "scrub", "-", "-o", "out.jpg", "-v") as screen:
        screen.press(b"no picture yet\n")
        screen.wait_for_text("no picture yet")
        screen.wait_for(lambda: (home / ".local/state/safelight/keys").exists())
        screen.press(CTRL_C)
        assert screen.end() == 130, screen.shown
    assert list(tmp_path.glob("out*")) == []
