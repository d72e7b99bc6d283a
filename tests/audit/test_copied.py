"""A journal that somebody handed over is read by its key alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.audit import copied
from safelight.audit.copied import read_copy
from safelight.errors import InputMissing, VerificationFailed
from tests.audit.making import Desk, filled, fixed_signer, leaf
from tests.audit.test_vectors import VECTORS

KEY = {fixed_signer().fingerprint: fixed_signer().public_bytes}
NAMED = {fixed_signer().fingerprint: b""}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    desk = Desk.at(tmp_path)
    filled(desk)
    for path in desk.book.parent.iterdir():
        path.chmod(0o644)  # copies are as open as they come
    return desk.book.parent


@pytest.mark.parametrize("known", [KEY, NAMED], ids=["key", "fingerprint"])
def test_it_is_checked_whole(copy: Path, known: dict[str, bytes]) -> None:
    log, has_head = read_copy(copy, known)
    assert (log.head.entries, has_head, log.fingerprint) == (6, True, fixed_signer().fingerprint)
    assert log.inclusion(3).check()[1].number == 3


def test_without_its_head_a_cut_is_not_told(copy: Path) -> None:
    book = copy / "journal.jsonl"
    (copy / "head").unlink()
    book.write_bytes(b"".join(line + b"\n" for line in book.read_bytes().split(b"\n")[:-4]))
    log, has_head = read_copy(book, KEY)
    assert (log.head.entries, has_head) == (4, False)


def test_with_its_head_a_cut_is_told(copy: Path) -> None:
    book = copy / "journal.jsonl"
    book.write_bytes(b"".join(line + b"\n" for line in book.read_bytes().split(b"\n")[:-4]))
    with pytest.raises(VerificationFailed, match="was cut"):
        read_copy(copy, KEY)


def test_a_journal_that_grows_while_it_is_read_was_not_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, read = Desk.at(tmp_path), copied._bytes
    filled(desk)

    def growing(path: Path, limit: int) -> bytes:
        data = read(path, limit)
        desk.journal.append(leaf(9))
        return data

    monkeypatch.setattr(copied, "_bytes", growing)
    assert read_copy(desk.book.parent, KEY)[0].head.entries == 7


def test_only_a_key_that_is_trusted_is_believed(copy: Path) -> None:
    with pytest.raises(VerificationFailed, match="not trusted here"):
        read_copy(copy, {"0" * 64: b""})
    with pytest.raises(VerificationFailed, match="not trusted here"):
        read_copy(copy, {})


def test_a_key_that_was_put_in_the_place_of_another_is_refused(copy: Path) -> None:
    book = copy / "journal.jsonl"
    data = book.read_bytes()
    mine = fixed_signer(1)
    book.write_bytes(data.replace(data[:200], data[:200].replace(b"A6EHv", b"B6EHv"), 1))
    with pytest.raises(VerificationFailed, match="first line was altered"):
        read_copy(copy, KEY)
    with pytest.raises(VerificationFailed):
        read_copy(copy, {mine.fingerprint: mine.public_bytes})


def test_a_journal_of_version_1_needs_the_bytes_of_its_key() -> None:
    folder = VECTORS / "journal-v1" / "whole"
    assert read_copy(folder, KEY)[0].head.entries == 6
    with pytest.raises(InputMissing, match="does not bring its key"):
        read_copy(folder, NAMED)


def test_what_is_not_there_or_too_large_is_told(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputMissing, match="cannot be read"):
        read_copy(tmp_path / "nowhere", KEY)
    monkeypatch.setattr(copied, "MAX_JOURNAL_BYTES", 100)
    with pytest.raises(VerificationFailed, match="more than 100 bytes"):
        read_copy(copy, KEY)
