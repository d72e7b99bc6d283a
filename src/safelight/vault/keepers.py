"""Keepers: who keeps the key that opens the vault's master key.

passphrase  nobody: Argon2id makes it from what the user knows
key store   the system's own (Secret Service, KWallet, Keychain, Credential Locker), by keyring
key file    a private file in a place of the user's choice: no better kept than that place
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from safelight.errors import OutputExists, SomethingMissing, UsageError, VaultLocked
from safelight.vault.passphrase import normal
from safelight.vault.private import read_private, require_folder, write_private
from safelight.vault.wrapping import ARGON2, KEY_FILE, KEY_STORE, PASSPHRASE, Kept

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

Answer = TypeVar("Answer")
SERVICE = "safelight"
KEY_BYTES = 32
EXTRA = "pip install 'safelight[vault]'"
# Backends that keep what they are given in the system's own store, and not in a file of theirs.
STORES = (
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)


class Keeper(Protocol):
    """Gives the key that opens the master key, for the caller to overwrite; `begin` makes a new one
    and says how it is kept.
    """

    def begin(self) -> Kept: ...
    def key(self, kept: Kept) -> bytearray: ...
    def forget(self, kept: Kept) -> None: ...


class ByPassphrase:
    """The user's passphrase."""

    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase

    def begin(self) -> Kept:
        salt = base64.b64encode(secrets.token_bytes(16)).decode()
        return {"by": PASSPHRASE, "salt": salt, **ARGON2}

    def key(self, kept: Kept) -> bytearray:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        try:
            work = Argon2id(
                salt=base64.b64decode(str(kept["salt"])),
                length=KEY_BYTES,
                iterations=int(kept["passes"]),
                lanes=int(kept["lanes"]),
                memory_cost=int(kept["memory_kib"]),
            )
        except UnsupportedAlgorithm as error:  # pragma: no cover - a library without Argon2
            raise SomethingMissing("this system's OpenSSL has no Argon2id") from error
        key = bytearray(KEY_BYTES)
        work.derive_into(normal(self._passphrase).encode(), key)
        return key

    def forget(self, kept: Kept) -> None:
        """There is nothing to forget: it is not kept."""


class ByKeyStore:
    """The system's key store. Raises SomethingMissing where there is none."""

    def __init__(self) -> None:
        self._store = key_store()

    def begin(self) -> Kept:
        text = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        account = secrets.token_hex(8)
        _asked(lambda: self._store.set_password(SERVICE, account, text))
        return {"by": KEY_STORE, "account": account}

    def key(self, kept: Kept) -> bytearray:
        text = _asked(lambda: self._store.get_password(SERVICE, str(kept["account"])))
        if text is None:
            raise VaultLocked(
                "the system's key store does not have the vault's key",
                hint="log in as the user who made the vault, or see: safelight help vault",
            )
        return bytearray(base64.b64decode(text))

    def forget(self, kept: Kept) -> None:
        _asked(lambda: self._store.delete_password(SERVICE, str(kept["account"])))


class ByKeyFile:
    """A file with the key in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self) -> Kept:
        if not self._path.is_absolute():
            raise UsageError("the key file needs an absolute path")
        if os.path.lexists(self._path):
            raise OutputExists(f"{self._path} is there already", hint="name another file")
        require_folder(self._path)
        write_private(self._path, secrets.token_hex(KEY_BYTES).encode() + b"\n")
        return {"by": KEY_FILE, "path": str(self._path)}

    def key(self, kept: Kept) -> bytearray:
        try:
            line = read_private(self._path, 2 * KEY_BYTES + 1)
        except OSError as error:
            reason = (error.strerror or "error").lower()
            raise VaultLocked(
                f"the key file {self._path} cannot be read: {reason}",
                hint="put in the medium that it is on",
            ) from error
        if line is None:
            raise VaultLocked(f"the key file {self._path} is not there", hint="put it back there")
        if not re.fullmatch(rb"[0-9a-f]{64}\n", line):
            raise VaultLocked(
                f"the key file {self._path} is damaged", hint="put it back from a backup"
            )
        return bytearray.fromhex(line.decode())

    def forget(self, kept: Kept) -> None:
        self._path.unlink(missing_ok=True)


def key_store() -> KeyringBackend:
    """The system's key store. Raises SomethingMissing where there is none, or not the extra."""
    found = _found_store()
    if found is None:
        raise SomethingMissing(
            "this system has no key store that is running",
            hint="safelight vault init --kept-by passphrase",
        )
    return found


def has_key_store() -> bool:
    """Whether the system has a key store and the extra is installed."""
    try:
        return _found_store() is not None
    except SomethingMissing:
        return False


def _found_store() -> KeyringBackend | None:
    try:
        import keyring
    except ImportError as error:
        raise SomethingMissing(
            "the system's key store needs the extra vault", hint=EXTRA
        ) from error
    found = keyring.get_keyring()
    within = getattr(found, "backends", (found,))
    return next((one for one in within if type(one).__module__ in STORES), None)


def _asked(ask: Callable[[], Answer]) -> Answer:
    from keyring.errors import KeyringError

    try:
        return ask()
    except KeyringError as error:
        raise VaultLocked(
            "the system's key store does not answer",
            hint="open it, as by logging in, and run the same command again",
        ) from error
