"""case list: the cases that were led on this machine."""

from __future__ import annotations

import click

from safelight.cli.custody import case_at, document, house, line, registry_of
from safelight.cli.face import Face
from safelight.errors import SafelightError


@click.command(name="list", add_help_option=False)
@house
@click.pass_obj
def command(face: Face) -> int:
    """List the cases of this machine, and whether each log holds.

    \b
    Examples:
      safelight case list
      safelight case list --json
    """
    worst = 0
    for known in registry_of(face).all():
        try:
            chain = case_at(face, str(known.path)).read()
        except SafelightError as error:
            worst = max(worst, error.exit_code)
            face.failure(known.case, error.message, error.hint)
            continue
        if face.is_json:
            face.document(document(known.path, chain))
        else:
            state = "sealed" if chain.seal is not None else "open"
            face.out(line(chain.id, f"{state:<6}", f"{chain.number:>5} events", chain.title,
                          str(known.path)))  # fmt: skip
    return worst
