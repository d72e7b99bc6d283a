"""What an import loads, as a set of modules: the cost that no fast machine can hide."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "runtime": "onnxruntime",
    "pixels": "pyvips",
    "Pillow": "PIL",
    "tensors": "numpy",
    "cryptography": "cryptography",
    "schema": "pydantic",
    "terminal": "rich",
    "network": "http.client",
}


def loaded_by(statement: str) -> set[str]:
    """The top modules, and those of HEAVY, that a fresh interpreter holds after the statement."""
    program = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(ran.stdout.splitlines()[-1]))


def test_import_safelight_loads_nothing_heavy() -> None:
    assert loaded_by("import safelight") & set(HEAVY.values()) == set()


def test_the_version_loads_no_room_but_the_errors() -> None:
    loaded = loaded_by("import safelight; safelight.__version__")
    ours = {name for name in loaded if name.startswith("safelight")}
    assert ours <= {"safelight", "safelight.errors"}


def test_a_recipe_loads_no_pixels_and_no_runtime() -> None:
    statement = (
        "import safelight; from safelight.recipe import operations; operations();"
        "safelight.Recipe.parse('[[steps]]\\nop = \"scrub\"')"
    )
    heavy = set(HEAVY.values()) - {"pydantic"}
    assert loaded_by(statement) & heavy == set()


@pytest.mark.parametrize("verb", ["version", "--version", "--help"])
def test_a_verb_that_needs_no_picture_loads_none(verb: str) -> None:
    statement = f"import safelight.cli.main as face\nassert face.run([{verb!r}]) == 0"
    heavy = {"onnxruntime", "pyvips", "PIL", "numpy", "cryptography", "http.client"}
    assert loaded_by(statement) & heavy == set()


@pytest.mark.parametrize("module", sorted(HEAVY.values()))
def test_the_measure_sees_a_heavy_import(module: str) -> None:
    statement = f"import os; os.environ['ORT_DISABLE_TELEMETRY'] = '1'; import {module}"
    assert module in loaded_by(statement)
