"""What tests of the server share: one that runs, and who asks it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.serving import client, serving
from safelight.proof.serving.served import Served


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """A server as `serve` starts it, with nothing set. Whoever changes it starts another."""
    with tempfile.TemporaryDirectory(prefix="served-") as name, serving(Path(name)) as running:
        yield running


@pytest.fixture
def asks(served: Served) -> Iterator[httpx.Client]:
    """Over the socket in its folder, with the token of this machine's user."""
    with client(served) as opened:
        yield opened
