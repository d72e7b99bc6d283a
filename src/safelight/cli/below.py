"""Below: a verb whose commands are files. `audit log` is `command` in cli/audit_log.py.

One command more is one file more. A word that names none of them goes to the usual command, so
`verify photo.jpg` needs no further word, nor does `audit`.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from typing import Any

import click


class Below(click.Group):
    """usual: the command that is meant where none of the others is named."""

    def __init__(self, name: str, *, usual: str | None = None, **more: Any) -> None:
        super().__init__(name, add_help_option=False, no_args_is_help=usual is None, **more)
        self.usual = usual
        self.params.append(_help_option())

    def list_commands(self, ctx: click.Context) -> list[str]:
        from safelight import cli

        start = f"{self.name}_"
        found = (module.name for module in pkgutil.iter_modules(cli.__path__))
        return sorted(
            name.removeprefix(start).replace("_", "-") for name in found if name.startswith(start)
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"safelight.cli.{self.name}_{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.usual is not None:
            formatter.write_paragraph()
            formatter.write_text(
                f"Where no command is named, {self.usual} is meant:"
                f" {ctx.command_path} {self.usual} --help."
            )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if self.usual is not None and args[:1] != ["--help"]:
            first = args[0] if args else ""
            if first not in self.list_commands(ctx) or os.path.lexists(first):
                args = [self.usual, *args]
        return super().parse_args(ctx, args)


def _help_option() -> click.Option:
    def show(ctx: click.Context, _parameter: click.Parameter, is_asked: bool) -> None:
        if is_asked and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()

    return click.Option(
        ["--help"], is_flag=True, is_eager=True, expose_value=False, callback=show,
        help="Show this page.",
    )  # fmt: skip
