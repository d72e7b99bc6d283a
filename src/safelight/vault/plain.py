"""Plain: the keys as files that only their permissions protect, and what stands in each.

receipts  Ed25519, signs receipts and bundles of models     signing.pem, PKCS #8
journal   Ed25519, signs the journal and the ledger         journal.pem, PKCS #8
digest    32 bytes, for keyed digests of inputs             digest.key, 64 hexadecimal digits
data      32 bytes, for files and the database              data.key, 64 hexadecimal digits
tls       ECDSA P-256, for a server's connections           tls.pem, PKCS #8

The secret of a key is what the vault wraps: the 32 bytes of an Ed25519 seed, the 32 bytes, or
PKCS #8 in DER. The cryptography library is imported when first used.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.errors import PolicyRefused, SomethingMissing, Unavailable
from safelight.vault.lock import hold
from safelight.vault.private import open_private, read_private, sync_folder, write_private

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

FILES = {
    "journal": "journal.pem",
    "receipts": "signing.pem",
    "digest": "digest.key",
    "data": "data.key",
    "tls": "tls.pem",
}
SIGNERS = ("receipts", "journal")
# What every user has; a key for connections is made when a server asks for it.
USUAL = ("journal", "receipts", "digest", "data")
LOCK_FILE, VAULT_FILE, NEW_VAULT_FILE = ".lock", "vault.json", "vault.new"
WRAPPED = b"vault\n"
AGAIN = "run the same command again"
MAX_KEY_BYTES = 4_096
SECRET_BYTES = 32
_BEING_WRITTEN = re.compile(
    r"\.({})\.[0-9a-f]{{16}}".format("|".join((*FILES.values(), VAULT_FILE, NEW_VAULT_FILE)))
)
_BEING_WIPED = ".wiped"


def read(folder: Path, name: str) -> bytes | None:
    """The file of a key, None if there is none. Raises PolicyRefused like read_private."""
    return read_private(folder / FILES[name], MAX_KEY_BYTES)


def read_or_make(folder: Path, name: str) -> bytes:
    """The file of a key, made if there is none. First runs at once end with one key.

    Raises PolicyRefused, Unavailable, OutputFailed, SomethingMissing.
    """
    data = read(folder, name)
    if data is None:
        with hold(folder / LOCK_FILE):
            data = read(folder, name)
            if data is None:
                if os.path.lexists(folder / VAULT_FILE):
                    raise Unavailable("the keys were put into a vault just now", hint=AGAIN)
                require_never_wrapped(folder)
                data = _made(folder, name)
                write_private(folder / FILES[name], data)
    return data


def secret_of(name: str, data: bytes) -> bytes:
    """The secret that stands in a file. Raises PolicyRefused where it is damaged."""
    if name in ("digest", "data"):
        if not re.fullmatch(rb"[0-9a-f]{64}\n", data):
            raise damaged(name)
        return bytes.fromhex(data.decode())
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(data, password=None)
    except ValueError as error:
        raise damaged(name) from error
    if name in SIGNERS and isinstance(key, Ed25519PrivateKey):
        return key.private_bytes_raw()
    if name not in SIGNERS and isinstance(key, EllipticCurvePrivateKey):
        return _der(key)
    raise damaged(name)


def file_of(name: str, secret: bytes) -> bytes:
    """What stands in the file of a key with this secret."""
    if name in ("digest", "data"):
        return secret.hex().encode() + b"\n"
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_der_private_key,
    )

    key = (
        Ed25519PrivateKey.from_private_bytes(secret)
        if name in SIGNERS
        else load_der_private_key(secret, password=None)
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def new_secret(name: str) -> bytes:
    """A fresh secret for a key."""
    if name != "tls":
        return secrets.token_bytes(SECRET_BYTES)
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

    return _der(generate_private_key(SECP256R1()))


def note_wrapped(folder: Path) -> None:
    """Keep in the lock file that there is a vault. For who holds the folder's lock."""
    with suppress(OSError):  # whoever cannot be told later is served as before
        (folder / LOCK_FILE).write_bytes(WRAPPED)


def require_never_wrapped(folder: Path) -> None:
    """Raise SomethingMissing where there was a vault: other keys would take the place of those in
    it, and files be encrypted under them that it does not open.
    """
    if (read_private(folder / LOCK_FILE, len(WRAPPED)) or b"") == WRAPPED:
        raise SomethingMissing(
            f"the vault's file {VAULT_FILE} is gone from the folder of keys",
            hint="put it back from a backup, or move the folder of keys away to start a new one",
        )


def wipe(path: Path) -> None:
    """Take a file away and overwrite what it held, where the disk writes in place.

    A run that dies in the middle leaves the file whole, or a remainder that `wipe_rests` finds.
    """
    rest = path if path.name.endswith(_BEING_WIPED) else path.with_name(f".{path.name}.wiped")
    if rest != path:
        os.replace(path, rest)
    with open(open_private(rest, os.O_RDWR), "r+b") as file:
        file.write(bytes(os.fstat(file.fileno()).st_size))
        file.flush()
        os.fsync(file.fileno())
    os.unlink(rest)
    sync_folder(path.parent)


def wipe_rests(folder: Path) -> None:
    """Overwrite what runs that died left of key files. For who holds the folder's lock."""
    for path in _hidden(folder):
        with suppress(FileNotFoundError):
            wipe(path)


def rests(folder: Path) -> tuple[str, ...]:
    """Names of the plain key files that are there, and of what runs that died left of some."""
    whole = (name for name in FILES.values() if (folder / name).exists())
    return (*whole, *(path.name for path in _hidden(folder)))


def damaged(name: str) -> PolicyRefused:
    """The error for a key file that cannot be read as what it is named."""
    return PolicyRefused(
        f"the key file {FILES[name]} is damaged",
        hint="put it back from a backup, or move the folder of keys away to start a new one",
    )


def _hidden(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.iterdir()
        if path.name.endswith(_BEING_WIPED) or _BEING_WRITTEN.fullmatch(path.name)
    ]


def _made(folder: Path, name: str) -> bytes:
    """A new key; for the journal the signing key that an older version made, if there is one."""
    older = read(folder, "receipts") if name == "journal" else None
    return older or file_of(name, new_secret(name))


def _der(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
