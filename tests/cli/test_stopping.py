"""Ctrl-C once, twice, and SIGTERM: nothing half-written, a clear word, and it resumes."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.pictures import draw_noise
from tests.cli.terminal import CTRL_C, terminal
from tests.cli.testscript import COMMAND, environment

SLOW = ("convert", "in", "-o", "out/", "--to", "avif", "--effort", "4", "-j", "1")
COUNT = 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(COUNT):
        draw_noise(tmp_path / "in" / f"{number}.png", 250)
    return tmp_path


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out").glob("*") if path.is_file())


def leftovers(folder: Path) -> list[Path]:
    return list((folder / "out").glob(".safelight/tmp/*"))


def test_once_ends_after_the_picture_under_way_and_resumes(folder: Path, home: Path) -> None:
    with terminal(folder, home, *SLOW) as screen:
        screen.wait_for(lambda: len(written(folder)) >= 1)
        screen.press(CTRL_C)
        screen.wait_for_text("finishing the pictures under way")
        assert screen.end() == 130, screen.shown
    done = written(folder)
    assert 1 <= len(done) < COUNT
    assert leftovers(folder) == []
    assert "run the same command again: it resumes" in screen.shown
    assert "Traceback" not in screen.shown
    times = {name: (folder / "out" / name).stat().st_mtime_ns for name in done}
    again = subprocess.run(
        [*COMMAND, *SLOW], cwd=folder, env=environment(home), capture_output=True, check=True
    )
    assert f"{len(done)} already done" in again.stdout.decode()
    assert len(written(folder)) == COUNT
    for name, time in times.items():
        assert (folder / "out" / name).stat().st_mtime_ns == time


def test_twice_stops_at_once_and_leaves_nothing_half_done(folder: Path, home: Path) -> None:
    with terminal(folder, home, *SLOW) as screen:
        screen.wait_for(lambda: len(written(folder)) >= 1)
        screen.press(CTRL_C)
        screen.wait_for_text("finishing the pictures under way")
        screen.press(CTRL_C)
        assert screen.end() == 130, screen.shown
    assert len(written(folder)) < COUNT
    assert leftovers(folder) == []
    assert "Traceback" not in screen.shown


def running(folder: Path, home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, *SLOW, "--json"],
        cwd=folder,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_sigterm_counts_as_ctrl_c(folder: Path, home: Path) -> None:
    with running(folder, home) as process:
        assert process.stdout is not None
        while b'"item"' not in process.stdout.readline():
            continue
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate()
    assert process.returncode == 130
    assert b'"cancelled": true' in rest
    assert b'"code": "cancelled"' in errors
    assert 1 <= len(written(folder)) < COUNT


def test_a_reader_that_goes_away_ends_the_run(folder: Path, home: Path) -> None:
    with running(folder, home) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
    assert process.returncode == 1
    assert b"Traceback" not in errors
    assert len(written(folder)) < COUNT
