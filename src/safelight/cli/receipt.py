"""receipt: what was signed about a picture. Each command is a file receipt_*.py."""

from __future__ import annotations

from safelight.cli.below import Below

receipt = Below(
    "receipt", help="Show, list and hand on receipts; have their time signed by an authority."
)
