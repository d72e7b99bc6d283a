"""Timestamp: what an authority says of when a receipt was there (RFC 3161), by request and answer
files. No connection is opened here: somebody carries the request to an authority and the answer
back. The request holds the SHA-256 of the receipt's file and nothing else.

A request has no nonce. A nonce tells an old answer from a new one; a receipt holds a random number
of its own, so an answer about it is about it alone, and an old one only says more.

The answer lies beside the receipt, under its name and `.tsr`: it came later than the signature.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.audit.dsse import MAX_ENVELOPE_BYTES
from safelight.audit.facts import TIME_FORMAT
from safelight.errors import SomethingMissing, VerificationFailed
from safelight.vault.private import open_regular

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

SUFFIX = ".tsr"
MAX_ANSWER_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """The time that an answer states, as UTC text; whether its signature was checked, and holds,
    under a certificate that we were given.
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
    """What the answer says about these bytes. roots are certificates as PEM that are trusted;
    without one the signature is not looked at: anybody may have made it.

    Raises VerificationFailed if it is no answer, is about other bytes, or its signature does not
    hold under a root that was given; SomethingMissing without the package for it.
    """
    _ask_for_package()
    from rfc3161_client import decode_timestamp_response

    if len(answer) > MAX_ANSWER_BYTES:
        raise VerificationFailed("the answer of the authority is too long")
    try:
        found = decode_timestamp_response(_in_order(answer))
        is_granted = found.status == 0
        said = found.tst_info if is_granted else None
    except ValueError as error:
        raise VerificationFailed("this is no answer of a time-stamp authority") from error
    if said is None:
        raise VerificationFailed("the authority gave no time stamp")
    if bytes(said.message_imprint.message) != hashlib.sha256(receipt).digest():
        raise VerificationFailed("the time stamp is about another receipt")
    certificates = [one for root in roots for one in _certificates(root)]
    if certificates:
        _hold(found, receipt, certificates)
    return Stamp(said.gen_time.strftime(TIME_FORMAT), is_trusted=bool(certificates))


def beside(receipt: Path) -> bytes | None:
    """The answer that lies beside a receipt. Raises OSError, VerificationFailed."""
    try:
        with open(open_regular(path_of(receipt)), "rb") as file:
            return file.read(MAX_ENVELOPE_BYTES)
    except FileNotFoundError:
        return None


def _in_order(answer: bytes) -> bytes:
    """The same with its certificates in the order that DER asks of a set: many authorities do not
    keep it, the reader insists, and no signature is over it.
    """
    try:
        (whole,) = _parts(answer, 0, len(answer))
        _status, token = _parts(answer, *whole)
        _kind, explicit = _parts(answer, *token)
        (signed,) = _parts(answer, *explicit)
        _version, _digests, _content, certificates, *_rest = _parts(answer, *signed)
        start, end = certificates
        heads = [start, *(stop for _begin, stop in _parts(answer, start, end))]
    except (IndexError, ValueError):
        return answer
    found = sorted(answer[one:other] for one, other in pairwise(heads))
    return answer[:start] + b"".join(found) + answer[end:]


def _parts(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Where the content of each value between start and end begins and ends. Raises ValueError,
    IndexError for what is no DER.
    """
    found = []
    while start < end:
        length, begin = data[start + 1], start + 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[begin : begin + count])
            begin += count
        if begin + length > end:
            raise ValueError("a value is longer than what it lies in")
        found.append((begin, begin + length))
        start = begin + length
    return found


def _hold(found: TimeStampResponse, receipt: bytes, roots: list[Certificate]) -> None:
    from rfc3161_client import VerificationError, VerifierBuilder

    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(found, receipt)
    except (VerificationError, ValueError) as error:
        raise VerificationFailed(
            "the signature of the time stamp does not hold under these certificates"
        ) from error


def _certificates(pem: bytes) -> list[Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(pem)
    except ValueError as error:
        raise VerificationFailed("the file holds no certificates as PEM") from error


def _ask_for_package() -> None:
    try:
        import_module("rfc3161_client")
    except ImportError as error:
        raise SomethingMissing(
            "time stamps need a further package",
            hint="pip install 'safelight[timestamp]'",
        ) from error
