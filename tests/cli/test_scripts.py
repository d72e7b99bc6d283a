"""Every script in scripts/ is one test, through the public door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.testscript import Script, redirected, unescaped

# As a process of its own where that is the matter: streams, names as bytes, what is loaded.
PROCESSES = {"streams", "names", "scrub", "serve"}
SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))
PROVING = {"proof", "device"}
asking = pytest.mark.opens_sockets("prove asks a server that it starts, on the loopback")


def _script(path: Path) -> Any:
    return pytest.param(path, id=path.stem, marks=asking if path.stem in PROVING else ())


@pytest.mark.parametrize("path", [_script(path) for path in SCRIPTS])
def test_script(path: Path, tmp_path: Path, home: Path) -> None:
    Script(tmp_path, home, path.stem in PROCESSES).play(path.read_text())


BROKEN = {
    "a wrong exit code": "run version\nexit 3",
    "a failure that nobody expected": "run nonsense",
    "a pattern that is not there": "run version\nstdout elephant",
    "a pattern that must not be there": "run version\n! stdout safelight",
    "a file that is not there": "exists nothing",
    "noise where silence was asked": "run version\nsilent stdout",
    "a field that is not there": "run version --json\njson type=elephant",
    "a server that nobody started": "leave",
    "a difference": "text a one\ntext b two\nsame a b",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_script_that_does_not_hold_fails(tmp_path: Path, home: Path, name: str) -> None:
    with pytest.raises(AssertionError, match=r"line \d|exit code"):
        Script(tmp_path, home).play(BROKEN[name])


def test_words_may_hold_what_a_keyboard_does_not() -> None:
    assert unescaped(r"a\x1b[31m\u202eb\xff") == "a\x1b[31m\u202eb\udcff"
    assert redirected(["a", ">", "out", "b", "<", "in"]) == (["a", "b"], "out", "in")
