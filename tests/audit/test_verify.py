"""Verify: five lines; one flipped byte anywhere fails and says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.audit import dsse, statement
from safelight.audit.canonical import canonical
from safelight.audit.models import ModelFact, RetryFact
from safelight.audit.receipt import Receipt, path_for
from safelight.audit.verify import NAMES, Verification
from safelight.errors import InputMissing, VerificationFailed
from safelight.models.store import Store
from tests.audit.making import Desk, fixed_keys, model_fact
from tests.models.making import add_model


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk whose store holds the model of its receipts."""
    models = tmp_path / "models"
    models.mkdir()
    add_model(models)
    found = Desk.at(tmp_path / "desk")
    return Desk(found.folder, found.keys, found.journal, Store(models))


def plain(desk: Desk, name: str = "a.png") -> Path:
    return desk.run(name, models=(of_store(desk),))


def of_store(desk: Desk, **changes: object) -> ModelFact:
    entry = next(entry for entry in desk.store.entries() if entry.name == "twice")
    return model_fact(**{"name": "twice", "sha256": entry.sha256} | changes)


def states(found: Verification) -> dict[str, str]:
    assert tuple(line.name for line in found.lines) == NAMES
    return {line.name: line.state for line in found.lines if line.state != "ok"}


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def test_a_whole_output_is_five_times_ok(desk: Desk) -> None:
    plain(desk, "first.png")
    found = desk.verify(plain(desk))
    assert states(found) == {}
    assert found.is_whole
    assert not found.is_failed
    assert found.number == 2
    assert found.limits == statement.LIMITS
    found.raise_if_failed()


def test_a_receipt_can_be_given_in_the_place_of_its_output(desk: Desk) -> None:
    assert desk.verify(path_for(plain(desk))).is_whole


def test_a_flipped_byte_of_the_output_fails_its_line(desk: Desk) -> None:
    output = plain(desk)
    for position in range(len(output.read_bytes())):
        flip(output, position)
        found = desk.verify(output)
        assert states(found) == {"output": "failed"}
        flip(output, position)
    flip(output, 0)
    found = desk.verify(output)
    with pytest.raises(VerificationFailed, match="output: the file is not"):
        found.raise_if_failed()


def test_a_byte_more_or_less_fails_the_output(desk: Desk) -> None:
    output = plain(desk)
    whole = output.read_bytes()
    for data in (whole + b"\0", whole[:-1], b""):
        output.write_bytes(data)
        assert states(desk.verify(output)) == {"output": "failed"}


def test_a_flipped_byte_of_the_receipt_fails_the_signature(desk: Desk) -> None:
    output = plain(desk)
    receipt = path_for(output)
    for position in range(0, len(receipt.read_bytes()), 101):
        flip(receipt, position)
        found = desk.verify(output)
        assert found.line("signature").state == "failed"
        assert found.receipt is None
        assert set(states(found)) == set(NAMES)
        flip(receipt, position)
    assert desk.verify(output).is_whole


def test_a_flipped_byte_of_the_journal_fails_the_chain(desk: Desk) -> None:
    output = plain(desk)
    for path in (desk.book, desk.book.parent / "head"):
        flip(path, 100)
        found = desk.verify(output)
        assert states(found) == {"chain": "failed"}
        assert "journal" in found.line("chain").sentence or path.name == "head"
        flip(path, 100)


def test_a_flipped_byte_of_the_model_fails_the_models(desk: Desk) -> None:
    output = plain(desk)
    flip(desk.folder.parent / "models" / "twice.bin", 0)
    found = desk.verify(output)
    assert states(found) == {"models": "failed"}
    assert found.line("models").sentence == "the installed file was altered: twice"


def test_a_model_that_is_not_here_is_unknown(desk: Desk) -> None:
    changed = desk.run("a.png", models=(of_store(desk, sha256="0" * 64),))
    assert states(desk.verify(changed)) == {"models": "unknown"}
    (desk.folder.parent / "models" / "twice.bin").unlink()
    assert states(desk.verify(plain(desk, "b.png"))) == {"models": "unknown"}


def test_an_exact_twin_that_answered_must_be_known_too(desk: Desk) -> None:
    here = of_store(desk)
    for sha256, wanted in ((here.sha256, {}), ("0" * 64, {"models": "unknown"})):
        retried = RetryFact.of({"blank": 1}, name="exact", sha256=sha256)
        fact = of_store(desk, retried=retried)
        assert states(desk.verify(desk.run(f"{sha256[:4]}.png", models=(fact,)))) == wanted


def test_no_model_is_no_doubt(desk: Desk) -> None:
    assert desk.verify(desk.run("a.png", models=())).is_whole


def test_an_output_without_a_receipt_fails(desk: Desk) -> None:
    output = plain(desk)
    path_for(output).unlink()
    found = desk.verify(output)
    assert found.line("signature").sentence == "there is no receipt for this file"
    assert found.is_failed


