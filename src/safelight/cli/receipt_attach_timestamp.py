"""receipt attach-timestamp: the answer of a time-stamp authority, put beside its receipt."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.checking import Check
from safelight.cli.face import SCHEMA, Face
from safelight.cli.handing import sound, write
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable
from safelight.errors import InputMissing


@click.command(name="attach-timestamp", add_help_option=False)
@click.argument("file", metavar="FILE")
@click.argument("answer", metavar="ANSWER")
@click.option("--authority", metavar="PEM", help="Certificates of the authority that you trust; "
              "without them only the form is checked.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a time stamp that is there.")
@setting("state_dir")
@setting("data_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, file: str, answer: str, authority: str | None, *, force: bool) -> int:
    """Check the ANSWER of a time-stamp authority and keep it beside the receipt of FILE, an output
    or a receipt. From then on verify tells of it.

    \b
    Examples:
      safelight receipt attach-timestamp photo.jpg photo.tsr
      safelight receipt attach-timestamp photo.jpg photo.tsr --authority authority.pem
    """
    from safelight.audit import timestamp
    from safelight.audit.receipt import is_receipt_path, path_for

    check = Check(face, authorities=authority)
    receipt = sound(check.verified(Path(file)))
    try:
        with Path(answer).open("rb") as source:
            data = source.read(timestamp.MAX_ANSWER_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise InputMissing(f"{answer} cannot be read: {reason}") from error
    stamp = timestamp.read(receipt.data, data, check.authorities)
    place = Path(file) if is_receipt_path(Path(file)) else path_for(Path(file))
    write(timestamp.path_of(place), lambda file: file.write(data), force=force)
    if face.is_json:
        line = {"type": "written", "schema": SCHEMA, "what": "time stamp"}
        kept = str(timestamp.path_of(place))
        face.document(line | {"file": kept, "time": stamp.time, "trusted": stamp.is_trusted})
    elif face.verbosity >= 0:
        whose = "as an authority that you trust signed"
        doubt = "as the answer says; --authority PEM checks who signed it"
        told = whose if stamp.is_trusted else doubt
        face.out(f"{printable(file)}: it was there at {stamp.time}, {told}")
    return 0
