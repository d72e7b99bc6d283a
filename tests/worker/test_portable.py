"""The portable host keeps the same promises about jobs, and none about a cage."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from safelight.errors import (
    Cancelled,
    LevelTooLow,
    SafelightError,
    TimeExceeded,
    WireBroken,
    WorkerDied,
)
from safelight.recipe import Recipe
from safelight.worker.job import Job, ModelFile
from safelight.worker.portable import PortableHost
from tests.worker.hosts import MISBEHAVING, PNG, descendants, failure, job, plan, source, until


def portable(*, timeout_s: int = 20, level: int = 0, body: str = MISBEHAVING) -> PortableHost:
    return PortableHost(plan(level=level, timeout_s=timeout_s), body=body)


def test_a_job_makes_the_round_trip_at_level_0() -> None:
    with source(b"picture" * 100_000) as sheet, portable() as host:
        with host.run(job(sheet, "answer")) as answer:
            assert answer.output is not None
            assert bytes(answer.output) == PNG + b"picture" * 100_000
            assert [change.finding.name for change in answer.changes] == ["date"]
            assert answer.cage.level == 0
            assert answer.cage.not_covered
            kept = answer.output[:4]
        assert bytes(kept) == bytes(4)


def test_a_real_picture_passes(root: Path) -> None:
    recipe = Recipe.from_steps([{"op": "scrub"}])
    data = (root / "examples" / "pictures" / "lake.jpg").read_bytes()
    with source(data) as sheet, portable(body="safelight.worker.child") as host:
        real = Job(sheet.fd, len(data), recipe.canonical)
        with host.run(real) as answer:
            assert answer.format == "jpeg"
            assert not answer.is_reencoded


def test_a_required_level_is_refused_before_anything_runs() -> None:
    with source() as sheet, portable(level=2) as host:
        assert isinstance(failure(host, job(sheet, "answer")), LevelTooLow)
        assert host.report().level == 0


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("crash", WorkerDied),
        ("leave", WorkerDied),
        ("lie", WireBroken),
        ("sleep", TimeExceeded),
        ("stumble", SafelightError),
        ("tell", WireBroken),
    ],
)
def test_what_goes_wrong_ends_in_one_error(action: str, kind: type[SafelightError]) -> None:
    timeout_s = 2 if action == "sleep" else 20
    with source() as sheet, portable(timeout_s=timeout_s) as host:
        assert isinstance(failure(host, job(sheet, action)), kind)


def test_a_stray_print_does_not_reach_the_wire() -> None:
    with source() as sheet, portable() as host, host.run(job(sheet, "print")) as answer:
        assert answer.output is not None


def test_cancel_ends_what_is_under_way() -> None:
    errors: list[SafelightError] = []

    def work() -> None:
        with source() as sheet:
            errors.append(failure(host, job(sheet, "sleep")))

    with portable() as host:
        thread = threading.Thread(target=work)
        thread.start()
        assert until(lambda: bool(descendants(os.getpid())))
        host.cancel()
        thread.join()
    assert [type(error) for error in errors] == [Cancelled]


def test_models_travel_with_the_job() -> None:
    with source() as sheet, source(b"weights") as weights, portable(body="listing") as host:
        model = ModelFile(("upscale", "fast", 2), b"{}", weights.fd, weights.size_bytes)
        with host.run(Job(sheet.fd, sheet.size_bytes, b"recipe", (model,))) as answer:
            assert answer.output is not None
            assert bytes(answer.output) == PNG + b"recipe upscale fast 2 {} weights"


def test_no_process_and_no_descriptor_is_left() -> None:
    others = descendants(os.getpid())  # of hosts that other tests keep open in this process
    with source() as sheet, portable() as host:
        before = len(os.listdir("/proc/self/fd"))
        for action in ("answer", "crash"):
            try:
                with host.run(job(sheet, action)):
                    pass
            except WorkerDied:
                continue
        assert len(os.listdir("/proc/self/fd")) == before
    assert not descendants(os.getpid()) - others
