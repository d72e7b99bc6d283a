"""verify: outputs and receipts, five lines each."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.checking import Check, document, hint, print_failure, print_lines
from safelight.cli.face import Face
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable


@click.command(name="files", add_help_option=False)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--key",
    metavar="KEY",
    help="Trust this key besides your own: its whole fingerprint, or a PEM file.",
)
@click.option(
    "--authority", metavar="FILE", help="Certificates of time-stamp authorities to trust, as PEM."
)
@setting("state_dir")
@setting("data_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, files: tuple[str, ...], key: str | None, authority: str | None) -> int:
    """Check outputs or receipts: signature, chain, output, models, schema. Works offline.

    \b
    Examples:
      safelight verify photo.scrubbed.jpg
      safelight verify out/*.jpg --json
      safelight verify theirs.jpg --key their-key.pem
    """
    check, codes, doubts = Check(face, key, authority), [], []
    for name in files:
        found = check.verified(Path(name))
        codes.append(check.exit_code(found))
        doubts.append(check.doubt(found))
        if face.is_json:
            face.document(document(name, found, doubts[-1]))
            continue
        if face.verbosity < 0:
            print_failure(face, name, found, doubts[-1])
            continue
        if len(files) > 1:
            face.out(face.paint(printable(name), "bold"))
        print_lines(face, found, with_limits=name == files[-1])
    hint(face, doubts)
    return max(codes)
