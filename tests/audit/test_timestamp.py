"""Time stamps by request and answer files; the authority is openssl, on this machine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from safelight.audit import timestamp
from safelight.audit.receipt import path_for
from safelight.errors import SomethingMissing, VerificationFailed
from tests.audit.making import Desk

VECTOR = Path(__file__).resolve().parent.parent / "vectors" / "timestamp-v1"
SETTINGS = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Authority of this test
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = usual
[usual]
serial = ./serial
signer_cert = ./leaf.pem
certs = ./root.pem
signer_key = ./leaf.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
"""


@dataclass(frozen=True)
class Authority:
    """A time-stamp authority with a certificate of its own."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> Authority:
        folder.mkdir()
        (folder / "settings").write_text(SETTINGS)
        (folder / "serial").write_text("01\n")
        own = cls(folder)
        new = ("req", "-new", "-config", "settings", "-newkey", "rsa:2048", "-nodes")
        own._openssl(*new, "-x509", "-extensions", "root", "-days", "2", "-keyout", "root.key",
                     "-out", "root.pem")  # fmt: skip
        own._openssl(*new, "-subj", "/CN=Clock", "-keyout", "leaf.key", "-out", "leaf.csr")
        own._openssl("x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key",
                     "-CAcreateserial", "-extfile", "settings", "-extensions", "leaf", "-days", "2",
                     "-out", "leaf.pem")  # fmt: skip
        return own

    @property
    def root(self) -> bytes:
        return (self.folder / "root.pem").read_bytes()

    def renewed(self, folder: Path, start: timedelta, end: timedelta) -> Authority:
        """The same authority with a certificate that holds from and until so long after now."""
        shutil.copytree(self.folder, folder)
        own, now = Authority(folder), datetime.now(UTC)
        root = x509.load_pem_x509_certificate(self.root)
        key = load_pem_private_key((folder / "root.key").read_bytes(), None)
        leaf = x509.load_pem_x509_certificate((folder / "leaf.pem").read_bytes())
        assert isinstance(key, RSAPrivateKey)
        builder = (
            x509.CertificateBuilder(root.subject, leaf.subject, leaf.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + start)
            .not_valid_after(now + end)
        )
        for one in leaf.extensions:
            builder = builder.add_extension(one.value, one.critical)
        made = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        (folder / "leaf.pem").write_bytes(made)
        return own

    def answer(self, request: bytes) -> bytes:
        (self.folder / "request").write_bytes(request)
        self._openssl("ts", "-reply", "-config", "settings", "-section", "usual", "-queryfile",
                      "request", "-out", "answer")  # fmt: skip
        return (self.folder / "answer").read_bytes()

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.at(tmp_path_factory.mktemp("authority") / "own")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.at(tmp_path_factory.mktemp("authority") / "other")


def test_the_request_holds_the_digest_and_nothing_that_names_anything(authority: Authority) -> None:
    import hashlib

    data = timestamp.request(b"a receipt")
    assert hashlib.sha256(b"a receipt").digest() in data
    assert len(data) < 80
    assert timestamp.request(b"a receipt") == data


def test_the_answer_of_an_authority_that_is_trusted_tells_the_time(authority: Authority) -> None:
    answer = authority.answer(timestamp.request(b"a receipt"))
    stamp = timestamp.read(b"a receipt", answer, [authority.root])
    assert stamp.is_trusted
    told = datetime.strptime(stamp.time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - told) < timedelta(hours=1)


def test_without_a_root_it_tells_a_time_that_nobody_vouches_for(authority: Authority) -> None:
    answer = authority.answer(timestamp.request(b"a receipt"))
    assert not timestamp.read(b"a receipt", answer).is_trusted


def test_an_answer_about_other_bytes_or_by_another_hand_is_refused(
    authority: Authority, stranger: Authority
) -> None:
    answer = authority.answer(timestamp.request(b"a receipt"))
    for receipt, root in ((b"a Receipt", authority.root), (b"a receipt", stranger.root)):
        with pytest.raises(VerificationFailed):
            timestamp.read(receipt, answer, [root])


@pytest.mark.parametrize("days", [(-9, -2), (2, 9)], ids=["ended", "not begun"])
def test_a_certificate_that_did_not_hold_when_it_signed_is_refused(
    authority: Authority, tmp_path: Path, days: tuple[int, int]
) -> None:
    other = authority.renewed(tmp_path / "other", *(timedelta(days=day) for day in days))
    answer = other.answer(timestamp.request(b"a receipt"))
    with pytest.raises(VerificationFailed, match="does not hold"):
        timestamp.read(b"a receipt", answer, [authority.root])


def test_a_certificate_that_ended_since_still_shows_the_time() -> None:
    """What counts is that it held when it signed: this one ended minutes later."""
    wanted = json.loads((VECTOR / "expected.json").read_text())
    answer, root = ((VECTOR / name).read_bytes() for name in ("answer.tsr", "authority.pem"))
    stamp = timestamp.read(wanted["receipt"].encode(), answer, [root])
    assert (stamp.time, stamp.is_trusted) == (wanted["time"], True)


def test_an_answer_with_a_flipped_byte_is_never_believed_for_another_time(
    authority: Authority,
) -> None:
    answer = authority.answer(timestamp.request(b"a receipt"))
    sound = timestamp.read(b"a receipt", answer, [authority.root])
    refused = 0
    for position in range(0, len(answer), 61):
        flipped = bytearray(answer)
        flipped[position] ^= 1
        try:
            found = timestamp.read(b"a receipt", bytes(flipped), [authority.root])
        except VerificationFailed:
            refused += 1
        else:
            assert found == sound
    assert refused


@pytest.mark.parametrize("answer", [b"", b"no answer", b"0" * (timestamp.MAX_ANSWER_BYTES + 1)])
def test_what_is_no_answer_is_refused(answer: bytes) -> None:
    with pytest.raises(VerificationFailed):
        timestamp.read(b"a receipt", answer)


def test_a_file_that_holds_no_certificate_is_refused(authority: Authority) -> None:
    answer = authority.answer(timestamp.request(b"a receipt"))
    with pytest.raises(VerificationFailed, match="no certificates"):
        timestamp.read(b"a receipt", answer, [b"nothing"])


def test_a_refusal_of_the_authority_is_no_stamp(authority: Authority) -> None:
    refused = authority.answer(
        re.sub(rb"\x60\x86\x48\x01", b"\x60\x86\x48\x02", timestamp.request(b"a"))
    )
    with pytest.raises(VerificationFailed):
        timestamp.read(b"a", refused, [authority.root])


def test_verify_has_a_sixth_line_where_a_stamp_lies_beside(
    tmp_path: Path, authority: Authority, stranger: Authority
) -> None:
    desk = Desk.at(tmp_path)
    output = desk.run("a.png", models=())
    receipt = path_for(output)
    place = timestamp.path_of(receipt)
    assert len(desk.verify(output).lines) == 5
    place.write_bytes(authority.answer(timestamp.request(receipt.read_bytes())))
    states = {
        name: desk.verify(output, trust={"authorities": roots}).lines[5].state
        for name, roots in (
            ("ok", (authority.root,)),
            ("unknown", ()),
            ("failed", (stranger.root,)),
        )
    }
    assert states == {name: name for name in states}
    place.write_bytes(b"torn")
    assert desk.verify(output).lines[5].state == "failed"
    place.unlink()
    place.mkdir()
    assert desk.verify(output).lines[5].state == "failed"


def test_without_the_package_it_is_said_which_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import importlib

    usual = importlib.import_module

    def without(name: str, *more: Any) -> Any:
        if name == "rfc3161_client":
            raise ImportError(name)
        return usual(name, *more)

    monkeypatch.setattr(timestamp, "import_module", without)
    with pytest.raises(SomethingMissing, match="further package"):
        timestamp.request(b"a receipt")
    desk = Desk.at(tmp_path)
    output = desk.run("a.png", models=())
    timestamp.path_of(path_for(output)).write_bytes(b"an answer")
    assert desk.verify(output).lines[5].state == "unknown"
