"""Timestamp: what an authority says of when a receipt was there (RFC 3161), by request and answer
files. No connection is opened here: somebody carries the request to an authority and the answer
back. The request holds the SHA-256 of the receipt's file and nothing else.

A request has no nonce. A nonce tells an old answer from a new one; a receipt holds a random number
of its own, so an answer about it is about it alone, and an old one only says more.

The answer lies beside the receipt, under its name and `.tsr`: it came later than the signature.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.audit.dsse import MAX_ENVELOPE_BYTES
from safelight.errors import SomethingMissing, VerificationFailed
from safelight.vault.private import open_regular

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

SUFFIX = ".tsr"
MAX_ANSWER_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time that an authority signed: as UTC text, and whether a certificate that we were given
    stands behind it.
    """

    time: str
    is_trusted: bool


def path_of(receipt: Path) -> Path:
    """Where the answer about this receipt lies."""
    return receipt.with_name(receipt.name + SUFFIX)


def request(receipt: bytes) -> bytes:
    """The request for an authority, DER. Raises SomethingMissing without the package for it."""
    _ask_for_package()
    from rfc3161_client import TimestampRequestBuilder
    from rfc3161_client.base import HashAlgorithm

    builder = TimestampRequestBuilder().data(receipt).hash_algorithm(HashAlgorithm.SHA256)
    made: bytes = builder.nonce(nonce=False).cert_request(cert_request=True).build().as_bytes()
    return made


def read(receipt: bytes, answer: bytes, roots: Iterable[bytes] = ()) -> Stamp:
    """What the answer says about these bytes. roots are certificates as PEM that are trusted.

    Raises VerificationFailed if it is no answer, is about other bytes, or its signature does not
    hold under a root that was given; SomethingMissing without the package for it.
    """
    _ask_for_package()
    from rfc3161_client import decode_timestamp_response

    if len(answer) > MAX_ANSWER_BYTES:
        raise VerificationFailed("the answer of the authority is too long")
    try:
        found = decode_timestamp_response(answer)
        is_granted = found.status == 0
        said = found.tst_info if is_granted else None
    except ValueError as error:
        raise VerificationFailed("this is no answer of a time-stamp authority") from error
    if said is None:
        raise VerificationFailed("the authority gave no time stamp")
    certificates = [one for root in roots for one in _certificates(root)]
    # Without a root the answer is held against the certificates that it brings itself: then it is
    # whole, and nobody knows who made it.
    own = certificates or _brought(found)
    _hold(found, receipt, own)
    time = said.gen_time.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Stamp(time, is_trusted=bool(certificates))


def beside(receipt: Path) -> bytes | None:
    """The answer that lies beside a receipt. Raises OSError, VerificationFailed."""
    try:
        with open(open_regular(path_of(receipt)), "rb") as file:
            return file.read(MAX_ENVELOPE_BYTES)
    except FileNotFoundError:
        return None


def _hold(found: TimeStampResponse, receipt: bytes, roots: list[Certificate]) -> None:
    from rfc3161_client import VerificationError, VerifierBuilder

    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(found, receipt)
    except (VerificationError, ValueError) as error:
        raise VerificationFailed(
            "the time stamp is not about this receipt, or its signature does not hold"
        ) from error


def _certificates(pem: bytes) -> list[Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(pem)
    except ValueError as error:
        raise VerificationFailed("the file holds no certificates as PEM") from error


def _brought(found: TimeStampResponse) -> list[Certificate]:
    from cryptography.x509 import load_der_x509_certificate

    try:
        return [load_der_x509_certificate(one) for one in found.signed_data.certificates]
    except ValueError as error:
        raise VerificationFailed("this is no answer of a time-stamp authority") from error


def _ask_for_package() -> None:
    try:
        import_module("rfc3161_client")
    except ImportError as error:
        raise SomethingMissing(
            "time stamps need a further package",
            hint="pip install 'safelight[timestamp]'",
        ) from error
