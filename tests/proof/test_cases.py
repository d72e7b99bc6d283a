"""The life of a case: what it takes in, what it refuses, and that its log tells it all."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.errors import (
    FormatUnknown,
    InputMissing,
    LimitExceeded,
    OutputClash,
    OutputExists,
    PolicyRefused,
    SafelightError,
    UsageError,
    VerificationFailed,
)
from safelight.models.providers import CPU, Device
from safelight.operation import Operation
from safelight.ops.convert import Convert
from safelight.ops.detect import Detect
from safelight.ops.inspect import Inspect
from safelight.ops.redact import Redact
from safelight.ops.resize import Resize
from safelight.ops.rotate import Rotate
from safelight.ops.scrub import Scrub
from safelight.ops.upscale import Upscale
from safelight.proof.cases import acquire as acquiring
from safelight.proof.cases import page
from safelight.proof.cases.acquire import acquire
from safelight.proof.cases.facts import Moved, Noted
from safelight.proof.cases.folder import refuse_closed
from safelight.proof.cases.profile import MARK, admitted
from safelight.proof.cases.report import report
from safelight.proof.cases.shelf import FolderShelf
from safelight.proof.cases.telling import sentence
from safelight.recipe import Recipe, operations
from tests.cli.pictures import draw
from tests.proof.casework import (
    LARGER,
    SMALLER,
    Desk,
    Led,
    add,
    alone,
    begun,
    close,
    ours,
    work,
)

GOOD = {"log", "keys", "originals", "results", "receipts", "journal"}


class _Dream(Operation, name="dream", effect="generative"):
    """Stands for an operation that makes up what it shows; there is none."""


class _Silent(Operation, name="silent"):
    """Does not say what it makes of pixels."""


@pytest.fixture
def done(led_case: Led) -> Led:
    return led_case


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state")


def test_a_case_that_was_led_holds_in_its_folder_and_as_a_bundle(done: Led) -> None:
    assert done.desk.states(done.folder) == dict.fromkeys(GOOD, "ok")
    assert ours(done.bundle, done.desk.here()) == dict.fromkeys(GOOD | {"seal"}, "ok")
    assert alone(done.bundle, [done.key]) == dict.fromkeys(GOOD | {"seal"}, "ok")


def test_a_bundle_verifies_on_another_machine_once_its_key_is_named(done: Led, desk: Desk) -> None:
    assert ours(done.bundle, desk.here()) == dict.fromkeys(GOOD | {"seal"}, "ok") | {
        "keys": "unknown"
    }
    assert set(ours(done.bundle, desk.here(done.key)).values()) == {"ok"}
    assert alone(done.bundle, [])["keys"] == "unknown"


def test_originals_are_copied_as_they_were_and_read_only(done: Led) -> None:
    chain = done.desk.case(done.folder).read()
    for item, name in (("E0001", "one.jpg"), ("E0002", "two.png")):
        facts, data = chain.originals[item], (done.folder.parent / name).read_bytes()
        kept = done.folder / facts.file.place
        assert kept.read_bytes() == data
        assert facts.name == name
        assert facts.file.sha256 == hashlib.sha256(data).hexdigest()
        assert facts.file.sha3_256 == hashlib.sha3_256(data).hexdigest()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o400
    assert stat.S_IMODE((done.folder / "originals").stat().st_mode) == 0o500


def test_receipts_of_a_case_have_plain_digests_and_name_the_case(done: Led) -> None:
    chain = done.desk.case(done.folder).read()
    from safelight.audit.receipt import Receipt

    for result, outcome in chain.done():
        receipt = Receipt.parse((done.folder / outcome.receipt.file.place).read_bytes())
        facts = receipt.predicate
        original = chain.originals[result.began.item].file
        assert [one.sha256 for one in facts.inputs] == [original.sha256]
        assert [one.sha256 for one in facts.outputs] == [outcome.file.sha256]
        assert outcome.pixels == (facts.inputs[0].pixel_sha256, facts.outputs[0].pixel_sha256)
        assert None not in outcome.pixels
        assert facts.assignment is not None
        assert facts.assignment.case == chain.id
        assert facts.custody is not None
        assert facts.custody.event == "processed"


def test_an_illustration_says_so_on_the_picture_and_in_the_report(done: Led) -> None:
    chain = done.desk.case(done.folder).read()
    (plain, _), (drawn, _) = chain.done()
    assert not plain.began.is_illustrative
    assert MARK not in json.dumps(plain.began.recipe)
    assert drawn.began.is_illustrative
    assert drawn.began.effect == "model"
    assert MARK in json.dumps(drawn.began.recipe)
    text = report(chain, FolderShelf(done.folder))
    assert text.count("illustration, not evidence") == 1
    assert text.count("in a format that can lose detail") == 2
    assert text.count("data:image/jpeg;base64,") == 4
    assert [word for word in ("<script", "http://", "https://") if word in text] == []
    assert page.POLICY in text


def test_what_a_receipt_does_not_tell_of_a_recipe_the_log_does(desk: Desk, tmp_path: Path) -> None:
    case = begun(desk, tmp_path / "case")
    draw(tmp_path / "one.png")
    add(case, tmp_path / "one.png")
    steps = (Redact(box=((2, 3, 5, 7),)), Resize(percent=50))
    (result, outcome), *_ = work(desk, case, Recipe(steps), "E0001").done()
    assert "[[2,3,5,7]]" in json.dumps(result.began.recipe, separators=(",", ":"))
    told = json.loads((case.folder / outcome.receipt.file.place).read_bytes())["payload"]
    assert b'"box":"withheld"' in base64.b64decode(told)
    close(desk, case, tmp_path / "case.tar")
    assert set(desk.states(case.folder).values()) == {"ok"}
    key = desk.book.keys.receipts.fingerprint
    assert set(alone(tmp_path / "case.tar", [key]).values()) == {"ok"}


def test_a_result_whose_pixels_are_those_of_the_original_is_not_said_to_have_lost_any(
    desk: Desk, tmp_path: Path
) -> None:
    case = begun(desk, tmp_path / "case")
    draw(tmp_path / "one.jpg")
    draw(tmp_path / "two.png")
    add(case, tmp_path / "one.jpg", tmp_path / "two.png")
    work(desk, case, Recipe((Scrub(),)), "E0001")
    chain = work(desk, case, SMALLER, "E0002")
    assert "can lose detail" not in report(chain, FolderShelf(case.folder))


@pytest.mark.parametrize("size", ["119x80", "130x9"])
def test_an_illustration_too_small_for_its_mark_is_none(
    desk: Desk, tmp_path: Path, size: str
) -> None:
    case = begun(desk, tmp_path / "case")
    draw(tmp_path / "one.png", size)
    add(case, tmp_path / "one.png")
    with pytest.raises(PolicyRefused, match="this small"):
        work(desk, case, LARGER, "E0001", drawn=True)
    chain = case.read()
    assert (chain.done(), chain.last.event.event) == ((), "failed")
    assert [path for path in case.work.rglob("*") if path.is_file()] == []
    larger = Recipe((Upscale(scale=2), Resize(fit="2000x2000", enlarge=True)))
    assert len(work(desk, case, larger, "E0001", drawn=True).done()) == 1


def test_the_same_case_gives_the_same_bundle(done: Led, tmp_path: Path) -> None:
    case = done.desk.case(done.folder)
    before = case.read().number
    close(done.desk, case, tmp_path / "again.tar")
    assert (tmp_path / "again.tar").read_bytes() == done.bundle.read_bytes()
    assert case.read().number == before
    close(done.desk, case, tmp_path / "again.tar")
    (tmp_path / "other.tar").write_bytes(b"something else")
    with pytest.raises(OutputExists):
        close(done.desk, case, tmp_path / "other.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.tar", "other.tar"]


def test_the_report_shows_names_as_text(desk: Desk, tmp_path: Path) -> None:
    case = begun(desk, tmp_path / "case")
    nasty = tmp_path / "<b>\u202e&\x1b.jpg"
    draw(nasty)
    chain = add(case, nasty)
    text = report(chain, FolderShelf(case.folder))
    assert "<b>" not in text
    assert "&lt;b&gt;\\u202e&amp;\\x1b.jpg" in text
    assert sentence(chain.last.event).startswith("took in <b>")


def test_what_is_there_already_is_not_taken_in_again(desk: Desk, tmp_path: Path) -> None:
    case = begun(desk, tmp_path / "case")
    draw(tmp_path / "one.jpg")
    chain = add(case, tmp_path / "one.jpg")
    assert add(case, tmp_path / "one.jpg").number == chain.number
    assert list(chain.originals) == ["E0001"]
    assert [path.name for path in case.originals.iterdir()] == ["E0001.jpg"]


def test_the_same_work_is_not_done_again(done: Led, tmp_path: Path) -> None:
    folder = done.copied(tmp_path / "copy")
    case = done.desk.case(folder)
    assert work(done.desk, case, SMALLER, "E0001").number == case.read().number


@pytest.mark.parametrize("name", ["gone.jpg", "."])
def test_what_is_no_file_is_refused(desk: Desk, tmp_path: Path, name: str) -> None:
    case = begun(desk, tmp_path / "case")
    with pytest.raises(InputMissing):
        add(case, tmp_path / name)
    assert case.read().number == 1


def test_a_medium_that_fails_is_told_as_that(desk: Desk, tmp_path: Path) -> None:
    case = begun(desk, tmp_path / "case")
    with pytest.raises(InputMissing) as caught:
        add(case, Path("/proc/self/mem"))  # opens as a plain file, and every read of it fails
    assert "medium" in caught.value.hint
    assert list(case.originals.iterdir()) == []


def test_a_file_that_no_bundle_could_hold_is_refused(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acquiring, "MAX_BYTES", 10)
    case = begun(desk, tmp_path / "case")
    draw(tmp_path / "one.jpg")
    with pytest.raises(LimitExceeded):
        add(case, tmp_path / "one.jpg")


def test_a_case_begins_in_a_folder_of_its_own(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(OutputExists):
        begun(desk, tmp_path / "full")
    begun(desk, tmp_path / "case")
    with pytest.raises(OutputExists):
        begun(desk, tmp_path / "case")
    with pytest.raises(SafelightError):
        begun(desk, tmp_path / "full" / "letter.txt" / "case")


def test_work_that_fails_leaves_its_code_and_no_result(desk: Desk, tmp_path: Path) -> None:
    case = begun(desk, tmp_path / "case")
    draw(tmp_path / "one.jpg")
    (tmp_path / "two.txt").write_text("no picture")
    whole = (tmp_path / "one.jpg").read_bytes()
    (tmp_path / "three.jpg").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "four.jpg.enc").write_bytes(b"sealed somewhere else")
    add(case, *(tmp_path / name for name in ("one.jpg", "two.txt", "three.jpg", "four.jpg.enc")))
    with pytest.raises(UsageError, match="encrypted"):
        work(desk, case, SMALLER, "E0004")
    with pytest.raises(FormatUnknown):
        work(desk, case, SMALLER, "E0002")
    with pytest.raises(SafelightError):
        work(desk, case, SMALLER, "E0003")
    with pytest.raises(InputMissing):
        work(desk, case, SMALLER, "E0009")
    chain = case.read()
    assert chain.last.event.event == "failed"
    assert [one.began.item for one in chain.results.values()] == ["E0003"]
    assert "gave nothing: " in sentence(chain.last.event)
    assert "Tried without a result: R0001 from E0003" in report(chain, FolderShelf(case.folder))
    assert desk.states(case.folder)["results"] == "ok"


def test_only_what_can_be_repeated_is_admitted() -> None:
    turned = Recipe((Rotate(angle=90), Convert(to="png")))
    assert admitted(turned, CPU, is_illustrative=False) == (turned, "bounded")
    seen = Recipe((Detect(), Redact(seen=("face",))))
    assert admitted(seen, CPU, is_illustrative=False) == (seen, "exact")
    with pytest.raises(PolicyRefused, match="card"):
        admitted(seen, Device("cuda"), is_illustrative=False)
    with pytest.raises(PolicyRefused, match="no evidence: upscale"):
        admitted(LARGER, CPU, is_illustrative=False)
    with pytest.raises(UsageError, match="no model"):
        admitted(turned, CPU, is_illustrative=True)
    with pytest.raises(UsageError, match="no picture"):
        admitted(Recipe((Inspect(),)), CPU, is_illustrative=False)


def test_control_with_another_fact_of_the_operation_its_work_is_admitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The fact is what refuses, not the operation's name."""
    monkeypatch.setattr(Upscale, "effect", "exact")
    assert admitted(LARGER, CPU, is_illustrative=False)[1] == "exact"


