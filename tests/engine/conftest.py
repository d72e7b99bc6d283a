"""What the tests of shelves share: settings of their own, keys, a shelf, and trials left out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.engine import shelving as shelving_module
from safelight.engine.book import Book
from safelight.engine.shelving import Shelving
from safelight.engine.tuning import Tuning
from safelight.settings import Settings, load
from safelight.vault.keys import Signer
from tests.engine.shelves import TRIED


@pytest.fixture(scope="module")
def untimed() -> Iterator[None]:
    """No self-test of the machine: nothing here depends on what is fastest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tuning, "choice", lambda _, **__: None)
        yield


@pytest.fixture
def settings(home: Path) -> Settings:
    return replace(load({}, os.environ, home), data_dir=home / "data")


@pytest.fixture
def keys(settings: Settings) -> Signer:
    return Book(settings.state_dir).keys.receipts


@pytest.fixture
def shelving(settings: Settings) -> Shelving:
    return Shelving(settings)


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial takes a second: the tests that are about something else leave it out."""
    monkeypatch.setattr(shelving_module, "try_out", lambda *_: TRIED)
