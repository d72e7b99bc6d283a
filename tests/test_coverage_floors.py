"""The floors of coverage: what is under one is named, and so is a promise about nothing."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.coverage_floors import Floors, shortfalls

FLOORS = Floors(full=("errors.py",), floor=90, exempt={"worker/attacks/*.py": "run sealed"})
KEPT = {"errors.py": 100.0, "image.py": 90.0, "worker/attacks/files.py": 12.0}


def test_what_keeps_its_floor_is_not_named() -> None:
    assert shortfalls(KEPT, FLOORS) == []


def test_one_missing_branch_of_a_full_file_is_named() -> None:
    assert shortfalls(KEPT | {"errors.py": 99.9}, FLOORS) == ["errors.py: 99.9 %, promised 100 %"]


def test_a_file_under_the_floor_is_named() -> None:
    assert shortfalls(KEPT | {"image.py": 89.9}, FLOORS) == ["image.py: 89.9 %, promised 90 %"]


def test_a_promise_about_nothing_is_named() -> None:
    gone = {name: share for name, share in KEPT.items() if name == "image.py"}
    assert len(shortfalls(gone, FLOORS)) == 2


def test_the_promised_files_are_those_of_the_house_rules(root: Path) -> None:
    floors = Floors.load(root / "pyproject.toml")
    named = {Path(name).stem for name in floors.full}
    assert named == {"errors", "operation", "recipe", "wire", "records", "store", "receipt"}
    assert floors.floor == 90


def test_every_exemption_names_tests_that_are_there(root: Path) -> None:
    for reason in Floors.load(root / "pyproject.toml").exempt.values():
        assert [name for name in re.findall(r"tests/[\w/.]+", reason) if (root / name).exists()]
