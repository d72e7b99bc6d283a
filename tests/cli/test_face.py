"""How the face speaks: nothing unfit is printed, nobody meets a traceback, little is loaded."""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
import unicodedata
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.cli import main, version
from safelight.cli.face import Face
from safelight.cli.printable import jsonable, printable
from safelight.errors import UsageError
from safelight.proof.reports.plain import HIDDEN
from tests.cli.testscript import environment

NAMES = st.binary(max_size=40).map(os.fsdecode) | st.text(max_size=40)


@given(NAMES)
def test_nothing_that_is_printed_can_move_the_cursor(name: str) -> None:
    shown = printable(name)
    assert all(unicodedata.category(character) not in HIDDEN for character in shown)
    shown.encode()


@given(NAMES, st.integers(min_value=3, max_value=20))
def test_a_long_name_is_cut_in_the_middle(name: str, longest: int) -> None:
    assert len(printable(name, longest)) <= longest


@given(st.dictionaries(st.sampled_from(["input", "output", "x"]), NAMES))
def test_json_is_valid_unicode_and_no_name_is_lost(document: dict[str, str]) -> None:
    line = json.dumps(jsonable(document)).encode().decode("ascii")
    found = json.loads(line)
    for key, name in document.items():
        found[key].encode()
        if f"{key}_b64" not in found:
            assert found[key] == name


def test_plain_names_stay_as_they_are() -> None:
    assert printable("Urlaub äöü 写真 😀.jpg") == "Urlaub äöü 写真 😀.jpg"
    assert printable("a\u00a0b") == "a\\xa0b"


@pytest.fixture
def failing_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_words: object, **_more: object) -> int:
        raise ZeroDivisionError("the content of a picture")

    monkeypatch.setattr(version.version, "callback", click.pass_obj(fail))


@pytest.mark.usefixtures("failing_verb")
def test_a_surprise_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["version"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "safelight: version: something went wrong that should not: ZeroDivisionError",
        "hint: the same command with -vv shows where it happened",
    ]


@pytest.mark.usefixtures("failing_verb")
def test_twice_louder_it_says_where_but_never_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["version", "-vv"]) == 1
    said = capsys.readouterr().err
    assert "test_face.py" in said
    assert "content" not in said


@pytest.mark.usefixtures("failing_verb")
def test_a_surprise_is_a_problem_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["version", "--json"]) == 1
    problem = json.loads(capsys.readouterr().err)
    assert (problem["code"], problem["exit_code"], problem["status"]) == ("failed", 1, 500)


LIGHT = """
import sys
from safelight.cli.main import run
run(sys.argv[1:])
heavy = {"pydantic", "cryptography", "numpy", "pyvips", "PIL", "onnxruntime", "rich"}
sys.exit(", ".join(sorted(heavy & set(sys.modules))) or 0)
"""


@pytest.mark.parametrize("words", [["version"], ["version", "--json"], ["--version"]])
def test_the_version_loads_nothing_heavy(home: Path, words: list[str]) -> None:
    command = [sys.executable, "-c", LIGHT, *words]
    done = subprocess.run(command, env=environment(home), capture_output=True, check=False)
    assert done.stderr == b""
    assert done.returncode == 0


def test_that_test_sees_what_is_heavy(home: Path) -> None:
    command = [sys.executable, "-c", LIGHT, "recipe", "list"]
    done = subprocess.run(command, env=environment(home), capture_output=True, check=False)
    assert b"pydantic" in done.stderr


def test_an_encoding_that_has_no_dots_is_no_reason_to_fail(home: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "safelight.cli", "recipe", "new", "convert"]
    narrow = environment(home) | {"PYTHONIOENCODING": "ascii"}
    subprocess.run(command, cwd=tmp_path, env=narrow, capture_output=True, check=True)


def test_the_module_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("safelight.cli.start.start_again", lambda: None)
    monkeypatch.setattr(sys, "argv", ["safelight", "version"])
    with pytest.raises(SystemExit) as left:
        runpy.run_module("safelight.cli", run_name="__main__")
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("safelight ")


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (click.Abort(), 130), (OSError(5, "Bad"), 1)]
)
def test_what_ends_a_command_has_its_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
) -> None:
    def fail(*_words: object, **_more: object) -> int:
        raise error

    monkeypatch.setattr(version.version, "callback", click.pass_obj(fail))
    assert main.run(["version"]) == code
    assert capsys.readouterr().err.strip().startswith("safelight: version: ")


class Keyboard(io.StringIO):
    """Standard input or the error stream on a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "agreed"), [("y\n", True), ("YES\n", True), ("\n", False), ("", False)]
)
def test_a_question_is_answered_by_yes_alone(
    monkeypatch: pytest.MonkeyPatch, typed: str, agreed: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard(typed))
    monkeypatch.setattr(sys, "stderr", Keyboard())
    assert Face().agreed("go on") is agreed


def test_nobody_is_asked_who_does_not_want_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard("y\n"))
    monkeypatch.setattr(sys, "stderr", Keyboard())
    with pytest.raises(UsageError, match="nobody can be asked"):
        Face(may_ask=False).agreed("go on")
    assert Face(may_ask=False, assume_yes=True).agreed("go on")


@pytest.mark.parametrize(
    ("flags", "variables", "is_coloured"),
    [
        ({}, {}, True),
        ({}, {"NO_COLOR": "1"}, False),
        ({}, {"TERM": "dumb"}, False),
        ({"color": "always"}, {"NO_COLOR": "1"}, True),
        ({"color": "never"}, {}, False),
        ({}, {"SAFELIGHT_COLOR": "never"}, False),
    ],
)
def test_colour_goes_to_a_terminal_that_wants_it(
    monkeypatch: pytest.MonkeyPatch,
    flags: dict[str, str],
    variables: dict[str, str],
    *,
    is_coloured: bool,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    face = Face(flags=dict(flags))
    assert (face.paint("x", "red", stream=Keyboard()) == "\x1b[31mx\x1b[0m") is is_coloured


def test_a_reader_that_left_is_no_failure_to_tell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_words: object, **_more: object) -> int:
        raise BrokenPipeError

    silenced: list[bool] = []
    monkeypatch.setattr(main, "silence", lambda: silenced.append(True))
    monkeypatch.setattr(version.version, "callback", click.pass_obj(fail))
    assert main.run(["version"]) == 1
    assert silenced == [True]
    assert capsys.readouterr().err == ""


def test_a_name_that_looks_like_an_option_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "--json").write_text("")
    assert main.run(["version", "--json"]) == 2
    assert json.loads(capsys.readouterr().err)["code"] == "usage"
    assert main.run(["version", "-q", "--", "--json"]) == 2
