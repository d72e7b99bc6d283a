"""Keys: one for each purpose, so that none that is given away or lost opens what another guards.

What they are stands in plain.py. They are made on first use, as files that only their owner can
read, or lie wrapped in a vault, which is opened when a secret is first asked for: public keys are
there without that, so a locked vault does not keep anybody from verifying. A keyed digest of an
input can be compared only by who holds the digest key, so a receipt does not tell a stranger which
known picture was worked on. Where an older version began, its one signing key stays the journal's:
a journal never changes its key. The cryptography library is imported when first used.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.vault import plain
from safelight.vault.private import private_folder
from safelight.vault.vault import Vault

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# Gives a secret; raises VaultLocked where nobody opens the vault.
Secret = Callable[[], bytes | bytearray]


class Signer:
    """One Ed25519 key. Safe to use from many threads.

    secret: the seed, 32 bytes, overwritten after use if it is a bytearray.
    public_bytes: the raw public key, where it is known without the secret.
    """

    def __init__(self, secret: Secret, public_bytes: bytes | None = None) -> None:
        self._secret = secret
        if public_bytes is not None:
            self.public_bytes = public_bytes

    @cached_property
    def public_bytes(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._private().public_key().public_bytes_raw()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the raw public key, 64 hexadecimal digits."""
        return fingerprint_of(self.public_bytes)

    @cached_property
    def public_pem(self) -> bytes:
        """The public key as a PEM file, to hand to who must verify."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        key = Ed25519PublicKey.from_public_bytes(self.public_bytes)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes. Raises VaultLocked."""
        return self._private().sign(data)

    def _private(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        secret = self._secret()
        try:
            return Ed25519PrivateKey.from_private_bytes(secret)
        finally:
            overwrite(secret)


class Keys:
    """The keys of one user. Safe to use from many threads."""

    def __init__(
        self, receipts: Signer, journal: Signer, *, digest: Secret, data: Secret, tls: Secret
    ) -> None:
        self.receipts, self.journal = receipts, journal
        self._digest, self._data, self._tls = digest, data, tls

    @property
    def data(self) -> bytes:
        """32 bytes, from which the keys of encrypted files and of the database are derived.

        A copy for one use, not to be kept. Raises VaultLocked.
        """
        secret = self.take_data()
        try:
            return bytes(secret)
        finally:
            overwrite(secret)

    def take_data(self) -> bytearray:
        """The same copy, for the taker to overwrite after use. Raises VaultLocked."""
        secret = self._data()
        return secret if isinstance(secret, bytearray) else bytearray(secret)

    @property
    def tls(self) -> bytes:
        """The key for a server's connections, PKCS #8 in DER; made when first asked for."""
        return bytes(self._tls())

    def keyed_digest_start(self) -> hmac.HMAC:
        """A fresh HMAC-SHA256 under the digest key: feed it with update, read hexdigest."""
        secret = self._digest()
        try:
            return hmac.new(secret, digestmod=hashlib.sha256)
        finally:
            overwrite(secret)

    def pseudonym(self, text: str) -> str:
        """A stable name, 16 hexadecimal digits, that only who holds the digest key can trace."""
        digest = self.keyed_digest_start()
        digest.update(b"pseudonym\0" + text.encode())
        return digest.hexdigest()[:16]


def load_or_make(folder: Path, passphrase_file: Path | None = None) -> Keys:
    """The keys of this folder; what is missing is made. First runs at once end with one set.

    passphrase_file: a file whose first line opens a vault that a passphrase keeps. Raises
    PolicyRefused for a folder or file that is a link, open to others, someone else's or damaged;
    VerificationFailed for a damaged vault, SomethingMissing for one that is gone; Unavailable if
    another run holds the folder for more than 10 s.
    """
    private_folder(folder)
    vault = Vault(folder, passphrase_file)
    return _wrapped(vault) if vault.is_begun else _plain(folder)


def overwrite(secret: bytes | bytearray) -> None:
    """Overwrite a secret that can be overwritten."""
    if isinstance(secret, bytearray):
        secret[:] = bytes(len(secret))


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


def _plain(folder: Path) -> Keys:
    def signer(name: str) -> Signer:
        data = plain.read_or_make(folder, name)
        return Signer(cache(partial(plain.secret_of, name, data)))

    def secret(name: str) -> Secret:
        found = plain.secret_of(name, plain.read_or_make(folder, name))
        return lambda: found

    # The journal's comes first: a folder with a signing key alone is an older version's.
    journal, receipts = signer("journal"), signer("receipts")
    digest, data = secret("digest"), secret("data")
    return Keys(receipts, journal, digest=digest, data=data, tls=lambda: secret("tls")())


def _wrapped(vault: Vault) -> Keys:
    def secret(name: str) -> Secret:
        return partial(vault.copy, name)

    def signer(name: str) -> Signer:
        return Signer(secret(name), vault.wrapped.keys[name].public)

    def tls() -> bytearray:
        if "tls" not in vault.wrapped.keys:
            vault.add("tls")
        return vault.copy("tls")

    digest, data = secret("digest"), secret("data")
    return Keys(signer("receipts"), signer("journal"), digest=digest, data=data, tls=tls)
