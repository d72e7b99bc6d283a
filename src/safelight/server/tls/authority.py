"""Authority: the one of this machine, which can vouch for nothing but local names and addresses.

Its key lies with the user's other keys, in the vault where there is one. The constraints stand in
its certificate and whoever trusts it holds it to them: with a stolen key nobody can pass himself
off as a site on the internet. A certificate for connections lasts a month and has a key of its own,
which is in no file.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from safelight.errors import PolicyRefused
from safelight.server.identity.hosts import address_of, bare
from safelight.vault.private import read_private, write_private

FILE = "authority.pem"
MAX_FILE_BYTES = 16_384
DAY = datetime.timedelta(days=1)
AUTHORITY_LASTS, LEAF_LASTS = 3_650 * DAY, 30 * DAY
# Made anew before it ends, so that what it signs never outlives it.
AUTHORITY_SPARE = 2 * LEAF_LASTS
LOCAL_NAMES = ("localhost", "local")
# Loopback, private and link-local addresses (RFC 1918, 3927, 4193, 4291).
LOCAL_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Authority:
    """Its certificate and, while certificates are made, its key. host: this machine's name."""

    def __init__(self, certificate: x509.Certificate, key: EllipticCurvePrivateKey) -> None:
        self.certificate, self._key = certificate, key

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.certificate)

    @property
    def name(self) -> str:
        """How stores list it; the same as long as the key is."""
        found = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(found[0].value)

    @property
    def names(self) -> tuple[str, ...]:
        """With what a name that it vouches for must end; addresses are LOCAL_NETWORKS."""
        return _permitted_names(self.certificate)

    def leaf(self, names: Sequence[str], *, now: datetime.datetime) -> bytes:
        """A fresh key and its certificate for these names and addresses, then our own, as PEM.

        Raises PolicyRefused for a name that the authority may not vouch for.
        """
        for name in names:
            self.require_local(name)
        key = generate_private_key(SECP256R1())
        alternatives = x509.SubjectAlternativeName([_general(name) for name in names])
        made = (
            _builder("Safelight on this machine", key, now, LEAF_LASTS)
            .issuer_name(self.certificate.subject)
            .add_extension(alternatives, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(_for_servers(), critical=False)
            .add_extension(_issued_by(self._key), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return secret + made.public_bytes(Encoding.PEM) + self.pem.encode()

    def require_local(self, name: str) -> None:
        """Raises PolicyRefused."""
        address = address_of(bare(name))
        if address is not None:
            may = any(address in network for network in LOCAL_NETWORKS)
        else:
            may = f".{bare(name)}".endswith(tuple(f".{end}" for end in self.names))
        if not may:
            raise PolicyRefused(
                f"the local authority vouches for local names and addresses only, not for {name}",
                hint="bring a certificate for it: --certificate FILE --key FILE",
            )


def load_or_make(folder: Path, secret: bytes, host: str, *, now: datetime.datetime) -> Authority:
    """The authority with this key, PKCS #8 in DER. Its certificate is kept in the folder and stays
    the same as long as key and host do; so whoever trusts it goes on trusting it.

    Raises PolicyRefused, OutputFailed.
    """
    key = cast("EllipticCurvePrivateKey", load_der_private_key(secret, password=None))
    kept = _kept(folder)
    if kept is not None and _fits(kept, key, host, now):
        return Authority(kept, key)
    made = _made(key, host, now)
    write_private(folder / FILE, made.public_bytes(Encoding.PEM))
    return Authority(made, key)


def kept_pem(folder: Path) -> str | None:
    """The certificate in the folder; None where none was ever made. Raises PolicyRefused."""
    kept = _kept(folder)
    return None if kept is None else kept.public_bytes(Encoding.PEM).decode()


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, 64 hexadecimal digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def _kept(folder: Path) -> x509.Certificate | None:
    data = read_private(folder / FILE, MAX_FILE_BYTES)
    if data is None:
        return None
    try:
        return x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise PolicyRefused(
            "the certificate of the local authority is damaged",
            hint=f"remove {FILE} from server/identity in the state folder, and trust the next one",
        ) from error


def _fits(
    kept: x509.Certificate, key: EllipticCurvePrivateKey, host: str, now: datetime.datetime
) -> bool:
    return (
        kept.public_key() == key.public_key()
        and now + AUTHORITY_SPARE < kept.not_valid_after_utc
        and _permitted_names(kept) == permitted_names(host)
    )


def _made(key: EllipticCurvePrivateKey, host: str, now: datetime.datetime) -> x509.Certificate:
    mark = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()[:8]
    name = f"Safelight local authority {mark}"
    permitted: list[x509.GeneralName] = [x509.DNSName(name) for name in permitted_names(host)]
    permitted += [x509.IPAddress(network) for network in LOCAL_NETWORKS]
    return (
        _builder(name, key, now, AUTHORITY_LASTS)
        .issuer_name(_named(name))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted, excluded_subtrees=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(_for_servers(), critical=False)
        .sign(key, hashes.SHA256())
    )


def permitted_names(host: str) -> tuple[str, ...]:
    """With what a name must end: the local ones, and the first word of this machine's name."""
    word = bare(host).partition(".")[0]
    own = (word,) if _LABEL.fullmatch(word) and word not in LOCAL_NAMES else ()
    return (*LOCAL_NAMES, *own)


def own_names(host: str) -> tuple[str, ...]:
    """By which names this machine is asked on a local network."""
    own = permitted_names(host)[len(LOCAL_NAMES) :]
    return tuple(name for word in own for name in (word, f"{word}.local"))


def _permitted_names(certificate: x509.Certificate) -> tuple[str, ...]:
    found = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    subtrees = found.permitted_subtrees or []
    return tuple(one.value for one in subtrees if isinstance(one, x509.DNSName))


def _general(name: str) -> x509.GeneralName:
    address = address_of(bare(name))
    return x509.DNSName(bare(name)) if address is None else x509.IPAddress(address)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    name: str, key: EllipticCurvePrivateKey, now: datetime.datetime, lasts: datetime.timedelta
) -> x509.CertificateBuilder:
    # Clocks of other machines may be slow.
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _for_servers() -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


def _issued_by(key: EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
