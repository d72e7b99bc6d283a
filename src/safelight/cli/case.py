"""case: originals that stay as they were, and a chain of custody. Each command is case_*.py."""

from __future__ import annotations

from safelight.cli.below import Below

case = Below("case", help="Keep originals, work on copies, and log who did what and why.")
