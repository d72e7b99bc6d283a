"""The ledger tells what was opened, and notices what was changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from safelight.audit import ledger as ledger_module
from safelight.audit.canonical import base64_text, canonical
from safelight.audit.ledger import FILE, HEAD_FILE, Ledger
from safelight.audit.lines import line_digest
from safelight.errors import OutputFailed, PolicyRefused, VerificationFailed
from safelight.vault.keys import Signer, load_or_make


@pytest.fixture
def signer(state_dir: Path) -> Signer:
    return load_or_make(state_dir).journal


@pytest.fixture
def ledger(state_dir: Path, signer: Signer) -> Ledger:
    kept = Ledger(state_dir, signer)
    for host in ("one.example", "two.example", "three.example"):
        kept.append({"what": "connection", "host": host})
    return kept


def test_lines_come_back_in_their_order(ledger: Ledger) -> None:
    found = ledger.read()
    assert [one["host"] for one in found] == ["one.example", "two.example", "three.example"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one["time"]) for one in found)


def test_an_empty_ledger_is_whole(state_dir: Path, signer: Signer) -> None:
    assert Ledger(state_dir, signer).read() == []


def test_it_is_private(ledger: Ledger, state_dir: Path) -> None:
    assert (state_dir / FILE).stat().st_mode & 0o777 == 0o600
    (state_dir / FILE).chmod(0o644)
    with pytest.raises(PolicyRefused):
        ledger.read()


def test_every_flipped_byte_is_noticed(ledger: Ledger, state_dir: Path) -> None:
    good = (state_dir / FILE).read_bytes()
    for place in range(0, len(good), 3):
        flipped = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
        (state_dir / FILE).write_bytes(flipped)
        with pytest.raises(VerificationFailed, match=r"line \d of the ledger"):
            ledger.read()


@pytest.mark.parametrize(
    "order", [(0, 2), (1, 2), (1, 0, 2), (0, 1, 1, 2), (0, 2, 1)], ids=lambda order: str(order)
)
def test_lines_taken_out_exchanged_or_repeated_are_noticed(
    ledger: Ledger, state_dir: Path, order: tuple[int, ...]
) -> None:
    lines = (state_dir / FILE).read_bytes().splitlines(keepends=True)
    (state_dir / FILE).write_bytes(b"".join(lines[place] for place in order))
    with pytest.raises(VerificationFailed):
        ledger.read()


@pytest.mark.parametrize("line", [b"{}\n", b"[]\n", b"x\n", b'{"signature":"x"}\n'])
def test_what_is_no_line_is_noticed(ledger: Ledger, state_dir: Path, line: bytes) -> None:
    with (state_dir / FILE).open("ab") as file:
        file.write(line)
    with pytest.raises(VerificationFailed, match="line 4"):
        ledger.read()


def test_another_keys_ledger_is_not_ours(ledger: Ledger, state_dir: Path, tmp_path: Path) -> None:
    stranger = load_or_make(tmp_path / "stranger").journal
    with pytest.raises(VerificationFailed, match="line 1"):
        Ledger(state_dir, stranger).read()


def test_lines_cut_off_at_the_end_are_noticed(ledger: Ledger, state_dir: Path) -> None:
    lines = (state_dir / FILE).read_bytes().splitlines(keepends=True)
    for kept in range(3):
        (state_dir / FILE).write_bytes(b"".join(lines[:kept]))
        for ask in (ledger.read, lambda: ledger.append({"what": "connection"})):
            with pytest.raises(VerificationFailed, match=f"cut: it had 3 lines and has {kept}"):
                ask()
    (state_dir / FILE).unlink()
    with pytest.raises(VerificationFailed, match="cut: it had 3 lines and has 0"):
        ledger.read()


def test_control_both_files_put_back_together_are_not_told(ledger: Ledger, state_dir: Path) -> None:
    before = {name: (state_dir / name).read_bytes() for name in (FILE, HEAD_FILE)}
    ledger.append({"what": "connection", "host": "four.example"})
    for name, data in before.items():
        (state_dir / name).write_bytes(data)
    assert len(ledger.read()) == 3


def test_lines_cut_off_and_others_written_are_noticed(ledger: Ledger, state_dir: Path) -> None:
    head, data = (state_dir / HEAD_FILE).read_bytes(), (state_dir / FILE).read_bytes()
    (state_dir / FILE).unlink()
    (state_dir / HEAD_FILE).unlink()
    for _ in range(4):
        ledger.append({"what": "self-test"})
    (state_dir / HEAD_FILE).write_bytes(head)
    with pytest.raises(VerificationFailed, match="not the one that its head was signed for"):
        ledger.read()
    (state_dir / FILE).write_bytes(data)
    assert len(ledger.read()) == 3


def test_a_line_of_another_past_is_noticed(ledger: Ledger, state_dir: Path) -> None:
    """Signed, with the right number, and still not what stood there."""
    past = (state_dir / FILE).read_bytes().splitlines(keepends=True)
    (state_dir / FILE).unlink()
    (state_dir / HEAD_FILE).unlink()
    for host in ("one.example", "other.example", "three.example"):
        ledger.append({"what": "connection", "host": host})
    lines = (state_dir / FILE).read_bytes().splitlines(keepends=True)
    (state_dir / FILE).write_bytes(lines[0] + past[1] + lines[2])
    with pytest.raises(VerificationFailed, match=r"line [23] of the ledger"):
        ledger.read()


@pytest.mark.parametrize("head", [None, b"", b"{}", b"x", b'{"last":"0","lines":3}'])
def test_a_head_that_is_gone_or_damaged_is_noticed(
    ledger: Ledger, state_dir: Path, head: bytes | None
) -> None:
    if head is None:
        (state_dir / HEAD_FILE).unlink()
    else:
        (state_dir / HEAD_FILE).write_bytes(head)
    with pytest.raises(VerificationFailed, match=r"head file is (gone|damaged)"):
        ledger.read()


def test_a_run_that_died_before_the_head_was_written_is_gone_on_from(
    ledger: Ledger, state_dir: Path
) -> None:
    head = (state_dir / HEAD_FILE).read_bytes()
    ledger.append({"what": "connection", "host": "four.example"})
    (state_dir / HEAD_FILE).write_bytes(head)
    assert len(ledger.read()) == 4
    ledger.append({"what": "connection", "host": "five.example"})
    assert len(ledger.read()) == 5


def test_a_ledger_that_an_older_version_began_goes_on(
    state_dir: Path, signer: Signer, tmp_path: Path
) -> None:
    lines: list[bytes] = []
    for host in ("one.example", "two.example"):
        previous = line_digest(lines[-1]) if lines else ledger_module.NOTHING_BEFORE
        entry = {
            "host": host,
            "previous": previous,
            "schema": "safelight-ledger/1",
            "time": "2026-11-21T12:00:00Z",
            "what": "connection",
        }
        signature = base64_text(signer.sign(canonical(entry)))
        lines.append(canonical({**entry, "signature": signature}))
    state_dir.mkdir(mode=0o700, exist_ok=True)
    (state_dir / FILE).touch(mode=0o600)
    (state_dir / FILE).write_bytes(b"".join(line + b"\n" for line in lines))
    older = Ledger(state_dir, signer)
    assert [one["host"] for one in older.read()] == ["one.example", "two.example"]
    older.append({"what": "connection", "host": "three.example"})
    assert [one["host"] for one in older.read()][-1] == "three.example"
    (state_dir / FILE).write_bytes(b"".join(line + b"\n" for line in lines))
    with pytest.raises(VerificationFailed, match="cut: it had 3 lines and has 2"):
        older.read()


def test_what_a_run_that_died_left_is_cut_off(ledger: Ledger, state_dir: Path) -> None:
    with (state_dir / FILE).open("ab") as file:
        file.write(b'{"half')
    assert len(ledger.read()) == 3
    ledger.append({"what": "connection", "host": "four.example"})
    assert len(ledger.read()) == 4


def test_what_a_run_that_died_left_first_is_no_line(ledger: Ledger, state_dir: Path) -> None:
    (state_dir / HEAD_FILE).unlink()
    (state_dir / FILE).write_bytes(b'{"half')
    assert ledger.read() == []


@pytest.mark.parametrize("kept", [1, 2])
def test_a_torn_line_that_was_acknowledged_is_noticed(
    ledger: Ledger, state_dir: Path, kept: int
) -> None:
    lines = (state_dir / FILE).read_bytes().splitlines(keepends=True)
    (state_dir / FILE).write_bytes(b"".join(lines[:kept]) + lines[kept][:-1])
    with pytest.raises(VerificationFailed, match=f"line {kept + 1} of the ledger"):
        ledger.read()


def test_too_much_of_it_is_told(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "MAX_FILE_BYTES", 100)
    with pytest.raises(VerificationFailed, match="more than 100 bytes"):
        ledger.read()


def test_a_line_that_cannot_be_written_is_told(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OutputFailed):
        ledger.append({"what": "connection"})
