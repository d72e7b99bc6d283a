"""audit log, verify log and the proofs, where something is not as it should be."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from safelight.audit.facts import Head
from safelight.audit.moments import moment
from safelight.audit.receipt import build
from safelight.errors import ParameterInvalid
from safelight.vault.keys import load_or_make
from tests.audit.making import Desk, filled, fixed_signer, leaf, receipt_facts
from tests.cli.testscript import Script

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Somebody's state folder with a journal of six entries, and a run with its receipt."""
    state = tmp_path / "state"
    desk = Desk.at(state, load_or_make(state / "keys"))
    filled(desk)
    desk.run("a.png")
    return desk


@pytest.fixture
def script(tmp_path: Path, home: Path) -> Script:
    return Script(tmp_path, home, False)


def play(script: Script, text: str) -> None:
    script.play(text.replace("--state-dir state", f"--state-dir {script.folder / 'state'}"))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("90m", "2026-11-21T10:30:00Z"),
        ("24h", "2026-11-20T12:00:00Z"),
        ("7d", "2026-11-14T12:00:00Z"),
        ("2w", "2026-11-07T12:00:00Z"),
        ("999999w", ""),
        ("60000w", "0876-12-19T12:00:00Z"),
        ("0999-01-01", "0999-01-01T00:00:00Z"),
        ("2026-11-01", "2026-11-01T00:00:00Z"),
        ("2026-11-01T08:30:00Z", "2026-11-01T08:30:00Z"),
    ],
)
def test_a_time_is_a_span_a_day_or_a_moment(text: str, time: str) -> None:
    assert moment(text, NOW) == time


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "1y", "yesterday", "2026-13-01", "1 h"])
def test_what_is_no_time_is_told(text: str) -> None:
    with pytest.raises(ParameterInvalid, match="is no time"):
        moment(text, NOW)


def test_a_clock_that_was_set_back_hides_nothing(desk: Desk, script: Script) -> None:
    for year in (2029, 2031, 1999):
        desk.journal.append(replace(leaf(year), time=f"{year}-01-01T00:00:00Z"))
    play(
        script,
        """
        run audit log --state-dir state --since 2030-01-01
        stdout '^ +9  2031-01-01'
        stdout '^ +10  1999-01-01'
        stdout '^2 of 10 entries'
        """,
    )


def test_an_altered_journal_is_not_listed_and_does_not_verify(desk: Desk, script: Script) -> None:
    data = desk.book.read_bytes()
    desk.book.write_bytes(data.replace(b'"duration_ms":2', b'"duration_ms":3'))
    play(
        script,
        """
        run audit log --state-dir state
        exit 5
        stderr 'the journal was altered at entry 3 or 4'
        run verify log --state-dir state
        exit 5
        stdout '^log +failed +the journal was altered at entry 3 or 4$'
        run verify log --state-dir state --json
        exit 5
        json type=log-verification failed=True
        run verify log --state-dir state -q
        exit 5
        silent stdout
        stderr 'log: the journal was altered'
        """,
    )


def test_a_journal_that_was_rolled_back_is_told_by_what_was_kept(
    desk: Desk, script: Script, tmp_path: Path
) -> None:
    shutil.copytree(desk.book.parent, tmp_path / "before")
    desk.run("b.png")
    desk.run("c.png")
    play(script, "run audit log --state-dir state --checkpoint kept")
    for part in ("journal.jsonl", "head"):
        shutil.copy(tmp_path / "before" / part, desk.book.parent / part)
    play(
        script,
        """
        run verify log --state-dir state
        stdout '^log +ok '
        stdout '^since +unknown +no older checkpoint was given'
        stdout '^receipts +unknown '
        run verify log --state-dir state --since kept
        exit 5
        stdout '^since +failed +the journal was rolled back: it had 9 entries'
        run verify log --state-dir state state/c.png
        exit 5
        stdout '^receipts +failed +the journal was rolled back: it had 8 entries'
        run audit consistency kept --state-dir state
        exit 5
        stderr 'rolled back'
        run audit inclusion state/b.png --state-dir state
        exit 2
        stderr 'has no entry in this journal'
        """,
    )


def test_receipts_that_were_altered_are_told(desk: Desk, script: Script) -> None:
    receipt = desk.folder / ".safelight" / "a.png.receipt.json"
    receipt.write_bytes(receipt.read_bytes().replace(b"A", b"B", 1))
    play(
        script,
        """
        run verify log --state-dir state state/a.png
        exit 5
        stdout '^receipts +failed +the receipt of state/a\\.png was altered'
        """,
    )


def test_a_stranger_does_not_tell_of_this_journal(
    desk: Desk, script: Script, tmp_path: Path
) -> None:
    """Anybody can sign a receipt that follows a head which never was."""
    head = Head(journal=desk.keys.journal.fingerprint, entries=99, root="0" * 64)
    forged = build(receipt_facts(), fixed_signer(7), head)
    (tmp_path / "forged.receipt.json").write_bytes(forged.to_bytes())
    play(
        script,
        """
        run verify log --state-dir state forged.receipt.json state/a.png
        exit 5
        stdout '^receipts +failed +the receipt of forged.* names this journal, and its key '
        stdout '^receipts +ok +each of 1 has its entry'
        """,
    )


