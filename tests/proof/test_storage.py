"""Storage: what a job has had written besides its output, and where that cannot be told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from safelight.engine.engine import Engine
from safelight.proof.remanence import controls, job, storage
from safelight.proof.remanence.canary import Mark, picture
from safelight.proof.remanence.job import CanaryReport, canary_job
from safelight.proof.remanence.search import Found
from safelight.proof.remanence.watched import Ground, Subject
from safelight.settings import Settings
from tests.proof.disks import Disk, can_mount, disk

MARK = Mark()


@pytest.fixture
def subject(tmp_path: Path) -> Iterator[Subject]:
    with Subject(Ground.made(tmp_path / "ground")) as made:
        yield made


def test_control_a_job_that_writes_a_picture_besides_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is tried again; where the kernel counts nothing apart, that is told."""
    usual = job.one_job

    def careless(*order: Any) -> job.Done:
        done = usual(*order)
        return replace(done, written_bytes=done.written_bytes + len(picture(MARK, 1)))

    monkeypatch.setattr(job, "one_job", careless)
    monkeypatch.setattr(job, "trip_all", lambda _: ())
    monkeypatch.setattr(job, "MORE_ROUNDS", 1)
    for is_told in (True, False):
        monkeypatch.setattr(job, "is_counted", lambda _, is_told=is_told: is_told)
        folder = tmp_path / str(is_told)
        folder.mkdir()
        found = job.search_jobs(folder, {})
        assert found.ok is not is_told
        assert found.jobs == len(job.FIRST) + len(job.WAYS) * (job.ROUNDS + is_told)
        told = "cannot be told" if not is_told else f"(at most {job.MOST_WRITTEN_BYTES})"
        assert any(line.startswith("written ") and told in line for line in found.lines())


def test_what_a_killed_proof_left_goes_and_what_another_works_in_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{job.PREFIX}{name}" for name in ("left", "worked-in", "young")]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_bytes(b"a")
    (tmp_path / f"{job.PREFIX}link").symlink_to(tmp_path / names[2])
    for name in names[:2]:
        os.utime(tmp_path / name, (0, 0))
    seen: list[Path] = []

    def looked(folder: Path, _settings: object) -> CanaryReport:
        seen.extend(tmp_path.iterdir())
        return CanaryReport(0, 0, Found(), 0, "", ())

    monkeypatch.setattr(job, "search_jobs", looked)
    with (
        job._held(tmp_path / names[1]),
        Engine(replace(Settings(), state_dir=tmp_path)) as engine,
    ):
        canary_job(engine)
    left = {path.name for path in seen if path.name.startswith(job.PREFIX)}
    assert left >= {*names[1:], f"{job.PREFIX}link"}
    assert names[0] not in left
    assert (tmp_path / names[2] / "a").exists()


@pytest.mark.parametrize(
    ("counts", "is_counted"),
    [([4096] * 4, True), ([20480, 4096, 8192, 4096], True), ([0] * 4, False), ([65536] * 4, False)],
)
def test_a_count_tells_where_a_small_file_is_counted_small(
    subject: Subject, monkeypatch: pytest.MonkeyPatch, counts: list[int], is_counted: bool
) -> None:
    """Memory counts nothing; a file system that copies on write counts its trees."""
    seen = iter(list(accumulate(value for one in counts for value in (0, one))))
    monkeypatch.setattr(subject, "written_bytes", lambda: next(seen))
    assert storage.is_counted(subject) is is_counted
    assert not list(subject.ground.part("tmp").iterdir())


def test_on_a_disk_it_is_counted_and_in_memory_it_is_not(tmp_path: Path) -> None:
    """On one that we may mount; /dev/shm is memory wherever it is."""
    for place, is_counted in ((tmp_path, True), (Path("/dev/shm"), False)):
        if is_counted and not can_mount():
            continue
        with disk(tmp_path) if is_counted else TemporaryDirectory(dir=place) as made:
            folder = made.mounted if isinstance(made, Disk) else Path(made)
            with Subject(Ground.made(folder / "ground")) as told:
                assert storage.is_counted(told) is is_counted


def test_where_nothing_is_counted_no_detector_is_called_blind_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(controls, "is_counted", lambda _: False)
    (tripped,) = controls.trip_all(tmp_path / "made", ["deleted"])
    assert tripped.seen is None
    assert not tripped.is_blind
