"""vault encrypt: files as they are, into encrypted ones."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.face import Face
from safelight.cli.filing import each, place
from safelight.cli.options import setting, speaking
from safelight.errors import UsageError


@click.command(name="encrypt", add_help_option=False)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", metavar="PATH", help="The new file, or a folder for new files.")
@setting("state_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, files: tuple[str, ...], output: str | None) -> int:
    """Encrypt files as they are, whatever they are.

    The vault's key for data does it. FILE stays; the new one is called FILE.enc. It is AES-256-GCM
    in the form of Tink's AES256_GCM_HKDF_1MB: with the exported key any Tink opens it. Safelight
    takes it as an input like the picture itself. Removing FILE is left to you, and what a disk
    keeps of a removed file is not ours to promise: results that go straight to -o NAME.enc are
    never there in the clear.

    \b
    Examples:
      safelight vault encrypt photo.jpg
      safelight vault encrypt photos/*.jpg -o sealed/
      safelight inspect photo.jpg.enc
    """
    from safelight.vault.files import encrypt_file
    from safelight.vault.stream import SUFFIX, is_encrypted_name

    def name(path: Path) -> Path:
        if is_encrypted_name(path):
            hint = f"safelight verify {path.name}, or vault decrypt"
            raise UsageError("the name says that the file is encrypted already", hint=hint)
        target = place(output, path.with_name(path.name + SUFFIX), several=len(files) > 1)
        if not is_encrypted_name(target):
            raise UsageError(
                f"the name of an encrypted file ends in {SUFFIX}", hint=f"-o {target.name}{SUFFIX}"
            )
        return target

    return each(face, "encrypted", files, name=name, work=encrypt_file)
