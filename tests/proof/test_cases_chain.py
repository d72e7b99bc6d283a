"""What cannot have happened has no place in the log, not even signed with the right key."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from safelight.audit.fact import Fact
from safelight.errors import OutputFailed, PolicyRefused, VerificationFailed
from safelight.proof.cases import chain as chains
from safelight.proof.cases import event as events
from safelight.proof.cases import facts as f
from safelight.proof.cases.alone import verify_case
from safelight.proof.cases.chain import Chain, walk
from safelight.proof.cases.checking import examine
from safelight.proof.cases.event import facts_of, read, signed
from safelight.proof.cases.folder import CaseFolder
from safelight.proof.cases.manifest import Manifest
from safelight.proof.cases.shelf import FolderShelf
from safelight.vault.keys import fingerprint_of
from tests.cli.pictures import draw
from tests.proof.casework import SMALLER, Desk, add, alone, begun, ours, work

SEAL = f.Sealed(seal="0" * 32, files=0, content="0" * 64)
FILE = f.File(place="originals/E0001.jpg", bytes=1, sha256="0" * 64, sha3_256="0" * 64)
BEGAN = f.Began(
    result="R0001", item="E0009", verbs=("scrub",), recipe={},
    recipe_sha256=hashlib.sha256(b"{}").hexdigest(), effect="exact", is_illustrative=False,
)  # fmt: skip
IMPOSSIBLE: dict[str, list[tuple[Any, Fact]]] = {
    "created twice": [("created", f.Created(title="again"))],
    "an original twice": [
        ("acquired", f.Acquired(item="E0001", file=FILE, name="", changed="2026-01-01T00:00:00Z"))
    ],
    "an original that lies elsewhere": [
        ("acquired", f.Acquired(item="E0002", file=FILE, name="", changed="2026-01-01T00:00:00Z"))
    ],
    "a result that lies elsewhere": [
        ("began", BEGAN.model_copy(update={"item": "E0001"})),
        (
            "processed",
            f.Processed(result="R0001", file=FILE, receipt=f.Slip(id="0" * 32, file=FILE)),
        ),
    ],
    "a note about nothing": [("noted", f.Noted(about="R0007"))],
    "work on nothing": [("began", BEGAN)],
    "work by another recipe than is named": [
        ("began", BEGAN.model_copy(update={"item": "E0001", "recipe_sha256": "0" * 64}))
    ],
    "work twice": [
        ("began", BEGAN.model_copy(update={"item": "E0001"})),
        ("began", BEGAN.model_copy(update={"item": "E0001"})),
    ],
    "an end without a beginning": [("failed", f.Failed(result="R0001", code="interrupted"))],
    "a seal opened that is none": [("opened", f.Opened(seal="1" * 32))],
    "work behind a seal": [("sealed", SEAL), ("began", BEGAN)],
    "facts of another kind": [("sealed", f.Noted())],
    "a case confirmed that nobody gave": [("received", f.Moved(role="clerk"))],
    "a case given to nobody": [("transferred", f.Moved(role="clerk"))],
}


@pytest.fixture
def case(tmp_path: Path) -> CaseFolder:
    made = begun(Desk(tmp_path / "state"), tmp_path / "case")
    draw(tmp_path / "one.jpg")
    add(made, tmp_path / "one.jpg")
    return made


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_cannot_have_happened_is_refused(case: CaseFolder, what: str) -> None:
    *before, (kind, facts) = IMPOSSIBLE[what]
    with case.held() as chain:
        who = case.person(chain, None, None)
        for earlier, its in before:
            chain = case.append(chain, earlier, its, who=who, why="")
        with pytest.raises(VerificationFailed, match="event"):
            case.append(chain, kind, facts, who=who, why="")
    assert case.read().number == chain.number


@pytest.mark.parametrize("kind", ["acquired", "began", "sealed", "opened"])
def test_nothing_is_done_until_somebody_confirms_to_have_the_case(
    case: CaseFolder, kind: Any
) -> None:
    with case.held() as chain:
        who = case.person(chain, None, None)
        moved = {"from": "A. Weber", "to": "B. Ito"}
        chain = case.append(chain, "transferred", f.Moved(role=""), who=who, why="x", **moved)
        with pytest.raises(VerificationFailed, match="hand-over"):
            case.append(chain, kind, SEAL, who=who, why="")
        # Given to somebody else after all: still by who has it.
        chain = case.append(chain, "transferred", f.Moved(role=""), who=who, why="x", to="C. Roy")
        assert (chain.custodian, chain.offered) == (("A. Weber", "examiner"), "C. Roy")


def test_a_clock_that_went_back_is_told(
    case: CaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Desk(tmp_path / "state").here()
    lines, _chain = examine(FolderShelf(case.folder), here)
    assert "clock" not in lines[0].sentence
    with case.held() as chain:
        monkeypatch.setattr(events, "utc_now", lambda: "2020-01-01T00:00:00Z")
        case.append(chain, "noted", f.Noted(), who=case.person(chain, None, None), why="")
    lines, _chain = examine(FolderShelf(case.folder), here)
    assert lines[0].state == "ok"
    assert lines[0].sentence.endswith("by the clock earlier than the one before: event 3")


def line_of(case: CaseFolder, chain: Chain, kind: Any, facts: Fact, **more: Any) -> bytes:
    """The next line of the log, whether it may be there or not."""
    who = case.person(chain, "A. Weber", "examiner")
    return signed(
        case.keys.receipts, case=chain.id, number=chain.number + 1, previous=chain.tip, event=kind,
        who=who, why="", facts=facts.model_dump(mode="json"), **more,
    ).data  # fmt: skip


def test_both_checks_refuse_who_has_given_the_case_away(case: CaseFolder, tmp_path: Path) -> None:
    there, moved = Desk(tmp_path / "there").case(case.folder), f.Moved(role="clerk")
    with case.held() as chain:
        who = case.person(chain, None, None)
        assert refused(case, line_of(case, chain, "received", moved, to="B. Ito"))
        chain = case.append(chain, "transferred", moved, who=who, why="x", to="B. Ito")
        assert refused(case, line_of(case, chain, "sealed", SEAL))
        assert refused(case, line_of(there, chain, "noted", f.Noted()))
        assert not refused(case, line_of(case, chain, "noted", f.Noted()))
        chain = there.append(chain, "received", moved, who=who, why="", to="B. Ito")
        assert refused(case, line_of(case, chain, "noted", f.Noted()))
        assert not refused(case, line_of(there, chain, "noted", f.Noted()))


def refused(case: CaseFolder, line: bytes) -> bool:
    """Whether both checks refuse the log with one line more; they must agree."""
    data = (case.folder / "case.jsonl").read_bytes() + line + b"\n"
    answers = []
    for check, error in ((walk, VerificationFailed), (verify_case.Log, verify_case.Broken)):
        try:
            check(data)
            answers.append(False)
        except error:
            answers.append(True)
    assert answers[0] == answers[1]
    return answers[0]


@pytest.mark.parametrize(
    "place", ["originals/../../E0001", "/etc/E0001", "originals/E 1", "..", "", "a" * 301]
)
def test_a_place_leads_down_into_the_case(place: str) -> None:
    with pytest.raises(ValidationError):
        f.File(place=place, bytes=1, sha256="0" * 64, sha3_256="0" * 64)


@pytest.mark.parametrize("name", ["originals", "work"])
def test_a_case_whose_folder_is_a_link_is_not_worked_on(
    case: CaseFolder, tmp_path: Path, name: str
) -> None:
    (case.folder / name).rename(tmp_path / "elsewhere")
    (case.folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PolicyRefused, match="is a link"), case.held():
        pass


def test_what_lies_in_the_place_of_a_result_is_not_taken(case: CaseFolder, tmp_path: Path) -> None:
    (case.work / "R0001").symlink_to(tmp_path)
    with pytest.raises(PolicyRefused, match="none of ours"):
        work(Desk(tmp_path / "state"), case, SMALLER, "E0001")
    assert case.read().results == {}


def test_an_event_of_another_case_is_refused(case: CaseFolder, tmp_path: Path) -> None:
    other = begun(Desk(tmp_path / "state"), tmp_path / "other")
    chain = case.read()
    line = signed(
        case.keys.receipts, case=other.read().id, number=3, previous=chain.tip, event="noted",
        who=case.person(chain, None, None), why="", facts={"about": ""},
    )  # fmt: skip
    with pytest.raises(VerificationFailed, match="another case"):
        chain.with_line(line)


def test_words_that_are_too_many_are_refused(case: CaseFolder) -> None:
    with case.held() as chain:
        who = case.person(chain, None, None)
        with pytest.raises(VerificationFailed, match="why"):
            case.append(chain, "noted", f.Noted(), who=who, why="x" * 5_000)


def test_a_log_that_is_too_long_is_not_read(
    case: CaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chains, "MAX_LOG_BYTES", 10)
    with pytest.raises(VerificationFailed, match="more than 10 bytes"):
        walk((case.folder / "case.jsonl").read_bytes())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"signature":1}', b'{"signature":""}'])
def test_what_is_no_event_is_refused(data: bytes) -> None:
    with pytest.raises(VerificationFailed):
        read(data)


def test_facts_are_read_as_their_kind_alone(case: CaseFolder) -> None:
    with pytest.raises(VerificationFailed, match="out of order"):
        facts_of(case.read().last.event, f.Sealed)


@pytest.mark.parametrize(
    "data",
    [b"{}", b"[]", b'{"case":"x"}',
     Manifest(case="0" * 32, seal="0" * 32, files=(FILE, FILE)).to_bytes()],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(VerificationFailed):
        Manifest.parse(data)


def test_a_case_that_cannot_be_written_is_told(case: CaseFolder) -> None:
    (case.folder / "case.jsonl").rename(case.folder / "aside")
    (case.folder / "case.jsonl").symlink_to("aside")
    with case.held() as chain, pytest.raises(OutputFailed, match="the case cannot be written"):
        case.append(chain, "noted", f.Noted(), who=case.person(chain, None, None), why="")


def test_what_is_remembered_and_damaged_is_told(case: CaseFolder) -> None:
    chain = case.read()
    path = case.registry.folder / f"{chain.id}.json"
    path.write_bytes(b"{}")
    with pytest.raises(VerificationFailed, match="remembered"):
        case.read()
    assert Chain().digest_at(1) is None


def test_an_event_that_is_not_the_one_written_here_is_noticed(case: CaseFolder) -> None:
    before = (case.folder / "case.jsonl").read_bytes()
    with case.held() as chain:
        who = case.person(chain, None, None)
        case.append(chain, "noted", f.Noted(), who=who, why="one")
    (case.folder / "case.jsonl").write_bytes(before)
    line = signed(
        case.keys.receipts, case=chain.id, number=3, previous=chain.tip, event="noted",
        who=who, why="another", facts={"about": ""},
    )  # fmt: skip
    (case.folder / "case.jsonl").write_bytes(before + line.data + b"\n")
    with pytest.raises(VerificationFailed, match="event 3 is not the one"):
        case.read()


def test_a_case_that_was_sealed_by_the_first_version_holds_for_ever(
    root: Path, tmp_path: Path
) -> None:
    folder = root / "tests" / "vectors" / "case-v1"
    expected = json.loads((folder / "expected.json").read_text())
    key = fingerprint_of(bytes.fromhex(expected["public_key"]))
    assert {path.name for path in folder.iterdir()} == {*expected["vectors"], "expected.json"}
    for name, state in expected["vectors"].items():
        here = Desk(tmp_path / "state").here(key)
        assert set(ours(folder / name, here).values()) == {state}
        assert set(alone(folder / name, [key]).values()) == {state}
