"""Originals stay where and as they are, however the work ends; unless it was asked for in place."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.pictures import draw

COMMAND = [sys.executable, "-m", "safelight.cli"]
Known = dict[str, tuple[str, int, int, int]]


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Three pictures, one that is none, and one that ends too early."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        draw(folder / f"{number}.jpg", "gps")
    (folder / "none.jpg").write_bytes(b"no picture")
    (folder / "half.jpg").write_bytes((folder / "0.jpg").read_bytes()[:200])
    return folder


def known(folder: Path) -> Known:
    """Each picture by name: what is in it, and what the file system says of it."""
    found = {}
    for path in sorted(folder.glob("*.jpg")):
        facts = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found[path.name] = (digest, facts.st_mtime_ns, facts.st_mode, facts.st_ino)
    return found


def work(folder: Path, *words: str) -> int:
    home = folder.parent / "home"
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "ORT_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, env=environment, capture_output=True, check=False
    )
    return done.returncode


@pytest.mark.parametrize(
    "words",
    [
        ("scrub", ".", "-o", "../out/"),
        ("resize", "0.jpg", "--width", "8", "-o", "0.small.jpg"),
        ("convert", ".", "--to", "png", "-o", "../out/", "--existing", "overwrite"),
        ("redact", ".", "--box", "0,0,9,9", "-o", "../out/"),
        ("inspect", "."),
        ("scrub", "0.jpg", "-o", "0.jpg"),
        ("scrub", "0.jpg", "-o", "1.jpg"),
    ],
    ids=lambda words: " ".join(words),
)
def test_no_original_is_changed_however_the_work_ends(shelf: Path, words: tuple[str, ...]) -> None:
    before = known(shelf)
    work(shelf, *words)
    after = known(shelf)
    assert {name: after[name] for name in before} == before


def test_an_original_is_unchanged_when_the_run_is_killed(shelf: Path) -> None:
    words = ("resize", ".", "--percent", "900", "--enlarge", "-o", "../out/")
    shutil.copy(shelf / "0.jpg", shelf / "3.jpg")
    before = known(shelf)
    with subprocess.Popen(
        [*COMMAND, *words], cwd=shelf, env={**os.environ, "HOME": str(shelf.parent)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as running:  # fmt: skip
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.7)
        running.kill()
    assert known(shelf) == before


def test_control_work_in_place_is_seen(shelf: Path) -> None:
    before = known(shelf)
    work(shelf, "scrub", ".", "--in-place", "--yes")
    changed = {name for name, facts in known(shelf).items() if facts != before[name]}
    assert changed == {"0.jpg", "1.jpg", "2.jpg"}
