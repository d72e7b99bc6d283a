"""Remanence: what a job leaves is nothing, and each detector sees the leak that was made for it."""

from __future__ import annotations

import io
import json
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from PIL import Image

from safelight.engine.engine import Engine
from safelight.errors import SafelightError
from safelight.proof.remanence import controls, family, job, leaks, search, subject, watched
from safelight.proof.remanence.canary import (
    CANARY_BYTES,
    IN_BODY,
    IN_METADATA,
    IN_PIXELS,
    Mark,
    picture,
)
from safelight.proof.remanence.controls import Tripped
from safelight.proof.remanence.job import CanaryReport, canary_job
from safelight.proof.remanence.search import Found, search_file, search_folder
from safelight.settings import Settings
from safelight.worker.freeing import OVERWRITTEN
from tests.proof.disks import Trace, can_mount, disk
from tests.worker.children import become_nobody_with_this_python, in_child

MARK = Mark()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> CanaryReport:
    """What prove prints of it."""
    state = tmp_path_factory.mktemp("canary") / "state"
    with Engine(replace(Settings(), state_dir=state, device="cpu"), jobs=1) as engine:
        found = canary_job(engine)
    assert os.listdir(state) == []
    return found


def test_jobs_of_every_way_leave_no_canary_anywhere(report: CanaryReport) -> None:
    assert report.found.copies == {name: Counter() for name in report.found.copies}
    assert set(report.found.copies) >= {"memory", "files", "names"}
    assert report.found.read + report.found.closed >= 4, "zygote and worker were not looked into"
    assert report.failed == 0
    assert report.found.waited_s < job.GONE_S


def test_a_job_has_little_written_besides_its_output(report: CanaryReport) -> None:
    assert 0 < (report.written_bytes or 1) <= job.MOST_WRITTEN_BYTES


def test_control_every_leak_is_seen_by_its_detector(report: CanaryReport) -> None:
    assert [one.leak.name for one in report.controls if one.is_blind] == []
    unseen = {one.leak.name for one in report.controls if one.seen is None}
    assert unseen <= {"core dump"}, "where a program of the system takes dumps, none lies here"
    assert report.tripped >= 10
    assert report.ok


def test_the_report_says_what_was_found_and_what_went_by_unseen(report: CanaryReport) -> None:
    text = "\n".join(report.lines())
    assert "0 canaries left" in text
    assert "NOT SEEN" not in text
    assert json.loads(json.dumps(report.document()))["canaries"] == 0
    found = Found({"memory": Counter(pixels=3)}, read=2, closed=1)
    blind = Tripped(leaks.load()["deleted"], 0)
    unknown = Tripped(leaks.load()["core dump"], None)
    worse = replace(report, found=found, failed=1, controls=(blind, unknown))
    text = "\n".join(worse.lines())
    for words in (
        "3 in memory",
        "NOT SEEN: deleted",
        "1 of the jobs",
        "closed even to this user",
        "1 cannot be looked for here",
    ):
        assert words in text


@pytest.mark.parametrize(
    "change",
    [
        {"found": Found({"memory": Counter(body=1)})},
        {"failed": 1},
        {"written_bytes": job.MOST_WRITTEN_BYTES + 1},
        {"controls": (Tripped(leaks.load()["temporary"], 0),)},
    ],
    ids=["found", "failed", "written", "blind"],
)
def test_each_of_these_alone_fails_the_proof(
    report: CanaryReport, change: dict[str, object]
) -> None:
    assert not replace(report, **change).ok  # type: ignore[arg-type]  # one field of its own type


def test_control_a_deleted_file_is_seen_where_it_was(tmp_path: Path) -> None:
    """On the raw disk where a user may mount one, else in a trace of all writes."""
    with ExitStack() as stack:
        if can_mount():
            made = stack.enter_context(disk(tmp_path))
            copies = made.copies
            ground = watched.Ground.made(made.mounted / "ground")
            through: tuple[str, ...] = ()
        else:
            trace = Trace(tmp_path / "trace")
            copies = trace.copies
            ground, through = watched.Ground.made(tmp_path / "ground"), trace.command
        inbox = tmp_path / "inbox"
        inbox.mkdir()
        (inbox / "a.png").write_bytes(picture(MARK, 1))
        with watched.Subject(ground, through=through) as told:
            assert told.tell({"leak": "deleted", "inbox": str(inbox)}) == "done"
            assert told.search(MARK).of("files") == 0
        assert copies(MARK) >= IN_BODY


