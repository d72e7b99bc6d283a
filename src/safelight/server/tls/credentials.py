"""Credentials: what the supervisor hands the front end so that it can prove who it is, and when
that is to be made anew. A private key lies in a sealed memfd and in no file of ours.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from safelight.errors import InputMissing, PolicyRefused, SafelightError
from safelight.server.tls.authority import LEAF_LASTS, Authority, fingerprint_of, load_or_make
from safelight.worker.memory import Sheet

# Renewed after a third of its time: two thirds are left to unlock a vault that is locked then.
RENEW_AFTER = LEAF_LASTS / 3
MAX_PEM_BYTES = 256 * 1024
Now = Callable[[], datetime.datetime]
Stamp = tuple[int, int, int]


def utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Credentials(ABC):
    """authority: the certificate of our own authority as PEM, empty with one that was brought;
    fingerprint: what people compare and programs pin, SHA-256, 64 hexadecimal digits.
    """

    authority: str = ""
    fingerprint: str

    def __init__(self, pem: bytes) -> None:
        self._sheet = Sheet.holding(pem)

    @property
    def leaf_fd(self) -> int:
        return self._sheet.fd

    def told(self) -> dict[str, Any]:
        """For Start.tls: a front end that starts gets the latest."""
        return {"leaf_fd": self.leaf_fd}

    def renewed(self) -> int | None:
        """The memfd of a new key and certificate, which stays ours, where the time for them has
        come or their files have changed; else None. What cannot be had now is tried again.
        """
        try:
            pem = self._newer()
        except SafelightError:
            return None
        if pem is None:
            return None
        before, self._sheet = self._sheet, Sheet.holding(pem)
        before.close()
        return self.leaf_fd

    def close(self) -> None:
        self._sheet.close()

    @abstractmethod
    def _newer(self) -> bytes | None: ...


class Local(Credentials):
    """Vouched for by the authority of this machine.

    folder: where its certificate is kept; secret gives its key, PKCS #8 in DER, and may raise
    VaultLocked; names: by which names and addresses the server is asked.
    """

    def __init__(
        self,
        folder: Path,
        secret: Callable[[], bytes],
        *,
        host: str,
        names: Sequence[str],
        now: Now = utc_now,
    ) -> None:
        self._folder, self._secret, self._host, self._now = folder, secret, host, now
        self._names = tuple(dict.fromkeys(names))
        super().__init__(self._made())

    def _made(self) -> bytes:
        now = self._now()
        made: Authority = load_or_make(self._folder, self._secret(), self._host, now=now)
        self.authority, self.fingerprint = made.pem, made.fingerprint
        self._again_at = now + RENEW_AFTER
        return made.leaf(self._names, now=now)

    def _newer(self) -> bytes | None:
        return self._made() if self._now() >= self._again_at else None


class Brought(Credentials):
    """A certificate of the user's own, with the chain above it, and its key: two PEM files."""

    def __init__(self, certificate: Path, key: Path, *, now: Now = utc_now) -> None:
        self._files, self._now = (certificate, key), now
        self._stamps = self._stamps_now()
        super().__init__(self._read())

    def _read(self) -> bytes:
        certificate, key = (_file(path) for path in self._files)
        leaf = checked(certificate, key, now=self._now())
        self.fingerprint = fingerprint_of(leaf)
        return key + b"\n" + certificate

    def _newer(self) -> bytes | None:
        stamps = self._stamps_now()
        if stamps == self._stamps:
            return None
        pem = self._read()
        self._stamps = stamps
        return pem

    def _stamps_now(self) -> tuple[Stamp, ...]:
        return tuple(_stamp(path) for path in self._files)


def checked(certificate: bytes, key: bytes, *, now: datetime.datetime) -> x509.Certificate:
    """The first certificate of the two files. Raises PolicyRefused where they do not belong
    together, have ended, or the key is encrypted.
    """
    hint = "--certificate takes PEM with the server's own certificate first, --key its plain key"
    try:
        found = x509.load_pem_x509_certificates(certificate)[0]
        secret = load_pem_private_key(key, password=None)
    except TypeError as error:
        raise PolicyRefused("the key of the certificate is encrypted", hint=hint) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PolicyRefused("the certificate or its key cannot be read", hint=hint) from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if found.public_key().public_bytes(*form) != secret.public_key().public_bytes(*form):
        raise PolicyRefused("the key is not that of the certificate", hint=hint)
    if not found.not_valid_before_utc <= now < found.not_valid_after_utc:
        raise PolicyRefused("the certificate is not valid today", hint="renew it")
    return found


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError as error:
        raise InputMissing(f"there is no file {path}") from error
    return found.st_ino, found.st_mtime_ns, found.st_size


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_PEM_BYTES)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise InputMissing(f"{path} cannot be read: {reason}") from error
