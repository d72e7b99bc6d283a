"""status: the server that runs here."""

from __future__ import annotations

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.errors import Unavailable


@click.command(name="status", add_help_option=False)
@setting("state_dir")
@speaking
@click.pass_obj
def status(face: Face) -> int:
    """Show the server that runs here.

    \b
    Examples:
      safelight status
      safelight status --json
    """
    from safelight.server.running import found

    running = found(face.settings.state_dir)
    if running is None:
        raise Unavailable("no server runs here", hint="safelight serve")
    if face.is_json:
        face.document({"type": "status", "schema": SCHEMA, "url": running.url, "pid": running.pid})
    else:
        face.out(f"ready at {running.url}")
    return 0