@pytest.mark.parametrize("step", [_Dream(), _Silent()])
@pytest.mark.parametrize("is_illustrative", [True, False])
def test_what_is_made_up_is_refused_even_as_an_illustration(
    step: Operation, is_illustrative: bool
) -> None:
    with pytest.raises(PolicyRefused, match=step.name) as refused:
        admitted(Recipe((step,)), CPU, is_illustrative=is_illustrative)
    assert refused.value.exit_code == 6


def test_every_operation_says_what_it_makes_of_pixels() -> None:
    silent = [name for name, operation in operations().items() if operation.effect is None]
    assert silent == []
    assert operations()["crop"].effect == "exact"
    assert operations()["inspect"].effect == "exact"


def test_nothing_in_a_case_is_replaced_in_place(done: Led, tmp_path: Path) -> None:
    folder = done.copied(tmp_path / "copy")
    original = folder / "originals" / "E0001.jpg"
    before = original.read_bytes()
    draw(tmp_path / "other.jpg")
    with Engine(done.desk.settings()) as engine:
        for source, target, in_place in (
            (original, original, True),
            (folder / "work" / "R0001" / "E0001.jpg",) * 2 + (True,),
            (tmp_path / "other.jpg", folder / "originals" / "planted.jpg", False),
        ):
            with pytest.raises(PolicyRefused):
                engine.run(source, SMALLER, output=target, in_place=in_place)
        result = folder / "work" / "R0001" / "E0001.jpg"
        with pytest.raises(PolicyRefused):
            engine.run(tmp_path / "other.jpg", SMALLER, output=result, existing="overwrite")
        with pytest.raises(OutputClash):
            engine.run(original, SMALLER, output=original)
    assert original.read_bytes() == before


