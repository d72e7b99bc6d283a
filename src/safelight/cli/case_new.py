"""case new: begin a case in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.custody import acting, case_at, folder, house, long, short, somebody, tell
from safelight.cli.face import Face
from safelight.cli.printable import printable


@click.command(name="new", add_help_option=False)
@folder
@click.option("--title", metavar="TEXT", callback=short, help="What it is called; the folder's "
              "name if not given.")  # fmt: skip
@acting
@click.option("--why", metavar="REASON", default="", callback=lambda c, p, v: long(c, p, v or None)
              or "", help="Why it is begun.")  # fmt: skip
@house
@click.pass_obj
def command(
    face: Face, folder: str, *, title: str | None, who: str | None, role: str | None, why: str
) -> int:
    """Begin a case. Its folder has originals, work on copies, and the log of both.

    \b
    Examples:
      safelight case new 2026-114 --who 'A. Weber' --role 'first responder'
      safelight case new 2026-114 --title 'Harbour, camera 3' --who 'A. Weber' --role examiner

    Every event is signed with this machine's key and names the one before it. Keep the digest that
    each command prints: who has it can tell a log that was cut or put back.
    """
    from safelight.engine.kept import CASE_LOG, refuse_kept

    refuse_kept(Path(folder) / CASE_LOG, replaces=False)
    case = case_at(face, folder)
    person = somebody(case, None, who, role)
    chain = case.create(title or printable(Path(folder).absolute().name)[:200], person, why)
    if not face.is_json and face.verbosity >= 0:
        face.out(f"case {chain.id} in {printable(folder)}")
    tell(face, case, chain, "created")
    return 0
