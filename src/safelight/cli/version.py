"""version: fast, and without loading anything."""

from __future__ import annotations

import platform

import click

from safelight import __version__
from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import speaking


@click.command(name="version", add_help_option=False)
@speaking
@click.pass_obj
def version(face: Face) -> int:
    """Show the version.

    \b
    Examples:
      safelight version
      safelight version --json
    """
    if face.is_json:
        python = platform.python_version()
        face.document(
            {"type": "version", "schema": SCHEMA, "safelight": __version__, "python": python}
        )
    else:
        face.out(f"safelight {__version__}")
    return 0