def test_what_is_sealed_takes_no_work(done: Led) -> None:
    chain = done.desk.case(done.folder).read()
    with pytest.raises(PolicyRefused, match="sealed"):
        refuse_closed(chain)


def test_a_case_goes_to_another_machine_and_on(done: Led, desk: Desk, tmp_path: Path) -> None:
    folder, own = done.copied(tmp_path / "copy"), Desk(tmp_path / "own")
    shutil.copytree(done.desk.state, own.state)
    here, there = own.case(folder), desk.case(folder)
    with here.held() as chain:
        moved = {"from": "A. Weber", "to": "B. Ito", "witness": "C. Roy"}
        who = here.person(chain, None, None)
        chain = here.append(chain, "transferred", Moved(role="clerk"), who=who, why="x", **moved)
    assert "witnessed by C. Roy" in sentence(chain.last.event)
    assert chain.is_handed_over
    assert chain.custodian == ("A. Weber", "examiner")
    assert "handed to B. Ito, who has not confirmed" in report(chain, FolderShelf(folder))
    with pytest.raises(PolicyRefused, match="another machine"):
        there.refuse_stranger(there.read())
    with there.held() as chain:
        who = there.person(None, "B. Ito", "clerk")
        with pytest.raises(VerificationFailed, match="nobody"):
            there.append(chain, "noted", Noted(), who=who, why="too early")
        chain = there.append(chain, "received", Moved(role="clerk"), who=who, why="", to="B. Ito")
        chain = there.append(chain, "noted", Noted(about="R0001"), who=who, why="here now")
    with pytest.raises(PolicyRefused, match="another machine"):
        here.refuse_stranger(chain)
    with here.held() as chain, pytest.raises(VerificationFailed, match="nobody who has the case"):
        here.append(chain, "noted", Noted(), who=who, why="by who gave it away")
    assert chain.custodian == ("B. Ito", "clerk")
    assert sentence(chain.last.event) == "noted about R0001"
    assert desk.states(folder, done.key) == dict.fromkeys(GOOD, "ok")
    assert desk.states(folder)["keys"] == "unknown"


def test_the_account_is_a_pseudonym(done: Led) -> None:
    import getpass

    chain = done.desk.case(done.folder).read()
    assert {len(line.event.who.account) for line in chain.lines} == {16}
    assert getpass.getuser().encode() not in done.folder.joinpath("case.jsonl").read_bytes()


def test_a_name_that_is_no_text_is_written_down_escaped(desk: Desk, tmp_path: Path) -> None:
    case = begun(desk, tmp_path / "case")
    draw(tmp_path / "plain.jpg")
    odd = tmp_path / os.fsdecode(b"\xff.jpg")
    (tmp_path / "plain.jpg").rename(odd)
    with case.held() as chain:
        who = case.person(chain, None, None)
        chain, facts, is_new = acquire(case, chain, odd, who=who, why="")
    assert (facts.name, is_new) == ("\\udcff.jpg", True)
