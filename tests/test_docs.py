"""The pages are true: examples run, commands exist, lists are those of the code."""

from __future__ import annotations

import doctest
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from safelight.cli.below import Below
from safelight.cli.main import safelight as command_line
from safelight.errors import family
from safelight.recipe import operations
from tests.house import pages

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changes").glob("*.md")]
)
GENERATED = ROOT / "docs" / "reference"
NAMES = [str(page.relative_to(ROOT)) for page in WRITTEN]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def with_examples(kind: str) -> list[str]:
    return [name for name in NAMES if list(pages.blocks((ROOT / name).read_text(), kind))]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a reader has it: the example pictures and recipes, and nothing else."""
    shutil.copytree(ROOT / "examples", tmp_path / "desk")
    for picture in (tmp_path / "desk" / "pictures").iterdir():
        shutil.copy(picture, tmp_path / "desk")
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


@pytest.mark.parametrize("name", with_examples("python"))
def test_python_examples_give_what_the_page_shows(name: str, desk: Path) -> None:
    text = (ROOT / name).read_text()
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=OPTIONS)
    names: dict[str, object] = {}
    said: list[str] = []
    for line, block in pages.blocks(text, "python"):
        if ">>>" not in block:
            compile(block, name, "exec")
            continue
        test = parser.get_doctest(block, names, name, name, line)
        runner.run(test, out=said.append, clear_globs=False)
        names.update(test.globs)
    assert runner.failures == 0, "".join(said)


@pytest.mark.parametrize("name", with_examples("console"))
def test_commands_print_what_the_page_shows(name: str, desk: Path) -> None:
    bin_folder = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "COLUMNS": "100"}
    for command in pages.commands((ROOT / name).read_text()):
        ran = subprocess.run(
            ["bash", "-c", command.typed],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        where = f"{name}:{command.line}: $ {command.typed}"
        assert ran.returncode == 0, f"{where}\n{ran.stdout}"
        assert pages.matches(command.shown, ran.stdout), f"{where}\n{ran.stdout}"


def modules_with_examples() -> list[str]:
    package = ROOT / "src"
    files = [path for path in package.rglob("*.py") if ">>>" in path.read_text()]
    names = [".".join(path.relative_to(package).with_suffix("").parts) for path in files]
    return sorted(name.removesuffix(".__init__") for name in names)


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings_give_what_they_show(name: str, desk: Path) -> None:
    outcome = doctest.testmod(importlib.import_module(name), optionflags=OPTIONS)
    assert outcome.attempted
    assert not outcome.failed


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_flag_that_a_page_names_exists(name: str) -> None:
    wrong = []
    for words in pages.safelight_words((ROOT / name).read_text()):
        unknown = unknown_words(words)
        if unknown:
            wrong.append(f"safelight {' '.join(words)}: {unknown}")
    assert wrong == []


def unknown_words(words: list[str]) -> str:
    """The first verb or flag that the command line does not have; empty if it has all."""
    context = click.Context(command_line, info_name="safelight")
    command: click.Command = command_line
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(context, rest[0])
        if found is None and isinstance(command, Below) and command.usual is not None:
            usual = command.get_command(context, command.usual)
            takes = usual is not None and any(p.param_type_name == "argument" for p in usual.params)
            found, rest = (usual, [command.usual, *rest]) if takes else (None, rest)
        if found is None:
            return "" if rest[0].isupper() or rest[0] == "…" else rest[0]
        command = found
        rest.pop(0)
    if isinstance(command, Below) and command.usual is not None and rest != ["--help"]:
        command = command.get_command(context, command.usual) or command
    known = {
        flag for one in command.get_params(context) for flag in (*one.opts, *one.secondary_opts)
    }
    flags = [word.split("=")[0] for word in rest if word.startswith("-") and len(word) > 1]
    return next((flag for flag in flags if flag not in known | {"--help"}), "")


def test_a_command_that_is_not_there_is_seen() -> None:
    assert unknown_words(["scrub", "photo.jpg"]) == ""
    assert unknown_words(["polish", "photo.jpg"]) == "polish"
    assert unknown_words(["scrub", "--polish", "photo.jpg"]) == "--polish"
    assert unknown_words(["audit", "polish"]) == "polish"
    assert unknown_words(["audit", "--fail-on", "low"]) == ""
    assert unknown_words(["audit", "--polish"]) == "--polish"


@pytest.mark.parametrize("name", NAMES)
def test_links_and_files_that_a_page_names_are_there(name: str) -> None:
    assert pages.broken_links(ROOT / name) == []
    assert pages.missing_files(ROOT, (ROOT / name).read_text()) == []


def test_every_target_of_make_that_a_page_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = {target for name in NAMES for target in pages.make_targets((ROOT / name).read_text())}
    assert {target for target in named if f"\n{target}:" not in makefile} == set()
    assert {"demo", "test", "install"} <= named


def test_the_generated_pages_are_fresh() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "reference.py"), "--check"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def reference() -> str:
    return "\n".join(page.read_text() for page in sorted(GENERATED.rglob("*.md")))


@pytest.mark.parametrize("name", sorted(operations()))
def test_every_operation_and_parameter_is_documented(name: str) -> None:
    text = reference()
    assert f"\n## {name}\n" in text
    for parameter in operations()[name].model_fields:
        assert f"`{parameter}`" in text


def test_every_error_and_exit_code_is_documented() -> None:
    text = reference()
    assert [error.code for error in family() if f"`{error.code}`" not in text] == []
    assert [
        code for code in {error.exit_code for error in family()} if f"| {code} |" not in text
    ] == []


def all_commands() -> list[tuple[str, click.Command]]:
    context = click.Context(command_line, info_name="safelight")
    found: list[tuple[str, click.Command]] = []
    queue: list[tuple[str, click.Command]] = [("safelight", command_line)]
    while queue:
        name, command = queue.pop(0)
        found.append((name, command))
        if isinstance(command, click.Group):
            for verb in command.list_commands(context):
                member = command.get_command(context, verb)
                if member is not None:
                    queue.append((f"{name} {verb}", member))
    return found


def test_every_verb_and_flag_is_documented() -> None:
    text = reference()
    context = click.Context(command_line, info_name="safelight")
    missing = []
    for name, command in all_commands():
        flags = [flag for one in command.get_params(context) for flag in one.opts if flag[0] == "-"]
        missing += [flag for flag in flags if flag not in text]
        if name not in text:
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize(
    ("shown", "printed", "is_match"),
    [
        ("a\nb", "a\nb\n", True),
        ("a …\nb", "a 17 ms\nb\n", True),
        ("3 of 3  held", "12 of 12 held\n", True),
        ("3 of 3 held", "none of 3 held\n", False),
        ("a\n…\nd", "a\nb\nc\nd\n", True),
        ("a\n…", "a\n", True),
        ("a\nb", "a\n", False),
        ("a …", "b 17 ms\n", False),
        ("a", "a\nb\n", False),
        ("", "Traceback\n", False),
    ],
)
def test_the_comparison_of_outputs_tells_them_apart(
    shown: str, printed: str, is_match: bool
) -> None:
    assert pages.matches(shown, printed) == is_match
