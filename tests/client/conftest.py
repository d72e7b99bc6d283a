"""One server for all tests of a file, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.client.sync import Client
from safelight.engine.engine import Engine
from safelight.ops.resize import Resize
from safelight.recipe import Recipe
from safelight.server.options import ServeOptions
from safelight.settings import load
from tests.client.served import Near, served
from tests.client.test_client import jpeg


@pytest.fixture(scope="session")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Near]:
    """It knows one recipe by name, small, and both doors for others' clients."""
    folder = tmp_path_factory.mktemp("near")
    small = Recipe((Resize(fit="8x8"),)).canonical.decode()
    settings = load({"state_dir": folder / "state"}, {}, folder)
    with Engine(settings, jobs=2, door="server") as engine:
        options = ServeOptions(jobs=2, recipes={"small": small}, compat=("removebg", "rembg"))
        with served(engine, options, folder) as found:
            yield found


@pytest.fixture
def client(near: Near) -> Iterator[Client]:
    with Client(near.url, token=near.token) as held:
        yield held


@pytest.fixture
def there(near: Near, tmp_path: Path) -> list[str]:
    """The options that name the server."""
    token = tmp_path / "token"
    token.write_text(near.token + "\n")
    token.chmod(0o600)
    return ["--server", near.url, "--server-token-file", str(token)]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(jpeg(24 + number))
    return folder