def test_a_trace_of_writes_sees_a_deleted_file_too(tmp_path: Path) -> None:
    trace, ground = Trace(tmp_path / "trace"), watched.Ground.made(tmp_path / "ground")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.png").write_bytes(picture(MARK, 1))
    with watched.Subject(ground, through=trace.command) as told:
        assert told.tell({"leak": "kept memfd", "inbox": str(inbox)}) == "done"
    assert trace.copies(MARK) == 0
    with watched.Subject(ground, through=trace.command) as told:
        assert told.tell({"leak": "deleted", "inbox": str(inbox)}) == "done"
    assert trace.copies(MARK) >= IN_BODY
    assert trace.writes()


@pytest.mark.parametrize("size", [64, 100, 4096])
def test_no_canary_is_missed_or_counted_twice_at_the_border_of_two_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(search, "WINDOW_BYTES", size)
    pieces, wanted = [], 0
    for gap in range(0, 130, 3):
        pieces += [bytes(gap), MARK.canary("body", gap)]
        wanted += 1
    path = tmp_path / "file"
    path.write_bytes(b"".join([*pieces, MARK.raw]))
    found = Found()
    assert search_file(MARK, path, found) == Counter(body=wanted, cut=1)
    assert found.bytes_searched == path.stat().st_size


def test_holes_are_passed_over_and_what_lies_behind_them_is_found(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.seek(1 << 30)
        file.write(MARK.canary("pixels", 1))
        file.truncate(1 << 31)
    found = Found()
    assert search_file(MARK, path, found) == Counter(pixels=1)
    assert found.bytes_searched < 1 << 20


def test_contents_and_names_are_told_apart_and_links_are_not_followed(tmp_path: Path) -> None:
    place = tmp_path / MARK.name(1)
    place.mkdir()
    (place / "a").write_bytes(b"-" + MARK.canary("metadata", 1))
    (place / "link").symlink_to(place / "a")
    (place / "again").symlink_to(place)
    found = Found()
    search_folder(MARK, tmp_path, found)
    assert found.copies == {"names": Counter(name=1), "files": Counter(metadata=1)}


def test_a_picture_shows_its_pixels_to_those_alone_who_decode_it() -> None:
    data = picture(MARK, 5)
    told = MARK.count(data)
    assert told["body"] == IN_BODY
    assert told["metadata"] == 2 * IN_METADATA
    assert "pixels" not in told
    with Image.open(io.BytesIO(data)) as decoded:
        assert MARK.count(decoded.tobytes())["pixels"] == min(IN_PIXELS, decoded.height * 13)
        artist = decoded.getexif()[0x013B]
        assert MARK.count(artist.encode())["metadata"] == IN_METADATA, "read as text, and found"
    assert zlib.crc32(data) != zlib.crc32(picture(MARK, 6))


def test_canaries_of_two_jobs_two_places_and_two_searches_differ() -> None:
    made = {
        mark.canary(place, number)
        for mark in (MARK, Mark())
        for place in ("body", "pixels")
        for number in (1, 2)
    }
    assert len(made) == 8
    assert {len(one) for one in made} == {CANARY_BYTES}


def test_a_process_that_is_gone_or_closed_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Found()
    search.search_process(MARK, 1 << 22, found, set())
    assert (found.read, found.closed) == (0, 0)

    def refused(*_: object) -> Counter[str]:
        raise PermissionError

    monkeypatch.setattr(search, "_memory", refused)
    search.search_process(MARK, os.getpid(), found, set())
    assert (found.read, found.closed) == (0, 1)

    def over(*_: object) -> Counter[str]:
        raise ProcessLookupError

    monkeypatch.setattr(search, "_memory", over)
    search.search_process(MARK, os.getpid(), found, set())
    assert (found.read, found.closed) == (0, 1)


def test_our_own_memory_can_be_searched_and_holds_the_mark() -> None:
    found = search.search(MARK, [os.getpid()], [])
    assert found.of("memory")
    assert found.read == 1


def test_what_the_kernel_does_not_tell_counts_as_nothing() -> None:
    assert family.written_bytes(1 << 22) == 0
    assert family.swapped_bytes(1 << 22) == 0
    assert family.family(1 << 22) == []
    assert family.family(os.getpid())[0]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[subject.Subject, Path, Path]]:
    """A subject in this process, its inbox, and a place for outputs."""
    ground = watched.Ground.made(tmp_path / "ground")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    with subject.Subject() as made:
        assert made.obey({"settings": ground.settings(memory_budget=0)}) == "done"
        yield made, inbox, ground.part("out")


