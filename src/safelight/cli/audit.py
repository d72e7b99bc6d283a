"""audit: what can leave, what did, and who touched what. Each command is a file audit_*.py."""

from __future__ import annotations

from safelight.cli.below import Below

audit = Below("audit", usual="posture", help="Show that nothing can leave, and what was done here.")
