"""What tests of evidence share."""

from __future__ import annotations

import pytest

from tests.proof.casework import Led, led


@pytest.fixture(scope="session")
def led_case(tmp_path_factory: pytest.TempPathFactory) -> Led:
    """A case that was led to its seal. Copy it before changing anything."""
    return led(tmp_path_factory.mktemp("case"))
