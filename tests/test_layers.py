"""Imports go down only; operations are light to load; connections leave from four places."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.layers import ATTEMPTS, LEVEL_OF, OUTBOUND, violations

pytestmark = pytest.mark.uncounted  # a sweep: to count its lines takes longer than to run them


def test_the_house_keeps_its_order(root: Path) -> None:
    assert violations(root / "src" / "safelight") == []


def test_every_room_is_in_the_table(root: Path) -> None:
    package = root / "src" / "safelight"
    rooms = {path.stem for path in package.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__pycache__", "py"} <= set(LEVEL_OF)


def violations_of(folder: Path, where: str, text: str) -> list[str]:
    """What is said of a package that holds this one file."""
    file = folder / "safelight" / where
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return violations(folder / "safelight")


BAD_TREES = {
    "up": ("recipe.py", "from safelight.engine import run", "stands above"),
    "up, late": ("recipe.py", "def f():\n    import safelight.engine.engine", "stands above"),
    "up, only for types": (
        "vault/keys.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from safelight.cli import main",
        "stands above",
    ),
    "up, by name": (
        "audit/journal.py",
        "import importlib\nimportlib.import_module('safelight.batch.run')",
        "stands above",
    ),
    "up, relative": ("vault/keys.py", "from ..engine import engine", "stands above"),
    "up, from the top": ("codecs/decode.py", "from safelight import worker", "stands above"),
    "beside": ("models/store.py", "from safelight.codecs.decode import open_image", "beside"),
    "beside, at the top": ("__init__.py", "from safelight.cli import main", "beside"),
    "server and client": ("server/x.py", "from safelight.client import call", "beside"),
    "right at level 0": ("errors.py", "from safelight.limits import MEGA", "to its right"),
    "an operation that reads another room": (
        "ops/redact.py",
        "from safelight.recipe import Recipe",
        "above",
    ),
    "an operation that reads a model room": (
        "ops/redact.py",
        "from safelight.models.store import Store",
        "level 0 alone",
    ),
    "an operation that is heavy to load": ("ops/blur.py", "import numpy", "only inside a function"),
    "a room that nobody knows": ("helpers.py", "x = 1", "is no room"),
    "a socket to outside": (
        "engine/engine.py",
        "import socket\nsocket.create_connection(('localhost', 80))",
        "none of the four places",
    ),
    "an internet family": ("worker/zygote.py", "from socket import *\nAF_INET", "four places"),
    "a client library": ("audit/receipt.py", "import urllib.request", "none of the four places"),
    "a client library, from its parent": ("audit/receipt.py", "from urllib import request", "four"),
    "a server that connects": (
        "server/front/x.py",
        "import asyncio\nasyncio.open_connection",
        "a server only answers",
    ),
    "a server that connects a socket": (
        "server/listening.py",
        "def f(one):\n    one.connect(('localhost', 80))",
        "a server only answers",
    ),
    "a server that asks a name": (
        "server/listening.py",
        "import socket\nsocket.getaddrinfo('localhost', 80)",
        "none of the four places",
    ),
    "a server's other file that names the internet": (
        "server/supervisor.py",
        "import socket\nsocket.AF_INET6",
        "none of the four places",
    ),
    "a server with a client library": ("server/front/x.py", "import httpx", "none of the four"),
    "a loop outside the server": ("engine/x.py", "import asyncio", "none of the four places"),
    "a client library, late": ("ops/x.py", "def f():\n    import http.client", "four places"),
}


@pytest.mark.parametrize("name", BAD_TREES)
def test_a_planted_break_is_seen(tmp_path: Path, name: str) -> None:
    where, text, sentence = BAD_TREES[name]
    found = violations_of(tmp_path, where, text)
    assert found
    assert all(sentence in line for line in found)


GOOD_TREES = {
    "down": ("engine/engine.py", "from safelight.recipe import Recipe"),
    "within a room": ("worker/host.py", "from safelight.worker.wire import read"),
    "left at level 0": ("operation.py", "from safelight.image import Image"),
    "a heavy library inside a function": ("ops/blur.py", "def f():\n    import numpy"),
    "a heavy library for types alone": (
        "ops/blur.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy",
    ),
    "a pair of ends inside the machine": (
        "worker/host.py",
        "import socket\nsocket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)",
    ),
    "the version": ("cli/main.py", "from safelight import __version__"),
    "a server that waits and encrypts": ("server/front/x.py", "import asyncio\nimport ssl"),
    "the file that listens": ("server/listening.py", "import socket\nsocket.AF_INET"),
    "a place that may connect": ("client/http.py", "import http.client"),
}


@pytest.mark.parametrize("name", GOOD_TREES)
def test_what_is_allowed_is_left_alone(tmp_path: Path, name: str) -> None:
    where, text = GOOD_TREES[name]
    assert violations_of(tmp_path, where, text) == []


def test_the_places_that_may_connect_are_written_down() -> None:
    assert set(OUTBOUND) == {"models.pull", "client", "moderation", "batch.cluster"}
    assert all(place.split(".")[0] in {"worker", "proof", "server"} for place in ATTEMPTS)
