"""Checking: a verification as it is asked for and told, by every verb that makes one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safelight.cli.face import SCHEMA, Face
from safelight.cli.printable import printable
from safelight.engine.verifying import doubt_of, lines_of
from safelight.errors import InputMissing, ParameterInvalid, VerificationFailed

if TYPE_CHECKING:
    from safelight.audit.verify import Trust, Verification

PAINTS = {"ok": "green", "failed": "red", "unknown": "yellow"}
FINGERPRINT = re.compile("[0-9a-f]{64}")
CHAIN = "a PEM file with the authority's certificates"
MAX_CERTIFICATES_BYTES = 1_000_000
MAX_KEY_BYTES = 65_536
PEM = "a file with one Ed25519 public key as PEM"


class Check:
    """Verifies files by our own key and journal, and by one more key that the user trusts; time
    stamps by the certificates of authorities in a PEM file.
    """

    def __init__(self, face: Face, key: str | None = None, authorities: str | None = None) -> None:
        from safelight.engine.book import Book
        from safelight.models.store import Store

        self.book = Book.of(face.settings)
        self._store = Store(face.settings.data_dir / "models")
        self._trusted = trusted(key) if key is not None else ""
        self.authorities = (_certificates(authorities),) if authorities is not None else ()

    def verified(self, path: Path) -> Verification:
        """The five lines. Raises InputMissing where the file cannot be read."""
        from safelight.audit.canonical import base64_bytes

        try:
            found = self._verify(path)
            if found.receipt is not None and found.receipt.envelope.fingerprint == self._trusted:
                found = self._verify(path, base64_bytes(found.receipt.predicate.key.public))
        except OSError as error:
            reason = (error.strerror or "error").lower()
            raise InputMissing(f"{path} cannot be read: {reason}") from error
        return found

    def doubt(self, found: Verification) -> str:
        """What helps where nothing failed and the receipt is still not to be relied on."""
        return doubt_of(found, self.book.keys.receipts.fingerprint)

    def exit_code(self, found: Verification) -> int:
        return VerificationFailed.exit_code if found.is_failed or self.doubt(found) else 0

    def trust(self, signer: Callable[[str], bytes | None] = lambda _fingerprint: None) -> Trust:
        """Our own keys, the authorities that were named, and the key that was named, as far as
        signer gives that by its fingerprint.
        """
        from safelight.audit.verify import Trust

        own, named = self.book.keys.receipts, signer(self._trusted) if self._trusted else None
        keys = (own.public_bytes, *(key for key in (named,) if key is not None))
        return Trust(keys, {own.fingerprint: self.book.keyed}, self.authorities)

    def _verify(self, path: Path, *keys: bytes) -> Verification:
        from safelight.audit.verify import verify_output

        trust = self.trust(lambda _fingerprint: next(iter(keys), None))
        return verify_output(path, journal=self.book.journal, store=self._store, trust=trust)


def _certificates(name: str) -> bytes:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        with Path(name).open("rb") as file:
            data = file.read(MAX_CERTIFICATES_BYTES)
        load_pem_x509_certificates(data)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise InputMissing(f"--authority cannot be read: {reason}", hint=CHAIN) from error
    except ValueError as error:
        raise ParameterInvalid("--authority: the file holds no certificate", hint=CHAIN) from error
    return data


def trusted(key: str) -> str:
    """The fingerprint that was typed, or that of the key in the file that was named."""
    return next(iter(believed(key)))


def believed(key: str) -> dict[str, bytes]:
    """The raw key in the file that was named by its fingerprint; of a fingerprint alone, b""."""
    if FINGERPRINT.fullmatch(key.lower()):
        return {key.lower(): b""}
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    from safelight.vault.keys import fingerprint_of

    try:
        with Path(key).open("rb") as file:
            found = load_pem_public_key(file.read(MAX_KEY_BYTES))
    except OSError as error:
        raise InputMissing(
            f"--key is no fingerprint and no file: {(error.strerror or 'error').lower()}",
            hint="a fingerprint has 64 hexadecimal digits",
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ParameterInvalid("--key: the file holds no public key", hint=PEM) from error
    if not isinstance(found, Ed25519PublicKey):
        raise ParameterInvalid("--key: the key is not of the kind Ed25519", hint=PEM)
    return {fingerprint_of(found.public_bytes_raw()): found.public_bytes_raw()}


def hint(face: Face, doubts: Iterable[str]) -> None:
    """Each hint once, for people; with --json it stands in the document."""
    if not face.is_json:
        for doubt in sorted({doubt for doubt in doubts if doubt}):
            face.note(f"hint: {doubt}")


def print_lines(face: Face, found: Verification, *, with_limits: bool = True) -> None:
    for line in found.lines:
        state = face.paint(f"{line.state:<8}", PAINTS[line.state])
        face.out(f"{line.name:<10} {state} {printable(line.sentence)}")
    if with_limits:
        face.out()
        face.out("What this cannot prove:")
        for sentence in found.limits:
            face.out(f"  - {printable(sentence)}")


def document(name: str, found: Verification, doubt: str) -> dict[str, Any]:
    head = {"type": "verification", "schema": SCHEMA, "input": name}
    return {**head, **lines_of(found, doubt)}


def print_failure(face: Face, name: str, found: Verification, doubt: str) -> None:
    """With --quiet: what failed, and what cannot be relied on; nothing of a file that holds."""
    if not (found.is_failed or doubt):
        return
    state = "failed" if found.is_failed else "unknown"
    lines = [line for line in found.lines if line.state == state]
    sentences = "; ".join(f"{line.name}: {line.sentence}" for line in lines)
    face.failure(name, sentences, doubt)
