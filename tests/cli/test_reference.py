"""The reference is what the code says, and every option says what it does."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from safelight.cli.below import Below
from safelight.cli.help import FOUND_AND_FAILED, formats_page
from safelight.cli.main import safelight
from safelight.errors import family
from safelight.formats import FORMATS


@pytest.fixture
def reference(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = root / "scripts" / "reference.py"
    spec = importlib.util.spec_from_file_location("reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("COLUMNS", str(module.WIDTH))
    return module


def commands(
    command: click.Command, words: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it."""
    yield " ".join(words), command
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            assert below is not None, name
            yield from commands(below, (*words, name))


EVERY = dict(commands(safelight))


def test_the_reference_is_fresh(reference: ModuleType) -> None:
    assert reference.stale() == [], "scripts/reference.py writes them anew"


def test_a_stale_page_is_seen(
    reference: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in reference.pages().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    assert reference.stale() == []
    (tmp_path / "errors.md").write_text("old")
    assert reference.stale() == ["errors.md"]
    assert reference.main(["--check"]) == 1


@pytest.mark.parametrize("words", EVERY)
def test_every_option_says_what_it_does(words: str) -> None:
    for parameter in EVERY[words].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.opts


@pytest.mark.parametrize("words", EVERY)
def test_every_verb_speaks_json_and_shows_examples(words: str) -> None:
    command = EVERY[words]
    options = {name for parameter in command.params for name in parameter.opts}
    assert "--help" in options or not words
    if isinstance(command, click.Group):
        assert options <= {"--help", "--version"}
        return
    assert "--json" in options
    assert "Examples:" in (command.help or "")
    group = EVERY[words.rpartition(" ")[0]]
    if isinstance(group, Below) and command.name == group.usual:
        words = words.rpartition(" ")[0]
    assert f"safelight {words}" in (command.help or "")


def test_no_two_options_of_a_verb_share_a_name() -> None:
    for words, command in EVERY.items():
        names = [
            name
            for parameter in command.params
            if isinstance(parameter, click.Option)
            for name in (*parameter.opts, *parameter.secondary_opts)
        ]
        assert len(names) == len(set(names)), words


def test_every_exit_code_and_every_format_is_explained() -> None:
    assert {error.exit_code for error in family()} <= set(FOUND_AND_FAILED)
    assert all(f"  {format} " in formats_page() for format in FORMATS)
