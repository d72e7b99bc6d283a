"""The log as a whole: what it tells, and proofs that need no journal."""

from __future__ import annotations

import base64
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.audit.consistency import Consistency
from safelight.audit.inclusion import Inclusion
from safelight.audit.lines import Leaf
from safelight.errors import InputMissing, VerificationFailed
from tests.audit.making import Desk, failed, fixed_signer, leaf


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.at(tmp_path)
    for number in range(7):
        desk.journal.append_all([leaf(3 * number), failed(3 * number + 1), leaf(3 * number + 2)])
    return desk


def test_the_log_tells_every_entry_and_how_it_ended(desk: Desk) -> None:
    entries = list(desk.fresh().journal.log().entries())
    assert [entry.number for entry in entries] == list(range(1, 22))
    assert [entry.leaf for entry in entries[:2]] == [leaf(0), failed(1)]
    assert [entry.leaf.code for entry in entries[:4]] == ["done", "limit-exceeded", "done", "done"]


def test_a_failed_run_is_bound_to_nothing_that_anyone_has() -> None:
    ended = [
        Leaf.of_failure("timed-out", "2026-11-21T12:00:00Z", duration_ms=1, input_bytes=2)
        for _ in range(2)
    ]
    assert ended[0].commitment != ended[1].commitment
    assert replace(ended[0], commitment="") == Leaf(
        "", "2026-11-21T12:00:00Z", 1, 2, 0, "timed-out"
    )


def test_an_empty_log_has_no_checkpoint_and_no_entry(tmp_path: Path) -> None:
    log = Desk.at(tmp_path).journal.log()
    assert list(log.entries()) == []
    with pytest.raises(InputMissing, match="empty"):
        _ = log.checkpoint
    with pytest.raises(InputMissing, match="no entry 1"):
        log.inclusion(1)


def test_every_entry_is_shown_to_be_included_without_the_journal(desk: Desk) -> None:
    log = desk.journal.log()
    for number in range(1, 22):
        proof = Inclusion.parse(log.inclusion(number).to_bytes())
        head, entry = proof.check()
        assert (head, entry.number) == (log.head, number)
        assert proof.fingerprint == desk.keys.journal.fingerprint


def test_a_receipt_and_its_proof_belong_together(desk: Desk) -> None:
    _output, receipt = desk.make("a.png")
    other = desk.make("b.png")[1]
    desk.journal.append_all([receipt.leaf(), other.leaf()])
    log = desk.journal.log()
    proof = log.inclusion(22)
    assert proof.check_receipt(receipt)[1].leaf == receipt.leaf()
    with pytest.raises(VerificationFailed, match="another receipt"):
        proof.check_receipt(other)


def test_a_receipt_that_was_made_after_its_entry_is_refused(desk: Desk) -> None:
    receipt = desk.make("a.png")[1]
    earlier = Desk.at(desk.folder / "other")
    earlier.journal.append(receipt.leaf())
    with pytest.raises(VerificationFailed, match="another journal"):
        earlier.journal.log().inclusion(1).check_receipt(receipt)


def test_every_flipped_byte_of_a_proof_is_noticed(desk: Desk) -> None:
    log = desk.journal.log()
    for good, kind in (
        (log.inclusion(5).to_bytes(), Inclusion),
        (log.consistency(log.notes[9]).to_bytes(), Consistency),
    ):
        kind.parse(good).check()
        for place in range(0, len(good), 5):
            flipped = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
            with pytest.raises(VerificationFailed):
                _check_by(kind.parse(flipped), log.fingerprint)


def _check_by(proof: Inclusion | Consistency, fingerprint: str) -> None:
    """What who trusts a key does; a proof brings its own key along."""
    proof.check()
    if proof.fingerprint != fingerprint:
        raise VerificationFailed("another key's")


def openssl_accepts(checkpoint: str, pem: bytes, folder: Path) -> bool:
    """What another implementation says of the signature over a checkpoint's text."""
    text, signed = checkpoint.split("\n\n")
    signature = base64.b64decode(signed.split(" ")[2])[4:]
    parts = {"key.pem": pem, "text": f"{text}\n".encode(), "signature": signature}
    for name, data in parts.items():
        (folder / name).write_bytes(data)
    command = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile signature"
    done = subprocess.run(command.split(), cwd=folder, capture_output=True, check=False)
    return done.returncode == 0


def test_openssl_accepts_a_checkpoint_and_refuses_a_changed_one(desk: Desk, tmp_path: Path) -> None:
    checkpoint, pem = desk.journal.log().checkpoint, desk.keys.journal.public_pem
    assert openssl_accepts(checkpoint, pem, tmp_path)
    assert not openssl_accepts(checkpoint.replace("\n21\n", "\n20\n"), pem, tmp_path)
    assert not openssl_accepts(checkpoint, fixed_signer(1).public_pem, tmp_path)
