"""What tests of the vault do with one: open it, use each key, look for plain keys on the disk."""

from __future__ import annotations

from pathlib import Path

from safelight.vault import plain
from safelight.vault.keepers import ByPassphrase
from safelight.vault.keys import Keys
from safelight.vault.vault import Vault

PASSPHRASE = "fourteen cats on a roof"
OTHER = "seven dogs under the bridge"


def secrets_of(keys: Keys) -> tuple[bytes, ...]:
    """Something that each key alone gives."""
    return (
        keys.receipts.sign(b"x"),
        keys.journal.sign(b"x"),
        keys.pseudonym("x").encode(),
        keys.data,
        keys.receipts.public_pem,
    )


def unlock(vault: Vault, passphrase: str = PASSPHRASE) -> None:
    assert vault.unlock(vault.opened_by(ByPassphrase(passphrase)), seconds=60)


def plaintexts(folder: Path) -> set[bytes]:
    """The secrets of these keys in every form in which they might lie on a disk."""
    found = {name: plain.secret_of(name, plain.read_or_make(folder, name)) for name in plain.USUAL}
    files = {plain.file_of(name, secret).splitlines()[-1] for name, secret in found.items()}
    lines = {plain.file_of(name, found[name]).splitlines()[1] for name in plain.SIGNERS}
    texts = {secret.hex().encode() for secret in found.values()}
    return {*found.values(), *texts, *lines, *files} - {b"-----END PRIVATE KEY-----"}


def lying_about(folder: Path, needles: set[bytes]) -> set[Path]:
    """Files in which a needle lies."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path for path in files if any(needle in path.read_bytes() for needle in needles)}
