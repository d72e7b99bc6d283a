"""verify: whether what was signed still holds. Each kind of thing is a file verify_*.py."""

from __future__ import annotations

from safelight.cli.below import Below

verify = Below(
    "verify",
    usual="files",
    help="Check a picture against its receipt and the journal; or the other kinds below.",
)
