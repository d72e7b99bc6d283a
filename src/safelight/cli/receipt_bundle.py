"""receipt bundle: many receipts as one file for somebody else."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.gathering import Gathering
from safelight.cli.handing import write
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable
from safelight.errors import UsageError


@click.command(name="bundle", add_help_option=False)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", required=True, metavar="PATH", help="The bundle; it ends in .zip.")
@click.option("--with-outputs", is_flag=True, help="Put the results in, too.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@setting("state_dir")
@setting("data_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(
    face: Face, files: tuple[str, ...], output: str, *, with_outputs: bool, force: bool
) -> int:
    """Put the receipts of all FILEs (outputs or receipts) into one signed file, with the proof that
    each stands in your journal, a page to read each, your public keys, and two programs that check
    receipts where there is no Safelight. Names of pictures are left out.

    \b
    Examples:
      safelight receipt bundle out/*.jpg -o november.zip
      safelight receipt bundle out/*.jpg --with-outputs -o for-the-court.zip
      safelight verify bundle november.zip
    """
    if not output.lower().endswith(".zip"):
        raise UsageError("-o takes a name that ends in .zip")
    gathered = Gathering(face, with_outputs=with_outputs)
    for name in files:
        gathered.add(Path(name))
    write(Path(output), gathered.write, force=force)
    if face.is_json:
        line = {"type": "written", "schema": SCHEMA, "what": "bundle", "file": output}
        counts = {"receipts": gathered.count, "proofs": gathered.proofs}
        face.document(line | counts | {"outputs": gathered.outputs})
    elif face.verbosity >= 0:
        face.out(
            f"{printable(output)}: receipts {gathered.count}, proofs {gathered.proofs},"
            f" results {gathered.outputs}"
        )
    return 0
