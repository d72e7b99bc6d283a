"""What holds the workers, and which models are here."""

from __future__ import annotations

from typing import Any

from safelight.engine.widest import widest
from safelight.server.back.asking import Given


def answer(given: Given) -> dict[str, Any]:
    """Raises what keeps workers from starting."""
    host, _missing = widest(given.engine)
    cage = host.report()
    fields = {"name", "task", "aliases", "precision", "licence"}
    return {
        "cage": {
            "level": cage.level,
            "attempted": len(cage.attempts),
            "contained": cage.contained,
            "not_covered": list(cage.not_covered),
        },
        "models": [
            one.model_dump(mode="json", include=fields) for one in given.engine.store.entries()
        ],
    }
