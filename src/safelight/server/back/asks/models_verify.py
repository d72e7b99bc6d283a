"""The files of models, compared with their pins."""

from __future__ import annotations

from typing import Any

from safelight.engine.model_facts import named
from safelight.errors import ModelMissing, UsageError
from safelight.models.entry import Entry
from safelight.models.store import Store
from safelight.server.back.asking import Given


def answer(given: Given) -> dict[str, Any]:
    """facts: names; none means all. Raises ModelMissing for a name that is no model here."""
    store = Store(given.engine.settings.data_dir / "models")
    names = given.untrusted_facts.get("names", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError("names must be a list of texts")
    entries = [named(store, name) for name in names] or list(store.entries())
    return {"models": [{"name": one.name, **_compared(one, store)} for one in entries]}


def _compared(entry: Entry, store: Store) -> dict[str, Any]:
    try:
        state = "ok" if store.verify(entry) else "altered"
    except ModelMissing:
        state = "unreadable"
    return {"sha256": entry.sha256, "state": state}