def test_an_unsigned_receipt_is_refused(desk: Desk) -> None:
    output = plain(desk)
    payload = Receipt.parse(path_for(output).read_bytes()).payload
    path_for(output).write_bytes(payload)
    assert desk.verify(output).line("signature").state == "failed"


def test_a_receipt_without_its_output_is_unknown(desk: Desk) -> None:
    output = plain(desk)
    receipt = path_for(output)
    moved = output.rename(desk.folder / "moved.png")
    assert states(desk.verify(receipt)) == {"output": "unknown"}
    assert desk.verify(receipt, output=moved).is_whole
    alone = receipt.rename(desk.folder / "alone.receipt.json")
    assert states(desk.verify(alone)) == {"output": "unknown"}


def test_an_analysis_has_no_output_to_fail(desk: Desk) -> None:
    output, receipt = desk.make("a.png", outputs=(), models=())
    desk.journal.append(receipt.leaf())
    assert desk.verify(path_for(output)).is_whole


def test_a_file_that_is_not_there_is_no_verdict(desk: Desk) -> None:
    with pytest.raises(InputMissing):
        desk.verify(desk.folder / "absent.png")


def test_a_receipt_that_is_not_in_the_journal_is_told_from_an_altered_one(desk: Desk) -> None:
    output, _receipt = desk.make("a.png", models=())
    found = desk.verify(output)
    assert states(found) == {"chain": "unknown"}
    assert found.line("chain").sentence == "the receipt is sound but not in the journal"
    assert found.number is None
    assert not found.is_failed
    assert not found.is_whole


def test_a_journal_cut_with_its_head_no_longer_fits_later_receipts(desk: Desk) -> None:
    first = plain(desk, "first.png")
    kept = desk.book.read_bytes(), (desk.book.parent / "head").read_bytes()
    plain(desk, "second.png")
    third = plain(desk, "third.png")
    desk.book.write_bytes(kept[0])
    (desk.book.parent / "head").write_bytes(kept[1])
    assert desk.verify(first).is_whole
    found = desk.verify(third)
    assert states(found) == {"chain": "failed"}
    assert "had 2 entries when this receipt was made and has 1" in found.line("chain").sentence


def test_a_journal_begun_anew_does_not_fit_older_receipts(desk: Desk, tmp_path: Path) -> None:
    plain(desk, "first.png")
    second = plain(desk, "second.png")
    other = Desk.at(tmp_path / "other")
    for name in ("a.png", "b.png"):
        other.run(name)
    for name in ("journal.jsonl", "head"):
        (desk.book.parent / name).write_bytes((other.book.parent / name).read_bytes())
    found = desk.verify(second)
    assert found.line("chain").sentence == "the journal is not the one that this receipt follows"
    assert states(found) == {"chain": "failed"}


def test_another_persons_receipt_is_whole_but_unknown(desk: Desk, tmp_path: Path) -> None:
    other = Desk.at(tmp_path / "other", fixed_keys(7))
    output = other.run("a.png", models=())
    found = desk.verify(output)
    assert states(found) == {"signature": "unknown", "chain": "unknown"}
    assert other.keys.receipts.fingerprint in found.line("signature").sentence
    known = desk.verify(output, public_keys=[other.keys.receipts.public_bytes])
    assert states(known) == {"chain": "unknown"}
    flip(path_for(output), 50)
    assert desk.verify(output).line("signature").state == "failed"


def test_a_receipt_of_a_newer_kind_is_unknown(desk: Desk) -> None:
    output = plain(desk)
    newer = {"_type": statement.STATEMENT, "predicateType": "tag:safelight,2027:receipt/v9"}
    path_for(output).write_bytes(dsse.sign(canonical(newer), desk.keys.receipts))
    found = desk.verify(output)
    assert found.line("signature").state == "ok"
    assert found.line("schema").state == "unknown"
    assert not found.is_failed


@pytest.mark.parametrize("document", [{"_type": statement.STATEMENT}, [], "text"])
def test_a_signed_payload_that_is_no_statement_fails_its_schema(
    desk: Desk, document: object
) -> None:
    output = plain(desk)
    path_for(output).write_bytes(dsse.sign(canonical(document), desk.keys.receipts))
    assert desk.verify(output).line("schema").state == "failed"


def test_a_signed_receipt_that_contradicts_itself_fails_its_schema(desk: Desk) -> None:
    output = plain(desk)
    predicate = Receipt.parse(path_for(output).read_bytes()).predicate
    forged = predicate.model_copy(update={"disclosure": "none"})
    path_for(output).write_bytes(dsse.sign(statement.to_bytes(forged), desk.keys.receipts))
    assert desk.verify(output).line("schema").state == "failed"
