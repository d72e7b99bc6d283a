"""receipt request-timestamp: the request for a time-stamp authority, as a file."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.checking import Check
from safelight.cli.face import Face
from safelight.cli.handing import hand_over, sound
from safelight.cli.options import setting, speaking


@click.command(name="request-timestamp", add_help_option=False)
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", metavar="FILE", help="Where to write it; NAME.tsq in this folder "
              "if not given.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@setting("state_dir")
@setting("data_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, file: str, output: str | None, *, force: bool) -> int:
    """Write a request for a time-stamp authority (RFC 3161) about the receipt of FILE, an output or
    a receipt. It holds the SHA-256 of the receipt and nothing else. No connection is opened: carry
    the request to an authority of your choice, and its answer back to attach-timestamp.

    \b
    Examples:
      safelight receipt request-timestamp photo.jpg -o photo.tsq
      curl -H 'Content-Type: application/timestamp-query' --data-binary @photo.tsq \\
        https://authority.example/tsa > photo.tsr
      safelight receipt attach-timestamp photo.jpg photo.tsr
    """
    from safelight.audit import timestamp

    receipt = sound(Check(face).verified(Path(file)))
    name = output or f"{Path(file).name}.tsq"
    hand_over(face, name, timestamp.request(receipt.data), what="request", force=force)
    return 0
