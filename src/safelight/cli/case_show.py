"""case show: what happened to a case, event by event."""

from __future__ import annotations

import click

from safelight.cli.custody import case_at, document, event_document, folder, house, line
from safelight.cli.face import Face
from safelight.cli.printable import printable


@click.command(name="show", add_help_option=False)
@folder
@house
@click.pass_obj
def command(face: Face, folder: str) -> int:
    """Show what happened to the case, event by event. Files are not looked at: case verify does.

    \b
    Examples:
      safelight case show 2026-114
      safelight case show 2026-114 --json
    """
    from safelight.proof.cases.telling import sentence

    case = case_at(face, folder)
    chain = case.read()
    if face.is_json:
        face.document(document(case.folder, chain))
        for one in chain.lines:
            face.document(event_document(one.event, one.digest))
        return 0
    name, role = chain.custodian
    away = f", handed to {printable(chain.offered)}, not confirmed" if chain.offered else ""
    face.out(face.paint(printable(chain.title), "bold"))
    face.out(f"case {chain.id}, {'sealed' if chain.seal is not None else 'open'}, "
             f"with {printable(name)}{f' ({printable(role)})' if role else ''}{away}")  # fmt: skip
    for one in chain.lines:
        event = one.event
        who = f"{event.who.name}{f' ({event.who.role})' if event.who.role else ''}"
        face.out(line(f"{event.number:>4}", event.time, who, sentence(event)))
        if event.why:
            face.out(f"{'':<28}{printable(event.why, 200)}")
    return 0
