"""`import safelight` is the public door: re-exports only, each of them documented."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import safelight


def test_the_door_makes_nothing_itself(root: Path) -> None:
    """Nothing but the way to each name is written in __init__."""
    tree = ast.parse((root / "src" / "safelight" / "__init__.py").read_text())
    defined = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert defined <= {"__getattr__", "__dir__"}


def test_every_exported_name_is_there() -> None:
    for name in safelight.__all__:
        assert getattr(safelight, name) is not None
    assert sorted(safelight.__all__) == list(safelight.__all__)
    assert set(safelight.__all__) <= set(dir(safelight))


def test_a_name_that_is_not_exported_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        safelight.nothing  # noqa: B018 - the look-up is the test


@pytest.mark.parametrize("name", [name for name in safelight.__all__ if name[0] != "_"])
def test_every_exported_name_states_its_contract(name: str) -> None:
    exported = getattr(safelight, name)
    assert inspect.getdoc(exported)
    assert exported.__module__.startswith("safelight.")


@pytest.mark.parametrize("name", [name for name in safelight.__all__ if name[0] != "_"])
def test_every_exported_name_is_in_the_handbook(root: Path, name: str) -> None:
    page = (root / "docs" / "handbook" / "python.md").read_text()
    assert f"`{name}" in page or f"safelight.{name}" in page
