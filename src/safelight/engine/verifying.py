"""Verifying: what was found about a receipt, as every face tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from safelight.audit.verify import Verification

FOREIGN = "--key FINGERPRINT names a key that you trust"
NEWER = "a newer version of Safelight reads this receipt"
UNRECORDED = "run the same command again: it records it"


def doubt_of(found: Verification, own: str) -> str:
    """What helps where nothing failed and the receipt is still not to be relied on. own is the
    fingerprint of our own key.
    """
    if found.is_failed or found.receipt is None:
        return ""
    if found.line("signature").state == "unknown":
        return FOREIGN
    if found.line("schema").state == "unknown":
        return NEWER
    is_ours = found.receipt.envelope.fingerprint == own
    return UNRECORDED if is_ours and found.line("chain").state == "unknown" else ""


def lines_of(found: Verification, doubt: str) -> dict[str, Any]:
    """The lines as JSON values, with the limits of what they can prove."""
    return {
        "failed": found.is_failed,
        "hint": doubt,
        "receipt": found.receipt.id if found.receipt is not None else None,
        "entry": found.number,
        "lines": [
            {"name": line.name, "state": line.state, "sentence": line.sentence}
            for line in found.lines
        ],
        "limits": list(found.limits),
    }
