"""trust: the local authority that vouches for the server. Each command is a file trust_*.py."""

from __future__ import annotations

from safelight.cli.below import Below

trust = Below("trust", help="Have this machine trust its own server's certificate, or no longer.")
