"""The journal: how runs ended, a page at a time; it is checked as a whole first."""

from __future__ import annotations

from itertools import dropwhile, islice
from typing import Any

from safelight.errors import UsageError
from safelight.server.back.asking import Given

MOST = 1_000


def answer(given: Given) -> dict[str, Any]:
    """facts: since, a time as the journal writes it, or ""; after, the number of the entry before
    the first; limit. Raises VerificationFailed for a journal that was altered.
    """
    facts = given.untrusted_facts
    since, after, limit = facts.get("since", ""), facts.get("after", 0), facts.get("limit", 100)
    if not (isinstance(since, str) and isinstance(after, int) and isinstance(limit, int)):
        raise UsageError("since is a text, after and limit are numbers")
    log = given.engine.book.journal.log()
    later = dropwhile(lambda entry: entry.leaf.time < since, log.entries())
    rest = (entry for entry in later if entry.number > after)
    page = list(islice(rest, min(max(1, limit), MOST) + 1))
    shown = page[: min(max(1, limit), MOST)]
    return {
        "entries": [
            {
                "number": entry.number,
                "time": entry.leaf.time,
                "code": entry.leaf.code,
                "duration_ms": entry.leaf.duration_ms,
                "input_bytes": entry.leaf.input_bytes,
                "output_bytes": entry.leaf.output_bytes,
                "commitment": entry.leaf.commitment,
            }
            for entry in shown
        ],
        "next": shown[-1].number if len(page) > len(shown) else None,
        "journal": log.fingerprint,
        "size": log.head.entries,
        "root": log.head.root,
        "checkpoint": log.checkpoint if log.head.entries else "",
    }
