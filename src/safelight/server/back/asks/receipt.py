"""A receipt that was kept, by its identifier."""

from __future__ import annotations

from typing import Any

from safelight.audit import shelf
from safelight.audit.lying import read_envelope
from safelight.errors import InputMissing
from safelight.server.back.asking import Given


def answer(given: Given) -> dict[str, Any]:
    """facts: id. The envelope as it lies there. Raises InputMissing."""
    receipt_id = given.text("id")
    try:
        place = shelf.find(given.engine.settings.state_dir / "receipts", receipt_id)
        envelope = read_envelope(place)
    except InputMissing:
        envelope = None
    if envelope is None:
        raise InputMissing(
            "there is no receipt of this identifier",
            hint="the header Safelight-Receipt of a result tells its own",
        )
    return {"envelope": envelope.decode()}
