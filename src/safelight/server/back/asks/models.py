"""The models that are here, and those that could be."""

from __future__ import annotations

from typing import Any

from safelight.engine.model_facts import facts_of
from safelight.engine.timings import measured
from safelight.models.store import Store
from safelight.server.back.asking import Given


def answer(given: Given) -> dict[str, Any]:
    """facts: available, whether those that could be pulled are told, too; task, one or none."""
    settings = given.engine.settings
    store, timings = Store(settings.data_dir / "models"), measured(settings.state_dir)
    asked = given.untrusted_facts
    entries = [*store.entries(), *(store.available() if asked.get("available") is True else ())]
    found = sorted(entries, key=lambda entry: (entry.task, not entry.aliases, entry.name))
    task = asked.get("task")
    return {
        "models": [
            facts_of(entry, store, timings.get(entry.sha256))
            for entry in found
            if task in (None, entry.task)
        ]
    }
