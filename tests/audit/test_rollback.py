"""A journal that is cut back together with its head fits nothing that anyone kept of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.audit.checks import (
    against_checkpoint,
    against_receipts,
    is_whole,
    of_consistency,
    of_inclusion,
)
from safelight.audit.receipt import Receipt
from safelight.errors import VerificationFailed
from tests.audit.making import Desk, fixed_keys, leaf


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.at(tmp_path)
    desk.run("a.png")
    return desk


def rolled_back(desk: Desk, work: Callable[[], object]) -> Desk:
    """What an operator does: take both files as they were before the work was done."""
    files = [desk.book, desk.book.parent / "head"]
    before = [file.read_bytes() for file in files]
    work()
    for file, data in zip(files, before, strict=True):
        file.write_bytes(data)
    return desk.fresh()


def three_runs(desk: Desk) -> Callable[[], object]:
    return lambda: [desk.run(name) for name in ("b.png", "c.png", "d.png")]


def receipt(desk: Desk, name: str) -> Receipt:
    return Receipt.parse((desk.folder / ".safelight" / f"{name}.receipt.json").read_bytes())


def test_control_the_files_themselves_do_not_tell_that_they_were_rolled_back(desk: Desk) -> None:
    after = rolled_back(desk, three_runs(desk))
    assert after.journal.check().head.entries == 1


def test_a_checkpoint_that_was_kept_tells(desk: Desk) -> None:
    kept: list[str] = []

    def work() -> None:
        three_runs(desk)()
        kept.append(desk.journal.log().checkpoint)

    after = rolled_back(desk, work)
    found = against_checkpoint(after.journal.log(), kept[0])
    assert found.state == "failed"
    assert "rolled back: it had 4 entries when this checkpoint was kept and has 1" in found.sentence


def test_a_checkpoint_tells_also_when_the_journal_has_grown_again(desk: Desk) -> None:
    kept: list[str] = []

    def work() -> None:
        three_runs(desk)()
        kept.append(desk.journal.log().checkpoint)

    after = rolled_back(desk, work)
    for number in range(9):
        after.journal.append(leaf(number))
    found = against_checkpoint(after.journal.log(), kept[0])
    assert (found.state, "first 4 entries are not those" in found.sentence) == ("failed", True)


def test_a_receipt_that_was_made_later_tells(desk: Desk) -> None:
    after = rolled_back(desk, three_runs(desk))
    found = against_receipts(after.journal.log(), [receipt(desk, "d.png")])
    assert found.state == "failed"
    assert "rolled back: it had 3 entries" in found.sentence
    for number in range(9):
        after.journal.append(leaf(number))
    found = against_receipts(after.journal.log(), [receipt(desk, "d.png")])
    assert (found.state, "not the one that the receipt" in found.sentence) == ("failed", True)


def test_a_receipt_whose_entry_was_cut_off_is_told_as_without_one(desk: Desk) -> None:
    after = rolled_back(desk, lambda: desk.run("b.png"))
    found = against_receipts(after.journal.log(), [receipt(desk, "b.png")])
    assert found.state == "unknown"
    assert found.sentence == "0 stand in it; 1 are sound but have no entry"


def test_receipts_and_checkpoints_of_a_journal_that_only_grew_fit(desk: Desk) -> None:
    kept = desk.journal.log().checkpoint
    three_runs(desk)()
    log = desk.fresh().journal.log()
    assert against_checkpoint(log, kept).state == "ok"
    receipts = [receipt(desk, f"{name}.png") for name in "abcd"]
    assert against_receipts(log, receipts).sentence.startswith("each of 4 has its entry")


def test_receipts_of_another_journal_tell_nothing(desk: Desk, tmp_path: Path) -> None:
    other = Desk.at(tmp_path / "other", fixed_keys(1))
    other.run("x.png")
    found = against_receipts(desk.journal.log(), [receipt(other, "x.png")])
    assert (found.state, found.sentence) == ("unknown", "0 stand in it; 1 name another journal")
    assert against_checkpoint(desk.journal.log(), other.journal.log().checkpoint).state == "failed"


def test_a_proof_made_from_a_journal_that_was_rolled_back_is_not_made(desk: Desk) -> None:
    kept: list[str] = []

    def work() -> None:
        three_runs(desk)()
        kept.append(desk.journal.log().checkpoint)

    after = rolled_back(desk, work)
    with pytest.raises(VerificationFailed, match="rolled back"):
        after.journal.log().consistency(kept[0])


def test_growth_is_shown_to_who_has_only_two_checkpoints(desk: Desk) -> None:
    kept = desk.journal.log().checkpoint
    three_runs(desk)()
    proof = desk.journal.log().consistency(kept)
    assert [one.state for one in of_consistency(proof, kept)] == ["ok", "ok"]
    assert [one.state for one in of_consistency(proof, None)] == ["ok"]
    assert of_consistency(proof, proof.newer)[0].state == "failed"
    shorter = type(proof)(proof.older, proof.newer, proof.path[:-1], proof.public_bytes)
    assert of_consistency(shorter, kept)[1].state == "failed"


def test_inclusion_is_shown_to_who_has_only_the_receipt(desk: Desk) -> None:
    three_runs(desk)()
    log, sound = desk.journal.log(), receipt(desk, "b.png")
    proof = log.inclusion(log.checked.numbers[sound.commitment])
    assert [one.state for one in of_inclusion(proof, sound)] == ["ok", "ok"]
    assert of_inclusion(proof, receipt(desk, "c.png"))[1].state == "failed"
    altered = Receipt(sound.data.replace(sound.data[40:44], b"AAAA"))
    assert not is_whole(altered)
    assert [one.state for one in of_inclusion(proof, altered)] == ["failed"]
