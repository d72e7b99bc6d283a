"""pair: devices that may use a server. Each command is a file pair_*.py."""

from __future__ import annotations

from safelight.cli.below import Below

pair = Below("pair", usual="new", help="Let a phone or a laptop use the server, list and end that.")
