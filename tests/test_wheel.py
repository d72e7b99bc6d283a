"""The wheel: two builds give the same bytes, and what is in it is what users need."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from safelight.models.pages import Pages
from scripts import wheel as builder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bool]:
    return builder.build_twice(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def names(built: tuple[Path, bool]) -> list[str]:
    with zipfile.ZipFile(built[0]) as archive:
        return archive.namelist()


def test_two_builds_give_the_same_bytes(built: tuple[Path, bool]) -> None:
    assert built[1]


def test_every_tracked_file_of_the_package_is_in_it(tmp_path: Path, names: list[str]) -> None:
    builder.copy_tracked(tmp_path)
    source = tmp_path / "src"
    ours = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert ours == {name for name in names if name.startswith("safelight/")}


def test_the_built_in_models_are_in_it(names: list[str]) -> None:
    built_in = [name for name in names if name.startswith("safelight/models/builtin/")]
    entries = {Path(name).stem for name in names if name.startswith("safelight/models/catalogue/")}
    shipped = {entry.name for entry in Pages().shipped()}
    assert built_in
    assert {Path(name).stem for name in built_in} == shipped
    assert entries == set(Pages().names())


def test_nothing_but_the_package_and_its_facts_is_in_it(names: list[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert len(tops) == 2
    assert all(top == "safelight" or top.endswith(".dist-info") for top in tops)


def test_the_command_and_the_licence_are_in_it(built: tuple[Path, bool], root: Path) -> None:
    with zipfile.ZipFile(built[0]) as archive:
        facts = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "safelight = safelight.cli.start:main" in archive.read(facts).decode()
        licence = next(name for name in archive.namelist() if name.endswith("/LICENSE"))
        assert archive.read(licence) == (root / "LICENSE").read_bytes()


def test_a_change_of_one_byte_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: two sources that differ give wheels that differ."""
    taken = builder.copy_tracked
    turns = iter(("one", "two"))

    def changed(target: Path) -> None:
        taken(target)
        with (target / "src" / "safelight" / "__init__.py").open("a") as file:
            file.write(f"# {next(turns)}\n")

    monkeypatch.setattr(builder, "copy_tracked", changed)
    assert not builder.build_twice(tmp_path)[1]
