"""mark show: what a picture says of how it came to be, and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from safelight.batch.events import Item
from safelight.cli.face import Face
from safelight.cli.findings import Findings, failing
from safelight.cli.options import batching, caging, selecting, setting, speaking
from safelight.cli.running import Wishes, run_recipe
from safelight.codecs.software import services_in
from safelight.image import Finding, Risk
from safelight.ops.inspect import Inspect
from safelight.recipe import Recipe

SHOW = "show"
CLAIMS = ("C2PA action", "C2PA claim generator", "C2PA softwareAgent")


class Marks(Findings):
    """Marks of origin, the claims around them, and what names a generative service."""

    nothing = "no mark of origin found; that does not say that no machine made it"
    honesty = "signatures are not checked; a picture without a mark may still be made by a machine"

    def shown(self, item: Item) -> list[Finding]:
        return [finding for finding in super().shown(item) if is_of_origin(finding)]


def is_of_origin(finding: Finding) -> bool:
    """True for what tells how a picture came to be."""
    is_claim = finding.group == Risk.PROVENANCE or finding.name in CLAIMS
    return is_claim or any(services_in(finding.name, finding.value))


class WithShow(click.Command):
    """The verb of an operation, whose first word may also be `show`."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        if args[:1] == [SHOW]:
            return show.make_context(f"{info_name} {SHOW}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


def _show(**typed: Any) -> int:
    face = click.get_current_context().ensure_object(Face)
    verbs: Sequence[str] = ("inspect",)
    fail_on = typed.pop("fail_on", None)
    return run_recipe(
        face, Recipe((Inspect(),)), Wishes(**typed), Marks(face, verbs, fail_on), may_convert=True
    )


HELP = """Show marks of origin: the digital source type, what a content credential claims, and
the names of generative services. Signatures are not checked.

\b
Examples:
  safelight mark show photo.jpg
  safelight mark show photo.jpg --fail-on any"""
OPTIONS = (selecting, failing, setting("hide_values"), batching, caging, speaking)


def _command() -> click.Command:
    command: Any = _show
    for decorate in reversed(OPTIONS):
        command = decorate(command)
    return click.command(name=SHOW, help=HELP, add_help_option=False)(command)


show = _command()
