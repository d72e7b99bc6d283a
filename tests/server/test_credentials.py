"""With what a server proves who it is: made anew before it ends, or brought and read again."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from safelight.errors import InputMissing, PolicyRefused, VaultLocked
from safelight.server.options import ServeOptions
from safelight.server.tls.authority import (
    LEAF_LASTS,
    load_or_make,
)
from safelight.server.tls.choosing import LOOPBACK, authority_of, chosen
from safelight.server.tls.context import renew, server_context, suites_of
from safelight.server.tls.credentials import Brought, Local
from safelight.server.tls.policy import SUITES
from safelight.settings import Settings
from safelight.vault.plain import new_secret
from tests.server.certificates import brought

DAY = datetime.timedelta(days=1)
NAMES = (*LOOPBACK, "box", "box.local", "192.168.1.5")


@pytest.fixture(scope="module")
def secret() -> bytes:
    return new_secret("tls")


@pytest.fixture(scope="module")
def leaf(tmp_path_factory: pytest.TempPathFactory, secret: bytes) -> bytes:
    folder = tmp_path_factory.mktemp("authority")
    now = datetime.datetime.now(datetime.UTC)
    return load_or_make(folder, secret, "box", now=now).leaf(NAMES, now=now)


class Clock:
    def __init__(self) -> None:
        self.now = datetime.datetime.now(datetime.UTC)

    def __call__(self) -> datetime.datetime:
        return self.now


def own_fingerprint(fd: int) -> bytes:
    pem = os.pread(fd, 65_536, 0)
    return x509.load_pem_x509_certificates(pem)[0].fingerprint(hashes.SHA256())


def test_a_certificate_is_renewed_before_it_ends(tmp_path: Path, secret: bytes) -> None:
    clock, is_locked = Clock(), False

    def key() -> bytes:
        if is_locked:
            raise VaultLocked
        return secret

    local = Local(tmp_path, key, host="box", names=NAMES, now=clock)
    context = server_context(local.leaf_fd)
    first, pinned = own_fingerprint(local.leaf_fd), local.fingerprint
    assert local.told() == {"leaf_fd": local.leaf_fd}
    clock.now += LEAF_LASTS / 3 - DAY
    assert local.renewed() is None
    clock.now += 2 * DAY
    is_locked = True
    assert local.renewed() is None
    assert own_fingerprint(local.leaf_fd) == first
    is_locked = False
    fd = local.renewed()
    assert fd == local.leaf_fd
    assert own_fingerprint(local.leaf_fd) != first
    assert (local.fingerprint, local.renewed()) == (pinned, None)
    renew(context, local.leaf_fd)
    local.close()


def test_a_certificate_that_was_brought_is_read_again_when_it_changes(tmp_path: Path) -> None:
    files = brought(tmp_path)
    own = Brought(*files)
    server_context(own.leaf_fd)
    first = own.fingerprint
    assert (own.authority, own.renewed()) == ("", None)
    files[1].write_bytes(b"half written")
    assert own.renewed() is None
    assert own.fingerprint == first
    brought(tmp_path)
    assert own.renewed() == own.leaf_fd
    assert own.fingerprint != first
    files[0].unlink()
    assert own.renewed() is None
    own.close()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"days": -1}, "not valid today"), ({"password": b"x"}, "encrypted"),
     ({"key_of_another": True}, "not that of the certificate")],
)  # fmt: skip
def test_a_certificate_that_cannot_serve_is_refused(
    tmp_path: Path, wrong: dict[str, object], words: str
) -> None:
    with pytest.raises(PolicyRefused, match=words):
        Brought(*brought(tmp_path, **wrong))  # type: ignore[arg-type] # one case each


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    files = brought(tmp_path)
    with pytest.raises(InputMissing):
        Brought(tmp_path / "none", files[1])
    with pytest.raises(InputMissing):
        Brought(tmp_path, files[1])
    files[0].write_bytes(b"x")
    with pytest.raises(PolicyRefused, match="cannot be read"):
        Brought(*files)


@pytest.mark.parametrize("pem", [b"", b"x", b"-----BEGIN CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_not_taken_into_use(leaf: bytes, pem: bytes) -> None:
    good, bad = os.memfd_create("good"), os.memfd_create("bad")
    os.pwrite(good, leaf, 0)
    os.pwrite(bad, pem, 0)
    context = server_context(good)
    with pytest.raises(PolicyRefused):
        renew(context, bad)
    assert set(SUITES) <= set(suites_of(context))
    os.close(good)
    os.close(bad)


def test_a_key_that_is_encrypted_is_not_asked_for_on_the_terminal(tmp_path: Path) -> None:
    fd = os.memfd_create("leaf")
    for path in brought(tmp_path, password=b"long enough"):
        os.write(fd, path.read_bytes())
    with pytest.raises(PolicyRefused):
        server_context(fd)
    os.close(fd)


def test_what_was_asked_for_decides_who_vouches(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path / "state")
    local = chosen(settings, ServeOptions(names=("x.local",)), ["10.0.0.9"])
    assert local.fingerprint == authority_of(settings).fingerprint
    local.close()
    with pytest.raises(PolicyRefused, match="vouches for local names"):
        chosen(settings, ServeOptions(names=("photos.example",)), [])
    with pytest.raises(PolicyRefused, match="not for 203"):
        chosen(settings, ServeOptions(), ["203.0.113.5"])
    files = [str(path) for path in brought(tmp_path)]
    options = ServeOptions(certificate=files[0], certificate_key=files[1])
    own = chosen(settings, options, ["203.0.113.5"])
    assert own.authority == ""
    own.close()
