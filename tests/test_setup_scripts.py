"""The set-up says what it lacks, never fails silently, and installs just what is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = ("bash", "cat", "cut", "dirname", "env", "find", "grep", "rm", "sha256sum", "test", "uname")
ORACLES = ("chromium", "curl", "exiftool", "jq", "openssl", "strace")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH of a few tools and of programs that the test makes up."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    return folder


def made_up(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/bash\n{script}\n")
    program.chmod(0o755)


def run(script: Path, tools: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(tools / "bash"), str(script), *words]
    environment = {"PATH": str(tools)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_nothing_is_said_or_done_when_all_is_there(root: Path, tools: Path) -> None:
    for name in ORACLES:
        made_up(tools, name, "exit 0")
    ran = run(root / "scripts" / "system-packages", tools, "tests")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_who_may_not_install_is_told_what_to_ask_for(root: Path, tools: Path) -> None:
    made_up(tools, "id", "echo 1000")
    made_up(tools, "apt-get", "exit 1")
    ran = run(root / "scripts" / "system-packages", tools, "tests")
    assert ran.returncode == 1
    assert "this user may not install system packages" in ran.stderr
    assert "apt-get install" in ran.stderr
    assert "libimage-exiftool-perl strace" in ran.stderr


def test_a_system_without_apt_is_told_the_names(root: Path, tools: Path) -> None:
    ran = run(root / "scripts" / "system-packages", tools, "tests")
    assert ran.returncode == 1
    assert "no apt-get here" in ran.stderr
    assert "missing: libimage-exiftool-perl strace" in ran.stderr


def test_root_installs_what_is_missing_and_nothing_else(
    root: Path, tools: Path, tmp_path: Path
) -> None:
    made_up(tools, "id", "echo 0")
    for name in ORACLES:
        if name != "exiftool":
            made_up(tools, name, "exit 0")
    made_up(tools, "apt-get", f'echo "$*" >> {tmp_path}/asked')
    ran = run(root / "scripts" / "system-packages", tools, "tests")
    assert ran.returncode == 0
    asked = (tmp_path / "asked").read_text()
    assert asked == "install --yes --no-install-recommends libimage-exiftool-perl\n"


def test_a_refused_install_is_an_error(root: Path, tools: Path) -> None:
    made_up(tools, "id", "echo 0")
    made_up(tools, "apt-get", '[ "$1" = update ]')
    ran = run(root / "scripts" / "system-packages", tools, "tests")
    assert ran.returncode == 1
    assert "apt-get install failed" in ran.stderr


def test_a_machine_without_python_is_told_which(root: Path, tools: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    for name in ("scripts", "requirements"):
        shutil.copytree(root / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", clone)
    made_up(tools, "python3", "exit 1")
    ran = run(clone / "scripts" / "setup", tools, "runtime")
    assert ran.returncode == 1
    assert "no Python 3.11, 3.12 or 3.13 was found on PATH" in ran.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("script", ["setup", "system-packages"])
def test_a_word_that_it_does_not_know_is_refused(root: Path, tools: Path, script: str) -> None:
    ran = run(root / "scripts" / script, tools, "everything")
    assert ran.returncode == 2
    assert "usage" in ran.stderr
