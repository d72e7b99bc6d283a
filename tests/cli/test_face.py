"""How the face speaks: nothing unfit is printed, nobody meets a traceback, little is loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.cli import main, version
from safelight.cli.printable import HIDDEN, jsonable, printable
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
