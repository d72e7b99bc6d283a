"""The ledger: every connection that was allowed, and the results of self-tests."""

from __future__ import annotations

from typing import Any

from safelight.server.back.asking import Given

# What one answer holds, the newest: a ledger of many years has fewer lines than this.
MOST = 500


def answer(given: Given) -> dict[str, Any]:
    """The newest lines, the newest first, and how many there are. Raises VerificationFailed for a
    ledger that was altered.
    """
    found = given.engine.book.ledger.read()
    lines = [{key: entry[key] for key in sorted(entry) if key != "schema"} for entry in found]
    return {"entries": lines[: -MOST - 1 : -1], "size": len(lines)}
