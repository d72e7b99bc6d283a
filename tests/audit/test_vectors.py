"""Vectors: files of the first versions of each format, for ever; those that must fail, and how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from safelight.audit import dsse
from safelight.audit.disk import Disk
from safelight.audit.receipt import Receipt, path_for
from safelight.errors import VerificationFailed
from tests.audit.making import Desk, failed, fixed_signer, leaf

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
JOURNALS = ("journal-v1", "journal-v2")


def expected(folder: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((VECTORS / folder / "expected.json").read_text())
    assert document["public_key"] == fixed_signer().public_bytes.hex()
    return document


def names(folder: str) -> list[str]:
    return sorted(expected(folder)["vectors"])


@pytest.mark.parametrize("folder", ["dsse-v1", "receipt-v1", *JOURNALS])
def test_every_vector_is_expected_to_do_something(folder: str) -> None:
    found = {path.name for path in (VECTORS / folder).iterdir()}
    assert found == {*names(folder), "expected.json"}


@pytest.mark.parametrize("name", names("dsse-v1"))
def test_envelope(name: str) -> None:
    facts = expected("dsse-v1")
    data, public = (VECTORS / "dsse-v1" / name).read_bytes(), bytes.fromhex(facts["public_key"])
    how = facts["vectors"][name]
    if how == "ok":
        assert dsse.verify(data, public) == facts["payload"].encode()
        assert dsse.sign(facts["payload"].encode(), fixed_signer(), facts["payload_type"]) == data
        return
    if how == "signature":
        dsse.parse(data)
    with pytest.raises(VerificationFailed, match="signature" if how == "signature" else "document"):
        dsse.verify(data, public)


@pytest.mark.parametrize(
    ("folder", "name"),
    [(folder, name) for folder in ("receipt-v1", "receipt-v2") for name in names(folder)],
)
def test_receipt(folder: str, name: str, tmp_path: Path) -> None:
    facts = expected(folder)
    data = (VECTORS / folder / name).read_bytes()
    desk = Desk.at(tmp_path)
    output = tmp_path / "a.png"
    output.write_bytes(b"pixels")
    path_for(output).parent.mkdir()
    path_for(output).write_bytes(data)
    found = desk.verify(output)
    lines = {line: found.line(line).state for line in ("signature", "schema")}
    assert lines == facts["vectors"][name]
    if lines["schema"] == "ok":
        assert found.line("output").state == "ok"
        commitment = facts["commitments"].get(name, facts["commitment"])
        assert Receipt.parse(data).commitment == commitment
        assert dsse.sign(Receipt.parse(data).payload, fixed_signer()) == data


@pytest.mark.parametrize(
    ("version", "name"), [(version, name) for version in JOURNALS for name in names(version)]
)
def test_journal(version: str, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.mkdir(mode=0o700)
    for part in ("journal.jsonl", "head"):
        copy = folder / part
        copy.touch(mode=0o600)
        copy.write_bytes((VECTORS / version / name / part).read_bytes())
    journal = Desk.at(tmp_path).journal
    how = expected(version)["vectors"][name]
    if how.endswith("bytes"):
        checked = journal.check()
        entries, left = checked.head.entries, checked.unfinished_bytes
        assert how == f"{entries} entries, {left} unfinished bytes"
        assert journal.append(leaf(9)) == entries + 1
    else:
        with pytest.raises(VerificationFailed, match=how):
            journal.check()


def test_the_same_leaves_give_the_same_journal(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir(mode=0o700)
    disk, end = Disk(tmp_path / "journal", fixed_signer()), None
    for batch in range(3):
        end = disk.commit([leaf(2 * batch), failed(2 * batch + 1)], end)
    for part in ("journal.jsonl", "head"):
        wanted = (VECTORS / "journal-v2" / "whole" / part).read_bytes()
        assert (tmp_path / "journal" / part).read_bytes() == wanted
