"""What tests of evidence share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.proof.dataflow.ground import Ground
from safelight.settings import Settings
from tests.proof.casework import Led, led
from tests.proof.flows import bare


@pytest.fixture(scope="session")
def led_case(tmp_path_factory: pytest.TempPathFactory) -> Led:
    """A case that was led to its seal. Copy it before changing anything."""
    return led(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(Settings(), jobs=1) as opened:
        yield opened


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """A system that tells nothing."""
    return bare(tmp_path / "system")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for pictures, with none in it."""
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"