def test_a_pipe_in_the_place_of_a_receipt_keeps_nobody_waiting(desk: Desk, script: Script) -> None:
    receipt = desk.folder / ".safelight" / "a.png.receipt.json"
    receipt.unlink()
    os.mkfifo(receipt)
    play(
        script,
        """
        run verify log --state-dir state state/a.png
        exit 2
        stderr 'the receipt of state/a\\.png cannot be read: no regular file'
        run verify log --journal state/journal --key /dev/zero
        exit 2
        stderr 'the file holds no public key'
        """,
    )


def test_receipts_of_results_without_a_file_are_looked_at_too(desk: Desk, script: Script) -> None:
    shelf = desk.folder / "receipts"
    shelf.mkdir(mode=0o700)
    kept = shelf / ("0" * 32 + ".receipt.json")
    shutil.copy(desk.folder / ".safelight" / "a.png.receipt.json", kept)
    kept.chmod(0o600)
    play(
        script,
        """
        run verify log --state-dir state
        stdout '^receipts +ok +each of 1 has its entry'
        """,
    )


def test_another_ones_journal_is_checked_by_its_key(
    desk: Desk, script: Script, tmp_path: Path
) -> None:
    (tmp_path / "theirs.pem").write_bytes(desk.keys.journal.public_pem)
    shutil.copytree(desk.book.parent, tmp_path / "copy")
    journal = desk.keys.journal.fingerprint
    play(
        script,
        f"""
        run verify log --journal copy --key theirs.pem
        stdout '^log +ok +7 entries, signed by the key {journal}$'
        run verify log --journal copy/journal.jsonl --key {journal} state/a.png
        stdout '^receipts +ok '
        run verify log --journal copy
        exit 5
        stdout '^log +failed +the journal is of the key {journal}, which is not trusted here$'
        run verify log --key theirs.pem
        exit 5
        stdout '^log +failed +the journal here is of the key '
        run verify log --state-dir state --key theirs.pem
        stdout '^log +ok '
        """,
    )
    (tmp_path / "copy" / "head").unlink()
    play(
        script,
        """
        run verify log --journal copy --key theirs.pem
        stdout '^log +unknown +7 entries.*a cut at its end cannot be told$'
        """,
    )


def test_another_ones_proofs_are_checked_by_their_key(
    desk: Desk, script: Script, tmp_path: Path, home: Path
) -> None:
    (tmp_path / "theirs.pem").write_bytes(desk.keys.journal.public_pem)
    journal, receipts = desk.keys.journal.fingerprint, desk.keys.receipts.fingerprint
    play(
        script,
        f"""
        run audit log --state-dir state --checkpoint kept
        run audit inclusion state/a.png --state-dir state -o a.tlog-proof
        run audit consistency kept --state-dir state -o growth.json
        run verify inclusion a.tlog-proof state/a.png --key {receipts}
        run verify consistency growth.json --since kept --key theirs.pem
        """,
    )
    assert not list(home.rglob("*.pem"))  # no keys of one's own are needed for that
    play(
        script,
        f"""
        run verify inclusion a.tlog-proof state/a.png
        exit 5
        stdout '^key +failed +{receipts} signed the receipt and is not trusted here$'
        run verify consistency growth.json --since kept
        exit 5
        stdout '^key +failed +{journal} signed the checkpoints'
        run verify consistency kept
        exit 5
        stdout '^proof +failed '
        """,
    )


def test_a_checkpoint_that_was_mailed_is_still_one(
    desk: Desk, script: Script, tmp_path: Path
) -> None:
    note = desk.journal.log().checkpoint
    (tmp_path / "mailed").write_bytes(note.strip().replace("\n", "\r\n").encode())
    (tmp_path / "damaged").write_text(note.replace("\n7\n", "\n6\n"))
    play(
        script,
        """
        run verify log --state-dir state --since mailed
        stdout '^since +ok '
        run audit consistency mailed --state-dir state -o growth.json
        run verify consistency growth.json --state-dir state --since mailed
        stdout '^checkpoint +ok '
        run verify log --state-dir state --since damaged
        exit 5
        stdout '^since +failed +a checkpoint is damaged$'
        """,
    )


def test_what_was_kept_must_be_what_it_says(desk: Desk, script: Script, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    (tmp_path / "theirs").write_text(f"safelight/journal/{fixed_signer().fingerprint}\n1\n")
    play(
        script,
        """
        run verify log --state-dir state --since binary
        exit 5
        stderr 'binary is no checkpoint'
        run verify log --state-dir state --since large
        exit 5
        stderr 'too large'
        run verify log --state-dir state --since theirs
        exit 5
        stdout '^since +failed +the checkpoint is of another journal, of the key '
        run audit log --state-dir state --checkpoint nowhere/kept
        exit 1
        stderr 'audit: nowhere/kept cannot be written: no such file or directory'
        run audit inclusion state/a.png --state-dir state
        stdout '^c2sp\\.org/tlog-proof@v1$'
        """,
    )
