"""audit posture: how this installation stands, what weakens it, and what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.measuring import measured
from safelight.cli.options import setting, speaking
from safelight.cli.paging import require_free, tell, write
from safelight.cli.printable import printable
from safelight.errors import SafelightError

if TYPE_CHECKING:
    from safelight.proof.reports.page import Page, Severity
    from safelight.worker.job import CageReport

FOUND = 4
PAINTS = {"high": "red", "medium": "yellow", "low": "bold", "note": "dim"}


@click.command(name="posture", add_help_option=False)
@click.option(
    "--fail-on",
    type=click.Choice(["low", "medium", "high"]),
    help="End with 4 where a finding that nobody took on is at least so grave.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write it: NAME.html or NAME.json, signed, or NAME.md to go on writing in.",
)
@setting("require_level")
@setting("state_dir")
@setting("data_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, *, fail_on: Severity | None, output: str | None) -> int:
    """Show how this installation stands, what weakens it, and what mends it.

    \b
    Examples:
      safelight audit
      safelight audit --fail-on medium
      safelight audit -o posture.html
      safelight audit accept swap-plain --reason "locked room, no swap file in use"

    Reads keys, journal, ledger, permissions, models, libraries, settings and what the system
    tells; attacks a fresh worker. Opens no connection. -v shows all facts, too.
    """
    from safelight.proof.posture.posture import Place, is_failed, posture

    require_free(output)
    settings = face.settings
    page = posture(Place(settings), report_of(face))
    if output is not None:
        page = write(face, page, output)
    failed = fail_on is not None and is_failed(page, fail_on)
    if face.is_json:
        face.document(document(page) | {"failed": failed})
    elif output is None:
        _say(face, page)
    return FOUND if failed else 0


def document(page: Page) -> dict[str, object]:
    """The page as JSON values, the findings of all sections gathered."""
    from safelight.proof.posture.posture import findings

    found = findings(page)
    counts = dict.fromkeys(("high", "medium", "low", "note"), 0)
    for one in found:
        counts[one.severity] += one.is_open
    head = {"type": "posture", "schema": SCHEMA, "made": page.made, "safelight": page.version}
    return {
        **head,
        "open": counts,
        "findings": [one.model_dump(mode="json") | {"open": one.is_open} for one in found],
        "sections": [
            section.model_dump(mode="json", include={"title", "facts", "tables"})
            for section in page.sections
        ],
        "limits": list(page.limits),
    }


def report_of(face: Face) -> CageReport | None:
    try:
        return measured(face, lambda host, _engine: host.report())
    except SafelightError as error:
        face.warn(f"no cage could be measured: {error.message}")
        return None


def _say(face: Face, page: Page) -> None:
    from safelight.proof.posture.posture import findings

    found = findings(page)
    if face.verbosity > 0:
        tell(face, page)
    for one in found:
        mark = face.paint(f"{one.severity:<7}", PAINTS[one.severity])
        taken = "" if one.is_open else "  (taken on)"
        face.out(f"{mark} {one.id:<20} {printable(one.words)}{taken}")
        if face.verbosity >= 0:
            face.out(f"        {'':<20} {printable(one.evidence)}")
            if one.fix and one.is_open:
                face.out(f"        {'':<20} {printable(one.fix)}")
    for one_fact in page.sections[0].facts:
        face.out(f"{one_fact.name}: {printable(one_fact.value)}  ({one_fact.basis})")
