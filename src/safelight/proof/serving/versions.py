"""Versions: which of TLS a server speaks, asked one by one, and by a control that speaks all."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import ssl
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from safelight.errors import SafelightError

VERSIONS = ("1.0", "1.1", "1.2", "1.3")
WANTED = "1.3"
LOOPBACK = "127.0.0.1"
TIMEOUT_S = 10
# Old versions sign with SHA-1, which a library of today refuses unless told otherwise.
EVERY_CIPHER = "ALL:@SECLEVEL=0"
_NUMBERS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions that the server accepted, and those that a server which refuses none accepted
    of the same client: the others cannot be asked for here.
    """

    accepted: tuple[str, ...]
    control: tuple[str, ...]

    @property
    def is_ok(self) -> bool:
        """1.3 alone, and at least 1.2 could have been had."""
        return self.accepted == (WANTED,) and {"1.2", WANTED} <= set(self.control)

    @property
    def sentence(self) -> str:
        """Plain text."""
        refused = [one for one in self.control if one not in self.accepted]
        spoken = ", ".join(self.accepted) or "nothing"
        if not refused:
            return f"TLS {spoken} accepted; nothing refused that a control accepts"
        return f"TLS {spoken} accepted; {', '.join(refused)} refused, which a control accepts"

    def document(self) -> dict[str, object]:
        """JSON values."""
        return {"accepted": list(self.accepted), "control": list(self.control)}


def versions_of(port: int) -> Versions:
    """Of the server at this port of the loopback. Raises SafelightError where nothing answers."""
    with _open_to_all() as control:
        could = tuple(one for one in VERSIONS if is_accepted(control, one))
    return Versions(tuple(one for one in VERSIONS if is_accepted(port, one)), could)


def is_accepted(port: int, version: str) -> bool:
    """Whether a handshake in exactly this version comes to its end. Raises SafelightError."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT)
    # Whose certificate it is does not matter to what is asked.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = _NUMBERS[version]
    try:
        line = socket.create_connection((LOOPBACK, port), timeout=TIMEOUT_S)
    except OSError as error:
        raise SafelightError("nothing listens where TLS is to be spoken") from error
    with line:
        try:
            with context.wrap_socket(line) as spoken:
                return spoken.version() == f"TLSv{version}".removesuffix(".0")
        except OSError:
            return False


def _context(kind: int) -> ssl.SSLContext:
    context = ssl.SSLContext(kind)
    context.set_ciphers(EVERY_CIPHER)
    return context


@contextmanager
def _open_to_all() -> Iterator[int]:
    """The port of a listener that speaks whatever it is asked to speak."""
    context = _context(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    with tempfile.TemporaryDirectory(prefix="safelight-control-") as name:
        context.load_cert_chain(*certificate(Path(name)))
    with socket.create_server((LOOPBACK, 0)) as listener:
        listener.settimeout(TIMEOUT_S)
        thread = threading.Thread(target=_accept_all, args=(listener, context), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(TIMEOUT_S)


def _accept_all(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):
        while True:
            line, _ = listener.accept()
            with line, suppress(OSError):
                line.settimeout(TIMEOUT_S)
                context.wrap_socket(line, server_side=True).close()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of the loopback for a day, signed by itself, and its key: two new files in a
    folder that nobody else reads. Raises OSError.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    fd = os.open(paths[1], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(fd, "wb") as file:
        file.write(private)
    return paths
