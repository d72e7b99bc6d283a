"""Models on their way onto a shelf, for tests: one that works, its bytes, a catalogue with it."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any

import pytest

from safelight.engine.shelving import Shelving
from safelight.engine.trial import Trial
from safelight.models.entry import Entry
from safelight.models.store import Store
from safelight.models.writing import write_whole
from safelight.operation import ModelNeed
from tests.models.hosting import HOST
from tests.models.stated import state

PACKAGE = files("safelight.models")
X2 = (PACKAGE / "builtin" / "upscale-x2.onnx").read_bytes()
EXACT = (PACKAGE / "builtin" / "upscale-x2-fp32.onnx").read_bytes()
NEED = ModelNeed("upscale", "twice", 2)
TRIED = Trial("upscale", 0.25, "megapixel")


def entry_of(data: bytes = X2, **changes: Any) -> Entry:
    """The built-in upscaler under another name, as if it could be pulled."""
    built_in = next(entry for entry in Store().entries() if entry.name == "upscale-x2")
    facts = {
        "name": "twice",
        "aliases": (),
        "exact": None,
        "pin": "single",
        "url": f"https://{HOST}/twice.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
    }
    return built_in.model_copy(update=facts | changes)


def stated(monkeypatch: pytest.MonkeyPatch, *entries: Entry) -> None:
    """Let the catalogue state these besides its own."""
    own = Store().catalogue()
    state(monkeypatch, (*own, *entries))


def staged(shelving: Shelving, entry: Entry, data: bytes = X2) -> Entry:
    write_whole(shelving.shelf.staged(entry)[0].path, data)
    return entry
