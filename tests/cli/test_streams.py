"""Standard streams that are closed or full: a plain line or silence, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.pictures import draw
from tests.cli.testscript import environment


def shell(folder: Path, home: Path, line: str) -> tuple[int, str, str]:
    done = subprocess.run(
        ["sh", "-c", line.replace("safelight", f"{sys.executable} -m safelight.cli")],
        cwd=folder,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert "Traceback" not in done.stderr
    assert "AttributeError" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("line", ["safelight version >&-", "safelight version >&- 2>&-"])
def test_a_closed_output_swallows_words(tmp_path: Path, home: Path, line: str) -> None:
    assert shell(tmp_path, home, line) == (0, "", "")


def test_a_closed_error_stream_does_not_change_the_code(tmp_path: Path, home: Path) -> None:
    assert shell(tmp_path, home, "safelight scrub nowhere.jpg 2>&-")[0] == 2


def test_a_closed_input_is_an_empty_one(tmp_path: Path, home: Path) -> None:
    code, out, err = shell(tmp_path, home, "safelight scrub - -o - <&-")
    assert (code, out) == (8, "")
    assert err.startswith("safelight: -: nothing came in on standard input\nhint: ")


@pytest.mark.parametrize(
    "words",
    [
        "version",
        "--version",
        "help",
        "inspect photo.jpg",
        "scrub photo.jpg -o -",
        "inspect photo.jpg --json",
    ],
)
def test_a_full_output_is_one_line_and_a_hint(tmp_path: Path, home: Path, words: str) -> None:
    draw(tmp_path / "photo.jpg")
    code, _, err = shell(tmp_path, home, f"safelight {words} > /dev/full")
    assert code == 1
    assert "standard output cannot be written: no space left on device" in err
    assert "check where standard output goes" in err


def test_a_full_output_is_told_too_where_nothing_is_buffered(tmp_path: Path, home: Path) -> None:
    line = "PYTHONUNBUFFERED=1 safelight audit log > /dev/full"
    code, _, err = shell(tmp_path, home, line)
    assert code == 1
    assert "standard output cannot be written: no space left on device" in err


def test_errors_that_cannot_be_told_keep_their_code(tmp_path: Path, home: Path) -> None:
    assert shell(tmp_path, home, "safelight scrub nowhere.jpg 2> /dev/full")[0] == 2
