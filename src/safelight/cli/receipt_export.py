"""receipt export: a receipt as a page to read and to print, or as the statement alone."""

from __future__ import annotations

import json
from pathlib import Path

import click

from safelight.cli.checking import Check
from safelight.cli.face import Face
from safelight.cli.handing import hand_over, sound
from safelight.cli.options import setting, speaking
from safelight.errors import UsageError

KINDS = (".html", ".json", ".txt")


@click.command(name="export", add_help_option=False)
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", required=True, metavar="PATH", help="A name that ends in .html, "
              ".txt or .json; - is text on standard output.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@setting("state_dir")
@setting("data_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, file: str, output: str, *, force: bool) -> int:
    """Write the receipt of FILE, an output or a receipt, as a page that prints well, as text, or as
    the statement that was signed. What was found when it was checked stands on it.

    \b
    Examples:
      safelight receipt export photo.scrubbed.jpg -o photo.html
      safelight receipt export photo.scrubbed.jpg -o statement.json
    """
    from safelight.audit.facts import utc_now
    from safelight.audit.view import page
    from safelight.audit.words import describe

    place = Path(output)
    if output != "-" and place.suffix.lower() not in KINDS:
        raise UsageError(f"-o takes a name that ends in {', '.join(KINDS)}")
    check = Check(face)
    found = check.verified(Path(file))
    receipt = sound(found)
    if place.suffix.lower() == ".html":
        text = page(receipt, found, when=utc_now())
    elif place.suffix.lower() == ".json":
        text = json.dumps(json.loads(receipt.payload), indent=2, ensure_ascii=False) + "\n"
    else:
        rows = (
            *describe(receipt),
            *((line.name, f"{line.state}: {line.sentence}") for line in found.lines),
        )
        text = "".join(f"{label:<12} {sentence}\n" for label, sentence in rows)
    hand_over(face, output, text.encode(), what="receipt", force=force)
    return check.exit_code(found)
