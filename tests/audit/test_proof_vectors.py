"""Vectors of proofs and of the ledger: what was valid stays so, what failed fails as it did."""

from __future__ import annotations

import shutil
from collections.abc import Callable
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


def said(ask: Callable[[], str]) -> str:
    """What is found, or the sentence that refuses it."""
    try:
        return ask()
    except VerificationFailed as error:
        return error.message


def inclusion(data: bytes) -> str:
    proof = Inclusion.parse(data)
    head, entry = proof.check()
    assert proof.to_bytes() == data
    is_ours = proof.fingerprint == fixed_signer().fingerprint
    return f"entry {entry.number} of {head.entries}" if is_ours else "another key"


def consistency(data: bytes) -> str:
    proof = Consistency.parse(data)
    older, newer = proof.check()
    assert proof.to_bytes() == data
    is_ours = proof.fingerprint == fixed_signer().fingerprint
    return f"from {older.entries} to {newer.entries}" if is_ours else "another key"


@pytest.mark.parametrize("name", names("inclusion-v1"))
def test_inclusion(name: str) -> None:
    data = (VECTORS / "inclusion-v1" / name).read_bytes()
    assert said(lambda: inclusion(data)) == expected("inclusion-v1")["vectors"][name]


@pytest.mark.parametrize("name", names("consistency-v1"))
def test_consistency(name: str) -> None:
    data = (VECTORS / "consistency-v1" / name).read_bytes()
    assert said(lambda: consistency(data)) == expected("consistency-v1")["vectors"][name]


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
    assert said(lambda: f"{len(ledger.read())} lines") == how
    if how.endswith(" lines"):
        ledger.append({"what": "self-test"})
        assert f"{len(ledger.read()) - 1} lines" == how
