"""A run that dies in the middle of any step leaves a case that holds, and the same command again
finishes it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.audit.journal import Journal
from safelight.engine.engine import Engine
from safelight.errors import SafelightError, VerificationFailed
from safelight.proof.cases import acquire as acquiring
from safelight.proof.cases import facts as f
from safelight.proof.cases import process as processing
from safelight.proof.cases.chain import Chain
from safelight.proof.cases.folder import CaseFolder
from safelight.proof.cases.process import Act, Task, engine_for, process, settle
from tests.cli.pictures import draw
from tests.proof.casework import SMALLER, Desk, Led, add, begun, close, ours

# What makes something last, or gives it a name: a run is killed right before each of these.
CALLS = ("fsync", "replace", "link", "unlink", "truncate", "chmod")
DIED = 9


class Died(BaseException):
    """Stands for a kill: nothing of ours catches it."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state")


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do the work in a child that dies before this call; False if it never came so far."""
    child = os.fork()
    if child == 0:
        left = step

        def dying(call: Callable[..., Any]) -> Callable[..., Any]:
            def count(*given: Any, **named: Any) -> Any:
                nonlocal left
                left -= 1
                if left < 0:
                    os._exit(DIED)
                return call(*given, **named)

            return count

        for name in CALLS:
            setattr(os, name, dying(getattr(os, name)))
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED


def failed(desk: Desk, folder: Path) -> list[str]:
    return [name for name, state in desk.states(folder).items() if state == "failed"]


def test_a_run_killed_at_any_step_of_taking_in_leaves_the_case_whole(
    desk: Desk, tmp_path: Path
) -> None:
    draw(tmp_path / "one.jpg")
    step, case = 0, begun(desk, tmp_path / "case0")
    while killed_at(step, lambda: add(case, tmp_path / "one.jpg")):  # noqa: B023 - called at once
        assert failed(desk, case.folder) == []
        with case.held() as chain:
            acquiring.finish(case, chain)
        chain = add(case, tmp_path / "one.jpg")
        assert list(chain.originals) == ["E0001"]
        assert set(desk.states(case.folder).values()) == {"ok"}
        step += 1
        case = begun(desk, tmp_path / f"case{step}")
    assert step > 6


def test_a_run_killed_at_any_step_of_beginning_can_begin_again(desk: Desk, tmp_path: Path) -> None:
    _ = desk.book.keys.receipts.public_bytes
    step = 0
    while killed_at(step, lambda: begun(desk, tmp_path / f"case{step}")):  # noqa: B023 - as above
        folder = tmp_path / f"case{step}"
        if (folder / "case.jsonl").exists():
            assert failed(desk, folder) == []
        else:
            begun(desk, folder)
        assert set(desk.states(folder).values()) == {"ok"}
        step += 1
    assert step > 3


def test_a_run_killed_at_any_step_of_sealing_leaves_no_half_bundle(
    led_case: Led, tmp_path: Path
) -> None:
    own = Desk(tmp_path / "state")
    shutil.copytree(led_case.desk.state, own.state)
    folder = led_case.copied(tmp_path / "case")
    shutil.rmtree(folder / "journal")
    case = own.case(folder)
    with case.held() as chain:
        assert chain.seal is not None
        who = case.person(chain, None, None)
        case.append(chain, "opened", f.Opened(seal=chain.seal.seal), who=who, why="again")
    saved, state = tmp_path / "saved", tmp_path / "saved-state"
    shutil.copytree(folder, saved)
    shutil.copytree(own.state, state)
    step = 0
    while killed_at(step, lambda: close(own, case, tmp_path / "case.tar")):
        assert failed(own, folder) == []
        close(own, case, tmp_path / "case.tar")
        assert set(ours(tmp_path / "case.tar", own.here()).values()) == {"ok"}
        for place, kept in ((folder, saved), (own.state, state)):
            shutil.rmtree(place)
            shutil.copytree(kept, place)
        (tmp_path / "case.tar").unlink()
        step += 1
    assert step > 6


def test_a_line_torn_at_any_byte_is_cut_off_by_the_next_run(led_case: Led, tmp_path: Path) -> None:
    own = Desk(tmp_path / "state")
    shutil.copytree(led_case.desk.state, own.state)
    folder = led_case.copied(tmp_path / "case")
    data = (folder / "case.jsonl").read_bytes()
    whole = data[: data.rstrip(b"\n").rfind(b"\n") + 1]
    case = own.case(folder)
    for end in range(len(whole) + 1, len(data), 37):
        (folder / "case.jsonl").write_bytes(whole)
        own.registry.remember(_unchecked(case), folder)
        (folder / "case.jsonl").write_bytes(data[:end])
        chain = case.read()
        assert chain.unfinished_bytes == end - len(whole)
        with case.held() as chain:
            assert chain.unfinished_bytes == 0
        assert (folder / "case.jsonl").read_bytes() == whole
    assert failed(own, folder) == []


def _unchecked(case: CaseFolder) -> Chain:
    from safelight.proof.cases.chain import walk

    return walk((case.folder / "case.jsonl").read_bytes())


def _dies(*_given: object, **_named: object) -> None:
    raise Died


POINTS: dict[str, tuple[Any, str, bool]] = {
    "before the work": (Engine, "run", False),
    "before the journal": (Journal, "append_all", True),
    "before the previews": (processing, "_previews", True),
    "while the result is read": (processing, "_facts", True),
}


def test_work_that_died_is_finished_or_given_up_by_the_next_run(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = begun(desk, tmp_path / "case")
    for number in range(len(POINTS)):
        draw(tmp_path / f"{number}.jpg", f"{40 + number}x30")
        add(case, tmp_path / f"{number}.jpg")
    chain = case.read()
    who = case.person(chain, None, None)
    with engine_for(desk.settings(), chain, who=who, why="why") as engine:
        task = Task.of(SMALLER, engine, is_illustrative=False)
        for item, (place, name, stands) in zip(chain.originals, POINTS.values(), strict=True):
            act = Act(item, who, "why")
            with monkeypatch.context() as patch, case.held() as chain:
                patch.setattr(place, name, _dies)
                with pytest.raises(Died):
                    process(case, chain, engine, task, act=act)
            assert failed(desk, case.folder) == []
            with case.held() as chain:
                assert len(chain.unfinished) == 1
                chain = settle(case, chain, engine)
                assert chain.unfinished == ()
                outcome = list(chain.results.values())[-1].outcome
                assert isinstance(outcome, f.Processed) == stands
                if isinstance(outcome, f.Processed):
                    assert outcome.is_settled
                    assert len(outcome.previews) == 2
                else:
                    assert outcome == f.Failed(result="R0001", code="interrupted")
                chain, _result, is_new = process(case, chain, engine, task, act=act)
                assert is_new != stands
    assert set(desk.states(case.folder).values()) == {"ok"}


def test_a_result_that_is_not_ours_is_not_taken_for_finished(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = begun(desk, tmp_path / "case")
    draw(tmp_path / "one.jpg")
    chain = add(case, tmp_path / "one.jpg")
    who = case.person(chain, None, None)
    with engine_for(desk.settings(), chain, who=who, why="why") as engine:
        task = Task.of(SMALLER, engine, is_illustrative=False)
        with monkeypatch.context() as patch, case.held() as chain:
            patch.setattr(processing, "_facts", _dies)
            with pytest.raises(Died):
                process(case, chain, engine, task, act=Act("E0001", who, "why"))
        target = case.work / "R0001" / "E0001.jpg"
        target.write_bytes(target.read_bytes() + b"\0")
        with case.held() as chain:
            chain = settle(case, chain, engine)
    assert chain.results["R0001"].outcome == f.Failed(result="R0001", code="interrupted")


def test_an_original_that_was_changed_stops_the_work(desk: Desk, tmp_path: Path) -> None:
    case = begun(desk, tmp_path / "case")
    draw(tmp_path / "one.jpg")
    chain = add(case, tmp_path / "one.jpg")
    place = case.folder / chain.originals["E0001"].file.place
    place.chmod(0o600)
    place.write_bytes(b"another")
    who = case.person(chain, None, None)
    with engine_for(desk.settings(), chain, who=who, why="why") as engine:
        task = Task.of(SMALLER, engine, is_illustrative=False)
        with case.held() as chain, pytest.raises(VerificationFailed, match="E0001"):
            process(case, chain, engine, task, act=Act("E0001", who, "why"))
        case.originals.chmod(0o700)
        place.unlink()
        with case.held() as chain, pytest.raises(VerificationFailed, match="cannot be read"):
            process(case, chain, engine, task, act=Act("E0001", who, "why"))
    assert case.read().results == {}


def test_a_copy_that_cannot_be_read_back_is_no_original(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = begun(desk, tmp_path / "case")
    draw(tmp_path / "one.jpg")
    wrong = acquiring.Digests(1, "0" * 64, "0" * 64)
    monkeypatch.setattr(acquiring.Digests, "at", lambda _path: wrong)
    with pytest.raises(SafelightError, match="read back"):
        add(case, tmp_path / "one.jpg")
    assert list(case.originals.iterdir()) == []
    assert case.read().number == 1


def test_a_case_is_led_by_one_run_at_a_time(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safelight.errors import Unavailable
    from safelight.proof.cases import folder
    from safelight.vault.lock import hold

    case = begun(desk, tmp_path / "case")
    monkeypatch.setattr(folder, "hold", lambda path: hold(path, wait_s=0.05))
    with case.held(), pytest.raises(Unavailable, match="another run"), case.held():
        pass
