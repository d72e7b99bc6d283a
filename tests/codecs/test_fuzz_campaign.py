"""2,000 changed files through walkers and cage: every end is one of ours, and the service lives on.

The same with other numbers: python -m tests.fuzz --count 20000.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from safelight.codecs import routing
from safelight.engine.engine import Engine
from safelight.errors import ContainerBroken
from safelight.formats import FORMATS, TABLE, Format
from safelight.image import Wish
from safelight.worker.job import Host
from tests.codecs.making import jpeg, picture, png, png_chunks, saved
from tests.conftest import SHARED
from tests.fuzz import caged, campaign, walkers
from tests.fuzz.mutation import Mutator, smaller, with_checksums
from tests.fuzz.reach import Reach
from tests.fuzz.seeds import seeds

pytestmark = pytest.mark.uncounted  # a sweep: to count its lines takes longer than to run them

SEED, WALKED, CAGED = 2_026, 1_500, 500
VECTORS = sorted((Path(__file__).parents[1] / "vectors" / "fuzz-v1").glob("*.*"))


def test_two_thousand_changed_files_end_in_an_answer_or_a_refusal() -> None:
    shared = SHARED if SHARED.is_dir() else None
    outcome = campaign.campaign(WALKED, CAGED, SEED, shared)
    assert outcome.faults == []
    assert outcome.walked == WALKED
    assert sum(outcome.caged.values()) == CAGED
    assert outcome.caged["done"] > CAGED // 20
    assert outcome.caged["container-broken"] > CAGED // 20


def test_every_format_has_files_to_start_from() -> None:
    shared = SHARED if SHARED.is_dir() else None
    assert set(seeds(shared)) == set(FORMATS)
    for format, files in seeds(shared).items():
        named = [routing.route(data[: routing.ROUTE_BYTES]) for data in files]
        assert named.count(format) > len(files) // 2


def test_what_was_once_found_is_cured() -> None:
    wrong = []
    with closing(Engine(jobs=1)) as engine:
        for path in VECTORS:
            data = path.read_bytes()
            format = routing.route(data[: routing.ROUTE_BYTES])
            assert format is not None
            fault = walkers.fault_of(format, data)
            if fault is not None or caged.end_of(engine, format, data, {}).startswith(caged.FOUND):
                wrong.append((path.name, fault))
    assert wrong == []
    assert len(VECTORS) > 0


def raises(error: type[BaseException]) -> Callable[[bytes, Format, Wish], None]:
    def target(data: bytes, format: Format, wish: Wish) -> None:
        if b"IDAT" in data:
            raise error("planted")

    return target


@pytest.mark.parametrize("error", [KeyError, MemoryError, RecursionError, ContainerBroken])
def test_a_walker_that_fails_is_caught(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert walkers.fault_of("png", png()) is None
    monkeypatch.setattr(walkers, "everything", raises(error))
    fault = walkers.fault_of("png", png())
    assert fault is not None
    assert fault[0]


def test_a_walker_that_does_not_end_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(data: bytes, format: Format, wish: Wish) -> None:
        while data:
            pass

    before = signal.signal(signal.SIGVTALRM, walkers.hung)
    monkeypatch.setattr(walkers, "everything", endless)
    monkeypatch.setattr(walkers, "MOST_CPU_S", 0.05)
    fault = walkers.fault_of("png", png())
    signal.signal(signal.SIGVTALRM, before)
    assert fault is not None
    assert fault[0].startswith("Hung")


def test_a_process_that_dies_leaves_the_file_that_it_died_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The program of the hunt is replaced by one that writes on the slate and kills itself."""
    program = tmp_path / "python"
    lying = (3).to_bytes(8, "little") + FORMATS.index("gif").to_bytes(8, "little") + b"GIF"
    (tmp_path / "lying").write_bytes(lying)
    program.write_text(f'#!/bin/sh\ncat {tmp_path}/lying > "$5"\nkill -SEGV $$\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    outcome = campaign.Outcome()
    campaign.add(outcome, campaign.hunt_in_process(None, 1, 10))
    (found,) = outcome.found
    assert (found.format, found.data) == ("gif", b"GIF")
    assert "ended with -11" in found.what
    assert outcome.faults
    assert found.keep(tmp_path / "kept").read_bytes() == b"GIF"


def test_a_zygote_that_dies_is_noticed() -> None:
    hosts: dict[Host, int] = {}
    with closing(Engine(jobs=1)) as engine:
        assert caged.end_of(engine, "jpeg", jpeg(), hosts) == "done"
        ((host, pid),) = hosts.items()
        assert caged.zygote(host) == pid
        os.kill(pid, signal.SIGKILL)
        host.keeper.gone.wait(10)  # type: ignore[attr-defined] # of a caged host
        assert caged.zygote(host) != pid


def test_growth_is_a_fault() -> None:
    outcome = campaign.Outcome(service_grown_bytes=1 << 30, walkers_grown_bytes=1 << 30)
    assert len(outcome.faults) == 2
    assert campaign.Outcome(zygotes_lost=1).faults


def test_new_ways_are_seen_once() -> None:
    reach = Reach()
    walkers.fault_of("jpeg", jpeg())  # what is imported or remembered once is done then

    def walk(data: bytes, format: Format) -> int:
        before = len(reach.steps)
        with reach.watching():
            walkers.fault_of(format, data)
        return len(reach.steps) - before

    first = walk(jpeg(), "jpeg")
    assert first > 100
    # Functions that are called often are looked at now and then only, so a few come late.
    assert sum(walk(jpeg(), "jpeg") for _ in range(3)) < first // 10
    assert walk(saved(picture(), "GIF"), "gif") > 20


def test_the_same_seed_changes_the_same_files() -> None:
    made = [list(caged.changed_files(7, 40, None)) for _ in range(2)]
    assert made[0] == made[1]
    assert {format for format, _ in made[0]} == set(seeds())
    assert list(caged.changed_files(8, 40, None)) != made[0]


def test_changes_are_many_and_checksums_right_again() -> None:
    mutator = Mutator([png(), jpeg()], random.Random(1))
    made = {mutator.changed(png()) for _ in range(200)}
    assert len(made) > 190
    spoiled = png()[:40] + b"\0" + png()[41:]
    assert png_chunks(with_checksums(spoiled))
    assert with_checksums(png()) == png()


def test_a_found_file_is_reduced_to_what_it_fails_by() -> None:
    assert smaller(bytes(500) + b"needle" + bytes(300), lambda data: b"needle" in data) == b"needle"


def test_pixels_are_asked_of_what_has_some() -> None:
    for format in TABLE:
        recipes = {caged.recipe_of(format, bytes(size)) for size in range(8)}
        assert (caged.DECODED in recipes) == TABLE[format].reads or not TABLE[format].scrubs
