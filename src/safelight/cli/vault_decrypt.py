"""vault decrypt: what is in encrypted files, as plain ones."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.face import Face
from safelight.cli.filing import each, place
from safelight.cli.options import setting, speaking
from safelight.errors import UsageError


@click.command(name="decrypt", add_help_option=False)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", metavar="PATH", help="The new file, or a folder for new files.")
@setting("state_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, files: tuple[str, ...], output: str | None) -> int:
    """Open encrypted files into plain ones.

    FILE stays; the new one is called as FILE without .enc. It gets its name when all of FILE has
    opened: of one that was changed or cut off, nothing is given out. Plain bytes are on the disk
    from then on; verbs on pictures take FILE as it is and need no plain one.

    \b
    Examples:
      safelight vault decrypt photo.jpg.enc
      safelight vault decrypt sealed/*.enc -o open/
    """
    from safelight.vault.files import decrypt_file
    from safelight.vault.stream import SUFFIX, is_encrypted_name, plain_name

    def name(path: Path) -> Path:
        if not is_encrypted_name(path):
            raise UsageError(
                f"the name of an encrypted file ends in {SUFFIX}", hint="name the encrypted file"
            )
        target = place(output, plain_name(path), several=len(files) > 1)
        if is_encrypted_name(target):
            raise UsageError(
                f"the name of a plain file does not end in {SUFFIX}", hint="-o another name"
            )
        return target

    return each(face, "decrypted", files, name=name, work=decrypt_file)
