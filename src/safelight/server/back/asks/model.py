"""One model: every fact, and the page that goes along with it."""

from __future__ import annotations

from typing import Any

from safelight.engine.model_facts import anywhere, facts_of
from safelight.engine.timings import measured
from safelight.models.reading import parts_of
from safelight.models.store import Store
from safelight.server.back.asking import Given


def answer(given: Given) -> dict[str, Any]:
    """facts: name. Raises ModelMissing, VerificationFailed for a page that is not as pinned."""
    settings = given.engine.settings
    store = Store(settings.data_dir / "models")
    entry = anywhere(store, given.text("name"))
    timing = measured(settings.state_dir).get(entry.sha256)
    card = None
    if store.origin(entry.name) and any(part.role == "card" for part in entry.parts):
        with store.open(entry) as held:
            card = bytes(parts_of(entry, held.view())["card"]).decode(errors="replace")
    return {"model": facts_of(entry, store, timing), "card": card}
