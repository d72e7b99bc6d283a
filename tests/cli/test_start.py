"""The start: once anew, as the same process with the same words, overwriting what it frees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from safelight.cli import start
from safelight.worker.freeing import OVERWRITE_FREED, OVERWRITTEN, overwrites, overwriting

SHOWN = """
import json, os, sys
from safelight.cli.start import start_again
start_again()
shown = {name: os.environ.get(name) for name in ("PYTHONMALLOC", "GLIBC_TUNABLES")}
print(json.dumps([os.getpid(), sys.argv[1:], sys.stdin.readline(), shown]))
"""


@pytest.mark.parametrize("theirs", [None, "glibc.malloc.check=1"])
def test_it_is_the_same_process_with_the_same_words_that_overwrites(theirs: str | None) -> None:
    given = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    given |= {} if theirs is None else {"GLIBC_TUNABLES": theirs}
    words = ["-o", "a b", "\udcff\n", "--", "-x"]
    running = subprocess.Popen(
        [sys.executable, "-c", SHOWN, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=given,
        text=True,
    )
    told, _ = running.communicate("read once\n")
    assert running.returncode == 0
    pid, seen, line, variables = json.loads(told)
    assert (pid, seen, line) == (running.pid, words, "read once\n")
    assert overwrites(variables)
    before = "" if theirs is None else f"{theirs}:"
    assert variables["GLIBC_TUNABLES"] == before + OVERWRITE_FREED


class Started(Exception):
    """In place of a process that becomes another."""


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that can overwrite, and nothing set yet."""

    def execve(program: str, words: list[str], environment: dict[str, str]) -> None:
        assert words[0] == program == sys.executable
        assert overwrites(environment)
        raise Started

    monkeypatch.setattr(start, "can_overwrite", lambda: True)
    monkeypatch.setattr("safelight.worker.freeing.can_overwrite", lambda: True)
    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setattr(sys, "argv", ["safelight", "scrub"])
    for name in OVERWRITTEN:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("able")
def test_it_starts_again_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Started):
        start.start_again()
    for name, value in overwriting({}).items():
        monkeypatch.setenv(name, value)
    start.start_again()


@pytest.mark.usefixtures("able")
def test_where_it_would_not_help_or_is_refused_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    for place, name, value in (
        (sys, "flags", SimpleNamespace(ignore_environment=1)),
        (sys, "executable", ""),
        (sys, "argv", ["safelight", "help", "privacy"]),
        (sys, "argv", ["safelight"]),
        (start, "can_overwrite", lambda: False),
        (os, "execve", refused),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, value)
            start.start_again()


def test_the_command_is_what_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "start_again", lambda: None)
    monkeypatch.setattr(sys, "argv", ["safelight", "version"])
    with pytest.raises(SystemExit) as left:
        start.main()
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("safelight ")


def test_the_installed_command_starts_here(root: Path) -> None:
    assert 'safelight = "safelight.cli.start:main"' in (root / "pyproject.toml").read_text()
