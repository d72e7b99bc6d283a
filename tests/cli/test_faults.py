"""A read-only folder and a full disk: one clear line, the right code, and nothing half-written."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.mounts import in_own_mounts
from tests.cli.pictures import draw, draw_noise
from tests.cli.testscript import COMMAND, environment


def test_a_read_only_folder_is_one_clear_line(tmp_path: Path, home: Path) -> None:
    draw(tmp_path / "photo.jpg")
    (tmp_path / "out").mkdir()
    done = in_own_mounts(
        tmp_path, home, "mount -t tmpfs -o ro none out\n$SAFELIGHT scrub photo.jpg -o out/"
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "safelight: photo.jpg: the result cannot be written: read-only file system",
        "hint: check that the output folder exists and is writable",
    ]
    assert done.stdout == ""


def test_a_full_disk_is_one_clear_line_and_leaves_nothing(tmp_path: Path, home: Path) -> None:
    draw_noise(tmp_path / "photo.png", 400)
    (tmp_path / "out").mkdir()
    script = """
        mount -t tmpfs -o size=64k none out
        $SAFELIGHT scrub photo.png -o out/
        code=$?
        find out -type f
        exit $code
    """
    done = in_own_mounts(tmp_path, home, script)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "safelight: photo.png: no space is left for the result",
        "hint: free some space and run the same command again: it resumes",
    ]
    assert done.stdout == ""


def test_a_full_disk_stops_the_run_and_the_rest_can_be_resumed(tmp_path: Path, home: Path) -> None:
    draw(tmp_path / "in" / "1.jpg")
    draw_noise(tmp_path / "in" / "2.png", 400)
    draw(tmp_path / "in" / "3.jpg")
    (tmp_path / "out").mkdir()
    script = """
        mount -t tmpfs -o size=64k none out
        $SAFELIGHT scrub in -o out/ -j 1
        echo "code $?"
        mount -o remount,size=4m none out
        $SAFELIGHT scrub in -o out/ -j 1
        echo "code $?"
    """
    done = in_own_mounts(tmp_path, home, script)
    assert "code 3" in done.stdout
    assert "1 failed" in done.stdout
    assert "3 files · 2 scrubbed · 1 already done" in done.stdout
    assert "code 0" in done.stdout


@pytest.mark.parametrize("kind", ["file", "link to itself"])
def test_an_output_folder_that_is_none(tmp_path: Path, home: Path, kind: str) -> None:
    draw(tmp_path / "photo.jpg")
    if kind == "file":
        (tmp_path / "out").write_text("a file")
    else:
        (tmp_path / "out").symlink_to("out")
    done = subprocess.run(
        [*COMMAND, "scrub", "photo.jpg", "-o", "out/"],
        cwd=tmp_path,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("safelight: ")
    assert "\nhint: " in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_a_state_folder_that_cannot_be_made_is_told_as_that(tmp_path: Path, home: Path) -> None:
    draw(tmp_path / "photo.jpg")
    (tmp_path / "file").write_text("no folder")
    done = subprocess.run(
        [*COMMAND, "scrub", "photo.jpg", "--state-dir", str(tmp_path / "file" / "state")],
        cwd=tmp_path,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "the state folder cannot be made: not a directory" in done.stderr
    assert "hint: check the state folder: safelight config show --origin" in done.stderr
