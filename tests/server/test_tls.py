"""TLS: 1.3 alone, and an authority that can vouch for nothing but local names and addresses."""

from __future__ import annotations

import datetime
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_der_private_key,
)

from safelight.errors import PolicyRefused
from safelight.server.identity.hosts import address_of
from safelight.server.tls import authority as authorities
from safelight.server.tls.authority import (
    Authority,
    load_or_make,
    own_names,
    permitted_names,
)
from safelight.server.tls.choosing import LOOPBACK
from safelight.server.tls.policy import ENVIRONMENT, SUITES
from safelight.vault.plain import new_secret
from tests.server.openssl import ask, speaking

NOW = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
NAMES = (*LOOPBACK, "box", "box.local", "192.168.1.5", "fd00::2")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def secret() -> bytes:
    return new_secret("tls")


@pytest.fixture
def authority(tmp_path: Path, secret: bytes) -> Authority:
    return load_or_make(tmp_path, secret, "Box.example.com", now=NOW)


def verified(tmp_path: Path, anchor: str, leaf: bytes, *words: str) -> tuple[bool, str]:
    """What OpenSSL says of the first certificate, trusting the anchor alone."""
    (tmp_path / "anchor.pem").write_text(anchor)
    (tmp_path / "leaf.pem").write_bytes(leaf[leaf.index(b"-----BEGIN CERT") :])
    command = ["openssl", "verify", "-attime", str(int(NOW.timestamp())), "-purpose", "sslserver"]
    command += ["-CAfile", "anchor.pem", *words, "leaf.pem"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    return ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", NAMES)
def test_openssl_takes_what_the_authority_vouches_for(
    tmp_path: Path, authority: Authority, name: str
) -> None:
    is_address = name.replace(".", "").isdigit() or ":" in name
    word = "-verify_ip" if is_address else "-verify_hostname"
    leaf = authority.leaf(NAMES, now=NOW)
    assert verified(tmp_path, authority.pem, leaf, word, name) == (True, "leaf.pem: OK\n")
    wrong = "192.168.1.6" if is_address else "other.local"
    assert not verified(tmp_path, authority.pem, leaf, word, wrong)[0]


FOREIGN = ("bank.example", "local.example", "xlocal", "example.com", "8.8.8.8", "2001:db8::1",
           "100.64.0.1", "172.32.0.1")  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_a_stolen_key_vouches_for_no_foreign_name(
    tmp_path: Path, authority: Authority, secret: bytes, name: str
) -> None:
    with pytest.raises(PolicyRefused):
        authority.leaf([name], now=NOW)
    forged = forge(authority.certificate, secret, name)
    is_taken, said = verified(tmp_path, authority.pem, forged)
    assert not is_taken
    assert "permitted subtree violation" in said
    # The control: the same key under a certificate without constraints vouches for anything.
    loose = unconstrained(authority.certificate, secret)
    assert verified(tmp_path, loose, forged)[0]


def builder(certificate: x509.Certificate, secret: bytes) -> x509.CertificateBuilder:
    key = load_der_private_key(secret, password=None).public_key()
    assert not isinstance(key, int)
    made = x509.CertificateBuilder().issuer_name(certificate.subject)
    made = made.not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    return made.serial_number(x509.random_serial_number())


def forge(certificate: x509.Certificate, secret: bytes, name: str) -> bytes:
    """What a thief of the key would make."""
    key = load_der_private_key(secret, password=None)
    own = generate_private_key(SECP256R1())
    address = address_of(name)
    named: x509.GeneralName = x509.IPAddress(address) if address else x509.DNSName(name)
    made = (
        builder(certificate, secret)
        .subject_name(x509.Name([]))
        .public_key(own.public_key())
        .add_extension(x509.SubjectAlternativeName([named]), critical=True)
        .sign(key, hashes.SHA256())  # type: ignore[arg-type] # of all kinds, ours is one that signs
    )
    return made.public_bytes(Encoding.PEM)


def unconstrained(certificate: x509.Certificate, secret: bytes) -> str:
    key = load_der_private_key(secret, password=None)
    made = (
        builder(certificate, secret)
        .subject_name(certificate.subject)
        .public_key(certificate.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())  # type: ignore[arg-type] # as above
    )
    return made.public_bytes(Encoding.PEM).decode()


def test_the_authority_signs_no_authority(authority: Authority) -> None:
    found = authority.certificate.extensions
    basic = found.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical
    assert basic.value.ca
    assert basic.value.path_length == 0
    assert found.get_extension_for_class(x509.NameConstraints).critical


def test_the_authority_stays_the_same_until_key_or_host_change(
    tmp_path: Path, secret: bytes, authority: Authority
) -> None:
    def again(key: bytes, host: str, now: datetime.datetime = NOW) -> Authority:
        return load_or_make(tmp_path, key, host, now=now)

    assert again(secret, "box").pem == authority.pem
    late = NOW + authorities.AUTHORITY_LASTS - authorities.AUTHORITY_SPARE
    assert again(secret, "box", late - DAY).pem == authority.pem
    moved = again(secret, "other")
    assert moved.pem != authority.pem
    assert moved.name == authority.name
    assert again(secret, "other", late + DAY).pem != moved.pem
    assert again(new_secret("tls"), "other").name != moved.name


def test_an_authority_that_is_damaged_is_not_replaced_unseen(
    tmp_path: Path, secret: bytes, authority: Authority
) -> None:
    (tmp_path / authorities.FILE).write_bytes(b"x")
    with pytest.raises(PolicyRefused):
        load_or_make(tmp_path, secret, "box", now=NOW)
    assert authorities.kept_pem(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("host", "own"),
    [("box", ("box",)), ("Box.example.com", ("box",)), ("localhost", ()), ("", ()), ("a_b", ()),
     ("local", ()), ("x" * 64, ())],
)  # fmt: skip
def test_of_the_hosts_name_the_first_word_is_ours(host: str, own: tuple[str, ...]) -> None:
    assert permitted_names(host) == ("localhost", "local", *own)
    assert own_names(host) == tuple(name for word in own for name in (word, f"{word}.local"))


@pytest.fixture(scope="module")
def leaf(tmp_path_factory: pytest.TempPathFactory, secret: bytes) -> bytes:
    folder = tmp_path_factory.mktemp("authority")
    now = datetime.datetime.now(datetime.UTC)
    return load_or_make(folder, secret, "box", now=now).leaf(NAMES, now=now)


@pytest.fixture(scope="module")
def ours(leaf: bytes) -> Iterator[Path]:
    with speaking(leaf, kind="ours", environment=ENVIRONMENT) as place:
        yield place


@pytest.fixture(scope="module")
def control(leaf: bytes) -> Iterator[Path]:
    with speaking(leaf, kind="control") as place:
        yield place


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1", "-tls1_2"])
def test_versions_before_1_3_are_refused_and_the_control_takes_them(
    ours: Path, control: Path, version: str
) -> None:
    assert not ask(ours, version).is_connected
    assert ask(control, version).is_connected


def test_version_1_3_is_spoken_with_keys_of_256_bits_alone(ours: Path, control: Path) -> None:
    assert ask(ours, "-tls1_3").suite == SUITES[0]
    for suite in SUITES:
        assert ask(ours, "-tls1_3", "-ciphersuites", suite).suite == suite
    short = "TLS_AES_128_GCM_SHA256"
    assert not ask(ours, "-tls1_3", "-ciphersuites", short).is_connected
    assert ask(control, "-tls1_3", "-ciphersuites", short).suite == short


def test_no_connection_can_be_resumed(ours: Path, control: Path) -> None:
    assert "TLS session ticket:" not in ask(ours, "-tls1_3").said
    assert "TLS session ticket:" in ask(control, "-tls1_2").said


def test_without_the_file_the_third_suite_is_told_as_what_it_is(leaf: bytes) -> None:
    """What a connection may get is asked of the context, not of what we wish."""
    with speaking(leaf, kind="ours") as place:
        is_narrow = hasattr(ssl.SSLContext, "set_ciphersuites")
        spoken = ask(place, "-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256")
        assert spoken.is_connected != is_narrow
        assert not ask(place, "-tls1_2").is_connected


LOCKED = """
import os, sys
from safelight.server import lockdown
from safelight.server.tls.context import renew, server_context, suites_of
first, second = (os.open(path, os.O_RDONLY) for path in sys.argv[1:])
context = server_context(first)
lockdown.lock([])
for path in sys.argv[1:]:
    try:
        open(path)
    except PermissionError:
        print("closed")
memfd = int(os.environ["LEAF"])
renew(context, memfd)
print(*suites_of(context))
"""


def test_a_front_end_that_is_locked_takes_a_new_certificate(tmp_path: Path, leaf: bytes) -> None:
    path = tmp_path / "leaf.pem"
    path.write_bytes(leaf)
    fd = os.memfd_create("leaf")
    os.pwrite(fd, leaf, 0)
    try:
        ran = subprocess.run(
            [sys.executable, "-c", LOCKED, str(path), str(path)], cwd=ROOT, pass_fds=(fd,),
            env={"PATH": os.environ["PATH"], "LEAF": str(fd), **ENVIRONMENT}, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
    finally:
        os.close(fd)
    assert ran.stdout.splitlines() == ["closed", "closed", " ".join(SUITES)], ran.stderr
