"""Keys: one for each purpose, so that none that is given away or lost opens what another guards.

receipts  Ed25519, signs receipts and bundles of models     signing.pem, PKCS #8
journal   Ed25519, signs the journal and the ledger         journal.pem, PKCS #8
digest    32 bytes, for keyed digests of inputs             digest.key, 64 hexadecimal digits
data      32 bytes, for files and the database              data.key, 64 hexadecimal digits

All are made on first use and lie in files that only their owner can read. A keyed digest of an
input can be compared only by who holds the digest key, so a receipt does not tell a stranger which
known picture was worked on. Where an older version began, its one signing key stays the journal's:
a journal never changes its key. The cryptography library is imported when first used.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.errors import PolicyRefused
from safelight.vault.lock import hold
from safelight.vault.private import private_folder, read_private, write_private

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNING_FILE = "signing.pem"
JOURNAL_FILE = "journal.pem"
DIGEST_FILE = "digest.key"
DATA_FILE = "data.key"
MAX_KEY_BYTES = 4_096


class Signer:
    """One Ed25519 key. Safe to use from many threads."""

    def __init__(self, pem: bytes, name: str = SIGNING_FILE) -> None:
        self._pem, self._name = pem, name

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(self._pem, password=None)
        except ValueError as error:
            raise _damaged(self._name) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise _damaged(self._name)
        return key

    @cached_property
    def public_bytes(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._private.public_key().public_bytes_raw()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the raw public key, 64 hexadecimal digits."""
        return fingerprint_of(self.public_bytes)

    @cached_property
    def public_pem(self) -> bytes:
        """The public key as a PEM file, to hand to who must verify."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self._private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, data: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes."""
        return self._private.sign(data)


class Keys:
    """The keys of one user. Safe to use from many threads."""

    def __init__(self, receipts: Signer, journal: Signer, digest: bytes, data: bytes) -> None:
        self.receipts, self.journal = receipts, journal
        self._digest, self._data = digest, data

    @property
    def data(self) -> bytes:
        """32 bytes, from which the keys of encrypted files and of the database are derived."""
        return self._data

    def keyed_digest_start(self) -> hmac.HMAC:
        """A fresh HMAC-SHA256 under the digest key: feed it with update, read hexdigest."""
        return hmac.new(self._digest, digestmod=hashlib.sha256)

    def pseudonym(self, text: str) -> str:
        """A stable name, 16 hexadecimal digits, that only who holds the digest key can trace."""
        digest = self.keyed_digest_start()
        digest.update(b"pseudonym\0" + text.encode())
        return digest.hexdigest()[:16]


def load_or_make(folder: Path) -> Keys:
    """Read the keys of this folder; make what is missing. First runs at once end with one set.

    Raises PolicyRefused for a folder or file that is a link, open to others, someone else's or
    damaged; Unavailable if another run holds the folder for more than 10 s.
    """
    private_folder(folder)
    return Keys(
        # The journal's comes first: a folder with a signing key alone is an older version's.
        journal=Signer(_read_or_make(folder / JOURNAL_FILE, _journal_pem), JOURNAL_FILE),
        receipts=Signer(_read_or_make(folder / SIGNING_FILE, _new_pem), SIGNING_FILE),
        digest=_secret(folder / DIGEST_FILE),
        data=_secret(folder / DATA_FILE),
    )


def is_signed(public_bytes: bytes, signature: bytes, data: bytes) -> bool:
    """True if the signature over the data was made by the owner of this raw public key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_bytes).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint_of(public_bytes: bytes) -> str:
    """SHA-256 of a raw public key, 64 hexadecimal digits."""
    return hashlib.sha256(public_bytes).hexdigest()


def _read_or_make(path: Path, make: Callable[[Path], bytes]) -> bytes:
    data = read_private(path, MAX_KEY_BYTES)
    if data is None:
        with hold(path.with_name(".lock")):
            data = read_private(path, MAX_KEY_BYTES)
            if data is None:
                data = make(path)
                write_private(path, data)
    return data


def _secret(path: Path) -> bytes:
    line = _read_or_make(path, _new_line)
    if not re.fullmatch(rb"[0-9a-f]{64}\n", line):
        raise _damaged(path.name)
    return bytes.fromhex(line.decode())


def _journal_pem(path: Path) -> bytes:
    """The signing key that an older version made, else a new one."""
    return read_private(path.with_name(SIGNING_FILE), MAX_KEY_BYTES) or _new_pem(path)


def _new_pem(_path: Path) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _new_line(_path: Path) -> bytes:
    return secrets.token_hex(32).encode() + b"\n"


def _damaged(name: str) -> PolicyRefused:
    return PolicyRefused(
        f"the key file {name} is damaged",
        hint="put it back from a backup, or move the folder of keys away to start a new one",
    )
