"""vault: the keys wrapped, and files encrypted with them. Each command is a file vault_*.py."""

from __future__ import annotations

from safelight.cli.below import Below

vault = Below("vault", help="Keep keys wrapped, and files encrypted.")
