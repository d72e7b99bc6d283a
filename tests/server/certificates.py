"""A certificate of the user's own, as a public authority would have made it."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


def brought(
    folder: Path, *, days: float = 10, password: bytes | None = None, key_of_another: bool = False
) -> tuple[Path, Path]:
    """A certificate of the user's own, made out to a public name, and its key."""
    key = generate_private_key(SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "photos.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named).issuer_name(named).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - 20 * DAY).not_valid_after(now + days * DAY)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    written = generate_private_key(SECP256R1()) if key_of_another else key
    form = BestAvailableEncryption(password) if password else NoEncryption()
    files = folder / "own.pem", folder / "own.key"
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    files[1].write_bytes(written.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, form))
    return files
