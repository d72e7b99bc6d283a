"""A sealed case in the hands of others: its script, and tools that know nothing of Safelight."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key

from safelight.audit.alone import verify_receipt
from safelight.audit.canonical import base64_bytes
from safelight.proof.cases.acquire import Digests
from safelight.proof.cases.alone import verify_case
from safelight.proof.cases.chain import walk
from safelight.proof.cases.checking import Here
from safelight.proof.cases.manifest import MANIFEST, SEAL, Manifest, sealed
from safelight.proof.cases.shelf import FORM, header
from safelight.vault.keys import Signer, fingerprint_of
from tests.proof.casework import Desk, Led, alone, ours
from tests.proof.test_cases_tampering import repacked


@pytest.fixture
def done(led_case: Led) -> Led:
    return led_case


def member(bundle: Path, ending: str) -> bytes:
    with tarfile.open(bundle) as tar:
        file = tar.extractfile(next(one for one in tar if one.name.endswith(ending)))
        assert file is not None
        return file.read()


def pem_key(done: Led) -> Ed25519PublicKey:
    key = load_pem_public_key(member(done.bundle, f"keys/{done.key}.pem"))
    assert isinstance(key, Ed25519PublicKey)
    return key


def test_the_script_speaks_and_leaves_as_it_says(
    done: Led, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_case.main([str(done.bundle), "--key", done.key.upper()]) == 0
    said = capsys.readouterr().out
    assert said.count(" ok ") == 7
    assert verify_case.main([str(done.bundle)]) == 5
    assert f"not named with --key: {done.key}" in capsys.readouterr().out
    assert verify_case.main([str(tmp_path / "gone.tar")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_script_in_a_bundle_is_the_one_that_is_tested(done: Led) -> None:
    source = Path(verify_case.__file__).read_bytes()
    assert b"safelight." not in b"".join(
        line for line in source.splitlines() if line.startswith((b"import", b"from"))
    )
    assert member(done.bundle, "verify_case.py") == source


def test_the_script_does_not_ask_how_this_python_writes_a_tar_file(
    done: Led, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pythons before 3.9.11 and 3.10.3 write zeros where later ones write nothing (bpo-45863).
    def otherwise(*_arguments: object) -> bytes:
        return b"0" * tarfile.BLOCKSIZE

    monkeypatch.setattr(tarfile.TarInfo, "tobuf", otherwise)
    assert set(alone(done.bundle, [done.key]).values()) == {"ok"}


@pytest.mark.parametrize("size", [0, 1, 511, 512, 8_000_000_000])
def test_the_script_writes_a_header_as_a_seal_does(size: int) -> None:
    name = "/".join(("case-0123abcd", "work", "R0001", ".safelight", "E0001.jpg.receipt.json"))
    assert verify_case.header_of(name, size) == header(name, size).tobuf(FORM)


def test_the_keys_in_a_bundle_are_those_of_the_log(done: Led) -> None:
    raw = pem_key(done).public_bytes_raw()
    assert fingerprint_of(raw) == done.key
    first = (done.folder / "case.jsonl").read_bytes().split(b"\n")[0]
    assert raw == base64_bytes(json.loads(first)["key"])


def test_the_script_for_receipts_that_lies_beside_it_accepts_those_of_a_case(
    done: Led, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("R0001", "R0002"):
        words = [
            str(done.folder / "work" / name / ".safelight" / "E0001.jpg.receipt.json"),
            str(done.folder / "work" / name / "E0001.jpg"),
        ]
        proof = str(done.folder / "journal" / f"{name}.tlog-proof")
        assert verify_receipt.main([*words, "--key", done.key, "--proof", proof]) == 0
    other = str(done.folder / "journal" / "R0001.tlog-proof")
    assert verify_receipt.main([*words, "--key", done.key, "--proof", other]) == 1
    capsys.readouterr()


def taken(seal: bytes, key: Ed25519PublicKey, name: str) -> bool:
    """Whether another implementation of envelopes finds the seal signed by this key."""
    public = {"public": key.public_bytes_raw().hex()}
    facts = {"keytype": "ed25519", "scheme": "ed25519", "keyval": public}
    try:
        signers = Envelope.from_dict(json.loads(seal)).verify([Key.from_dict(name, facts)], 1)
    except (VerificationError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return set(signers) == {name}


def test_another_implementation_takes_the_seal_and_refuses_changed_ones(done: Led) -> None:
    seal, key = member(done.bundle, "seal.json"), pem_key(done)
    assert taken(seal, key, done.key)
    believed = []
    for place in range(0, len(seal), 23):
        changed = bytearray(seal)
        changed[place] ^= 1
        if taken(bytes(changed), key, done.key):
            believed.append(place)
    assert believed == []


def test_plain_tools_find_the_digests_of_the_manifest(done: Led) -> None:
    """What sha256sum and openssl would say of each file is what the sealed list says."""
    import hashlib

    with tarfile.open(done.bundle) as tar:
        found = {one.name.partition("/")[2]: tar.extractfile(one) for one in tar}
        data = {name: file.read() for name, file in found.items() if file is not None}
    listed = json.loads(data.pop("manifest.json"))["files"]
    del data["seal.json"]
    assert {one["place"]: (one["sha256"], one["sha3_256"], one["bytes"]) for one in listed} == {
        name: (hashlib.sha256(one).hexdigest(), hashlib.sha3_256(one).hexdigest(), len(one))
        for name, one in data.items()
    }


def resealed(done: Led, target: Path, signer: Signer, *, log: bytes, of: bytes) -> Path:
    """A bundle with this log, listed as it is, under a seal that is made for another log."""

    def change(files: dict[str, bytes]) -> None:
        top = next(iter(files)).partition("/")[0]
        files[f"{top}/case.jsonl"] = log
        old = [files.pop(f"{top}/{name}") for name in (MANIFEST, SEAL)]
        facts = Manifest.parse(old[0])
        listed = tuple(
            Digests.of(io.BytesIO(data)).at_place(name.partition("/")[2])
            for name, data in sorted(files.items())
        )
        manifest = Manifest(case=facts.case, seal=facts.seal, files=listed)
        data = manifest.to_bytes()
        digests = Digests.of(io.BytesIO(data)).at_place(MANIFEST)
        files[f"{top}/{MANIFEST}"] = data
        files[f"{top}/{SEAL}"] = sealed(manifest, digests, walk(of), signer)

    return repacked(done, target, change)


def test_a_seal_that_the_owner_made_for_another_state_is_refused(done: Led, tmp_path: Path) -> None:
    """Not even who holds the key can put a seal over a log that it does not speak of."""
    log, target = (done.folder / "case.jsonl").read_bytes(), tmp_path / "other.tar"
    shorter = log[: log.rstrip(b"\n").rfind(b"\n") + 1]
    own, here = done.desk.book.keys.receipts, done.desk.here()
    assert set(ours(resealed(done, target, own, log=log, of=log), here).values()) == {"ok"}
    for wrong, of in ((log, shorter), (shorter, log), (shorter, shorter)):
        bundle = resealed(done, target, own, log=wrong, of=of)
        assert ours(bundle, Here(here.keys))["seal"] == "failed"
        assert alone(bundle, [done.key])["seal"] == "failed"


def test_a_seal_of_somebody_who_never_had_the_case_is_refused(done: Led, tmp_path: Path) -> None:
    log = (done.folder / "case.jsonl").read_bytes()
    stranger = Desk(tmp_path / "stranger")
    signer = stranger.book.keys.receipts
    bundle = resealed(done, tmp_path / "other.tar", signer, log=log, of=log)
    trusting = stranger.here(done.key)
    assert ours(bundle, trusting)["seal"] == "failed"
    assert alone(bundle, [done.key, signer.fingerprint])["seal"] == "failed"
