"""audit report: what is known here, as a document for who must examine it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safelight.audit.moments import moment
from safelight.cli.audit_posture import report_of
from safelight.cli.checking import trusted
from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.cli.paging import require_free, write
from safelight.errors import InputMissing

if TYPE_CHECKING:
    from safelight.proof.reports.evidence import Evidence


class KindChoice(click.Choice[str]):
    """The kinds, looked up when first needed."""

    def __init__(self) -> None:
        from safelight.proof.reports.catalogue import names

        super().__init__(names())


@click.command(name="report", add_help_option=False)
@click.argument("places", nargs=-1, metavar="[FILE|FOLDER]...")
@click.option("--for", "kind", required=True, type=KindChoice(), help="What the report is for.")
@click.option("-r", "--recursive", is_flag=True, help="Look into folders below folders.")
@click.option("--since", metavar="WHEN", help="Only work since then: 30d, 2026-11-21.")
@click.option("--until", metavar="WHEN", help="Only work until then: 2026-12-31.")
@click.option(
    "--role",
    type=click.Choice(["controller", "processor"]),
    default="controller",
    help="For gdpr-art30: which paragraph.",
)
@click.option("--names", is_flag=True, help="For custody: file names as found on the disk.")
@click.option(
    "--key",
    metavar="KEY",
    help="Count receipts of this key, too: its whole fingerprint, or a PEM file.",
)
@click.option(
    "-o", "--output", metavar="FILE", help="Write it: NAME.html or NAME.json, signed, or NAME.md."
)
@setting("require_level")
@setting("state_dir")
@setting("data_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, /, *, kind: str, output: str | None, **asked: object) -> int:
    """Write what is known here as a document, with blanks for what only you know.

    \b
    Examples:
      safelight audit report --for gdpr-art30 pictures/ -r -o record.html
      safelight audit report --for gdpr-art30 --role processor -o record.md
      safelight audit report --for custody out/ -o custody.html
      safelight audit report --for dpia -o draft.md

    Without -o it is Markdown on standard output. Operations come from the receipts in each FOLDER
    and in the state folder that hold; runs, connections and measures from journal, ledger and a
    fresh look. It helps to document; whether that is enough is not for a program to say.
    """
    from safelight.proof.reports.catalogue import kind as named
    from safelight.proof.reports.markdown import markdown

    require_free(output)
    wanted = named(kind)
    page = wanted.page(_evidence(face, asked, only_named=wanted.ONLY_NAMED))
    if output is not None:
        page = write(face, page, output)
    if face.is_json:
        shown = page.model_dump(mode="json")
        counts = {"asks": page.asks, "written": output}
        face.document({"type": "report", "schema": SCHEMA, **counts, "page": shown})
    elif output is None:
        face.out(markdown(page).rstrip("\n"))
    return 0


def _evidence(face: Face, asked: dict[str, object], *, only_named: bool) -> Evidence:
    from safelight.proof.posture.posture import Place, posture
    from safelight.proof.reports.evidence import Asked, gather

    now, settings = datetime.now(UTC), face.settings
    names = asked["places"]
    places = tuple(_there(str(name)) for name in names) if isinstance(names, Iterable) else ()
    wanted = Asked(
        places=places,
        is_recursive=bool(asked["recursive"]),
        since=moment(str(asked["since"]), now) if asked["since"] else "",
        until=moment(str(asked["until"]), now) if asked["until"] else "",
        trusted=(trusted(str(asked["key"])),) if asked["key"] else (),
        role=str(asked["role"]),
        has_names=bool(asked["names"]),
        only_named=only_named,
    )
    return gather(settings, posture(Place(settings), report_of(face)), wanted)


def _there(name: str) -> Path:
    if not Path(name).exists():
        raise InputMissing(f"there is no {name}")
    return Path(name)
