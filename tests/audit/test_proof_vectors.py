"""Vectors of proofs and of the ledger: files that must read the same for ever, or fail as they do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from safelight.audit.consistency import Consistency
from safelight.audit.inclusion import Inclusion
from safelight.audit.ledger import Ledger
from safelight.errors import VerificationFailed
from tests.audit.making import fixed_signer
from tests.audit.test_vectors import VECTORS, expected, names

LEDGERS = ("ledger-v1", "ledger-v2")
PROOFS = ("inclusion-v1", "consistency-v1")


@pytest.mark.parametrize("folder", [*LEDGERS, *PROOFS])
def test_every_vector_is_expected_to_do_something(folder: str) -> None:
    found = {path.name for path in (VECTORS / folder).iterdir()}
    assert found == {*names(folder), "expected.json"}


@pytest.mark.parametrize("name", names("inclusion-v1"))
def test_inclusion(name: str) -> None:
    data, how = (VECTORS / "inclusion-v1" / name).read_bytes(), expected("inclusion-v1")["vectors"]
    try:
        proof = Inclusion.parse(data)
        head, entry = proof.check()
    except VerificationFailed as error:
        assert error.message == how[name]
        return
    is_ours = proof.fingerprint == fixed_signer().fingerprint
    found = f"entry {entry.number} of {head.entries}" if is_ours else "another key"
    assert found == how[name]
    assert proof.to_bytes() == data


@pytest.mark.parametrize("name", names("consistency-v1"))
def test_consistency(name: str) -> None:
    data = (VECTORS / "consistency-v1" / name).read_bytes()
    how = expected("consistency-v1")["vectors"][name]
    try:
        proof = Consistency.parse(data)
        older, newer = proof.check()
    except VerificationFailed as error:
        assert error.message == how
        return
    is_ours = proof.fingerprint == fixed_signer().fingerprint
    assert (f"from {older.entries} to {newer.entries}" if is_ours else "another key") == how
    assert proof.to_bytes() == data


@pytest.mark.parametrize(
    ("version", "name"), [(version, name) for version in LEDGERS for name in names(version)]
)
def test_ledger(version: str, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    folder.mkdir(mode=0o700)
    for part in (VECTORS / version / name).iterdir():
        shutil.copyfile(part, folder / part.name)
        (folder / part.name).chmod(0o600)
    ledger, how = Ledger(folder, fixed_signer()), expected(version)["vectors"][name]
    try:
        lines = len(ledger.read())
    except VerificationFailed as error:
        assert error.message == how
        return
    assert f"{lines} lines" == how
    ledger.append({"what": "self-test"})
    assert len(ledger.read()) == lines + 1
