"""token: who may ask a server, for programs. Each command is a file token_*.py."""

from __future__ import annotations

from safelight.cli.below import Below

token = Below("token", help="Make, list and revoke tokens for programs that use a server.")
