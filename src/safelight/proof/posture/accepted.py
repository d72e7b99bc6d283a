"""Accepted: risks that somebody took on. Each note is a signed line that follows the one before it.

A note ends on its day, or is withdrawn by another; nothing is ever taken out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from safelight.audit.ledger import Ledger
from safelight.proof.reports.page import Accepted, Finding
from safelight.vault.keys import Keys

TAKEN, WITHDRAWN = "risk taken on", "risk given back"
MAX_REASON = 500
MAX_OWNER = 100


def folder(state_dir: Path) -> Path:
    """Where the notes lie."""
    return state_dir / "accepted"


def take(state_dir: Path, keys: Keys, id: str, note: Accepted) -> None:
    """Write down that this finding is taken on. Raises like Ledger.append."""
    facts: dict[str, str | int | bool] = {
        "what": TAKEN,
        "finding": id,
        "reason": note.reason,
        "owner": note.owner,
        "until": note.until,
    }
    Ledger(folder(state_dir), keys.journal).append(facts)


def withdraw(state_dir: Path, keys: Keys, id: str) -> None:
    """Write down that it is taken on no more. Raises like Ledger.append."""
    Ledger(folder(state_dir), keys.journal).append({"what": WITHDRAWN, "finding": id})


def notes(state_dir: Path, keys: Keys) -> dict[str, Accepted]:
    """The notes that stand now, by the id of the finding. Raises VerificationFailed."""
    if not folder(state_dir).is_dir():
        return {}
    found: dict[str, Accepted] = {}
    for entry in Ledger(folder(state_dir), keys.journal).read():
        if entry["what"] == TAKEN:
            found[entry["finding"]] = Accepted(
                reason=entry["reason"],
                owner=entry["owner"],
                since=str(entry["time"])[:10],
                until=entry["until"],
            )
        else:
            found.pop(entry["finding"], None)
    return found


def with_notes(
    findings: tuple[Finding, ...], notes: Mapping[str, Accepted], *, today: str = ""
) -> tuple[Finding, ...]:
    """The findings with their notes; a note counts through its last day."""
    today = today or datetime.now(UTC).strftime("%Y-%m-%d")
    return tuple(
        one
        if one.id not in notes
        else one.model_copy(
            update={
                "accepted": notes[one.id],
                "is_due": bool(notes[one.id].until) and notes[one.id].until < today,
            }
        )
        for one in findings
    )