def test_a_subject_works_every_way_and_tells_the_code_of_an_error(
    told: tuple[subject.Subject, Path, Path],
) -> None:
    made, inbox, out = told
    source = inbox / "a.png"
    for number, way in enumerate(subject.WAYS):
        source.write_bytes(picture(MARK, number))
        order = {"way": way, "steps": list(job.STEPS), "inbox": str(inbox)}
        assert made.obey({**order, "output": str(out / f"{number}.png")}) == "done", way
    source.write_bytes(b"nothing")
    assert made.obey({**order, "way": "file", "output": str(out / "x.png")}) == "format-unknown"
    assert made.obey({"leak": "kept name", "inbox": str(inbox)}) == "done"


def test_a_subject_answers_each_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"a")
    orders = [json.dumps({"leak": "kept name", "inbox": str(tmp_path)})] * 2
    answers = io.StringIO()
    subject.serve(orders, answers)
    assert answers.getvalue().splitlines() == ['{"code": "done"}'] * 2


def test_a_subject_that_has_died_is_told(tmp_path: Path) -> None:
    with watched.Subject(watched.Ground.made(tmp_path)) as dead:
        dead.ask({"leak": "no such leak"})
        with pytest.raises(SafelightError, match="died"):
            dead.answer()
        with pytest.raises(SafelightError, match="died"):
            dead.tell({"leak": "kept name"})
    assert b"KeyError" in watched.Ground(tmp_path).log.read_bytes()


def test_where_dumps_go_to_a_program_none_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pattern = tmp_path / "pattern"
    pattern.write_text("|/usr/lib/somewhere %p")
    monkeypatch.setattr(controls, "CORE_PATTERN", pattern)
    (tripped,) = controls.trip_all(tmp_path / "made", ["core dump"])
    assert tripped.seen is None
    assert not tripped.is_blind


def test_what_an_output_still_shows_is_in_no_memory_either(tmp_path: Path) -> None:
    """Pixels that a lossless scrub carries over are looked for everywhere but in the output."""
    ground = watched.Ground.made(tmp_path / "ground")
    others = [ground.part(name) for name in ("state", "tmp", "home", "logs")]
    inbox, output = tmp_path / "inbox", ground.part("out") / "out.png"
    inbox.mkdir()
    with watched.Subject(ground, environment=OVERWRITTEN) as told:
        told.tell({"settings": ground.settings(memory_budget=0)})
        for way in ("file", "into", "held", "in-place"):
            mark = Mark()
            (inbox / "in.png").write_bytes(picture(mark, 1, is_packed=False))
            output.unlink(missing_ok=True)
            assert told.run(way, [{"op": "scrub"}], inbox, output) == "done"
            found = search.search(mark, told.processes, others)
            assert found.total == 0, (way, found.copies)
            made = inbox / "in.png" if way == "in-place" else output
            assert not made.exists() or mark.count(made.read_bytes())["pixels"] >= IN_PIXELS


def test_an_ordinary_user_gets_the_same_answer_and_hears_what_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The memory of zygote and workers is closed to whoever started them, too."""
    few = ("kept bytes", "kept memfd", "temporary", "deleted")
    monkeypatch.setattr(job, "trip_all", partial(controls.trip_all, names=few))

    def work() -> list[object]:
        become_nobody_with_this_python()
        with TemporaryDirectory() as name:
            settings = replace(Settings(), state_dir=Path(name) / "state", device="cpu")
            with Engine(settings, jobs=1) as engine:
                found = canary_job(engine)
        return [found.found.total, found.failed, found.found.closed > 0, found.tripped]

    assert in_child(work) == [0, 0, True, len(few)]
