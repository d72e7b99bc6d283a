"""config: what is set, and by whom."""

from __future__ import annotations

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import caging, setting, speaking, stacked
from safelight.cli.printable import printable
from safelight.settings import rules

MORE = ("jobs", "profile", "keep", "existing", "progress", "log_names")
EVERY = stacked(caging, *(setting(key) for key in MORE))


@click.group(name="config", add_help_option=False)
@click.help_option("--help", help="Show this page.")
def config() -> None:
    """Show the settings and where each comes from."""


@config.command(name="show", add_help_option=False)
@click.option("--origin", "with_origin", is_flag=True, help="Say where each value comes from.")
@EVERY
@speaking
@click.pass_obj
def show(face: Face, *, with_origin: bool) -> int:
    """Show every setting.

    \b
    Examples:
      safelight config show
      safelight config show --origin
    """
    settings = face.settings
    if face.is_json:
        face.document(
            {
                "type": "config",
                "schema": SCHEMA,
                "settings": {key: settings.shown(key) for key in rules()},
                "origins": {
                    key: {"source": one.source, "place": one.place, "locked": one.is_locked}
                    for key, one in settings.origins.items()
                },
            }
        )
        return 0
    for key in rules():
        line = f"{key:<14} {printable(settings.shown(key)) or '-':<30}"
        if with_origin:
            origin = settings.origins[key]
            place = f" {printable(origin.place)}" if origin.place else ""
            line += f" {origin.source}{place}{', locked' if origin.is_locked else ''}"
        face.out(line.rstrip())
    return 0
