"""A server on pictures with canaries: every way in, every end; then every place is searched. A
careless one shows that the search sees.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.serving import serving
from safelight.proof.remanence.canary import Mark
from safelight.proof.remanence.search import Found, search_file
from safelight.proof.remanence.storage import is_counted
from safelight.proof.remanence.watched import Ground, Subject
from safelight.proof.serving.course import Course
from safelight.proof.serving.refusals import BROKEN_OFF, REFUSED
from safelight.proof.serving.served import Served
from safelight.proof.serving.talk import Talk
from safelight.proof.serving.ways import PNG, WAYS, Shot
from tests.proof.disks import Disk, can_mount, disk
from tests.proof.served import (
    BACK,
    DOORS,
    FRONT,
    MORE_WAYS,
    NAMED,
    RECIPE,
    TRIES,
    answers,
    begun,
    leaked,
    of_module,
    with_its_worker_killed,
)
from tests.proof.trials import until
from tests.server import careless, starter

GONE_S = 2.0
MOST_WRITTEN_BYTES = 16_384
IS_ROOT = os.geteuid() == 0
KEEP_S = 3


@pytest.fixture(scope="module")
def short() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="traces-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def raw(short: Path) -> Iterator[Disk | None]:
    """A disk for everything that the server may write, where one may be mounted."""
    with ExitStack() as stack:
        yield stack.enter_context(disk(short)) if can_mount() else None


@pytest.fixture(scope="module")
def searched(short: Path, raw: Disk | None) -> Iterator[Served]:
    """A server whose results expire soon, with a recipe and with doors."""
    folder = (short if raw is None else raw.mounted) / "served"
    recipe = short / "small.json"
    recipe.write_text(RECIPE)
    words = ("--recipe", f"{NAMED}={recipe}", *DOORS)
    environment = starter.environment(keep_s=KEEP_S)
    with serving(folder, *words, command=starter.COMMAND, environment=environment) as served:
        yield served


def course(served: Served) -> Course:
    return Course(Talk(served.socket, served.token), Mark())


def test_jobs_of_every_way_and_end_leave_nothing_anywhere(
    searched: Served, raw: Disk | None
) -> None:
    """Each at least once; bench/remanence_server.py does a thousand."""
    ran = course(searched)
    for seed, ends in enumerate((REFUSED, BROKEN_OFF + MORE_WAYS)):
        ran.run_all(WAYS + ends, seed=seed)
        found = searched.clean(ran.mark, GONE_S)
        assert (found.total, seed) == (0, seed), found.copies
        assert found.read + found.closed >= 5
    assert ran.wrong == []
    assert ran.jobs == 2 * len(WAYS) + len(REFUSED + BROKEN_OFF + MORE_WAYS)
    assert raw is None or raw.copies(ran.mark) == 0


def test_a_job_has_little_written(searched: Served) -> None:
    ran, ground = course(searched), searched.ground
    with Subject(ground) as subject:
        is_told = is_counted(subject)
    least = []
    for _ in range(2):
        before = searched.written_bytes()
        ran.run_all(WAYS)
        least.append((searched.written_bytes() - before) / len(WAYS))
    assert min(least) <= MOST_WRITTEN_BYTES
    assert min(least) > 0 or not is_told or not IS_ROOT


def test_a_result_that_nobody_fetches_is_gone_after_its_time(searched: Served) -> None:
    mark = Mark()
    talk, shot = Talk(searched.socket, searched.token), Shot(mark, 1, is_packed=False)
    kinds = {"Content-Type": PNG, "Accept": "application/json"}
    is_seen = not IS_ROOT
    for _ in range(TRIES):  # a search that takes long comes when the time is over
        answer = talk.ask("POST", "/api/v1/scrub", shot.data, kinds)
        assert answer.code == "done"
        is_seen = is_seen or searched.search(mark).total > 0
        if is_seen:
            break
    assert is_seen, "a control: it is there until then"
    time.sleep(KEEP_S)
    found = searched.clean(mark, GONE_S)
    assert found.total == 0, found.copies
    assert talk.ask("GET", answer.facts["asset"]).code == "gone"


@pytest.mark.parametrize("module", [FRONT, BACK])
def test_what_a_killed_part_had_is_gone_with_it(searched: Served, module: str) -> None:
    mark = Mark()
    talk, killed = Talk(searched.socket, searched.token), of_module(searched, module)
    path = begun(talk, Shot(mark, 1))
    os.kill(killed, signal.SIGKILL)
    assert until(lambda: answers(talk) and of_module(searched, module) != killed)
    talk.ask("DELETE", path)
    found = searched.clean(mark, GONE_S)
    assert found.total == 0, found.copies


def test_a_picture_whose_worker_is_killed_is_worked_on_by_another(searched: Served) -> None:
    mark, talk = Mark(), Talk(searched.socket, searched.token)
    code, killed = with_its_worker_killed(searched, talk, Shot(mark, 1))
    assert (code, killed) == ("done", 1)
    found = searched.clean(mark, GONE_S)
    assert found.total == 0, found.copies


def test_no_line_of_the_log_has_anything_but_its_fields(searched: Served) -> None:
    from safelight.server.logline import PATTERN

    ran = course(searched)
    ran.run_all(REFUSED)
    lines = searched.log().splitlines()
    assert len(lines) > len(REFUSED)
    assert [line for line in lines if not PATTERN.fullmatch(line)] == []


@pytest.fixture(scope="module")
def loose(short: Path) -> Iterator[Served]:
    """A careless server."""
    ground = Ground.made(short / "loose")
    environment = starter.environment(leaves_files_in=ground.part("tmp"))
    with serving(ground.folder, command=starter.COMMAND, environment=environment) as served:
        yield served


@pytest.mark.parametrize(
    ("leak", "detector"),
    [
        (careless.BYTES, "memory"),
        (careless.NAME, "memory"),
        (careless.LOGGED, "files"),
        (careless.OPEN, "descriptors"),
        (careless.AS_IT_IS, "descriptors"),
        (careless.FILE, "files"),
    ],
)
def test_control_a_careless_server_is_found_out(loose: Served, leak: str, detector: str) -> None:
    found, _ = leaked(loose, leak)
    assert found.of(detector) > 0, found.copies


def test_control_without_a_leak_the_same_server_leaves_nothing(loose: Served) -> None:
    """Not even where somebody holds what it worked on: that was overwritten."""
    found, _ = leaked(loose, careless.HELD)
    assert found.total == 0, found.copies


def test_control_a_form_that_is_spooled_is_written(loose: Served) -> None:
    """The file is deleted before anybody can look for it: what was written tells."""
    size = len(Shot(Mark(), 1, side=800).data)
    _, quiet = leaked(loose, "", side=800)
    _, written = leaked(loose, careless.SPOOLED, side=800)
    with Subject(loose.ground) as subject:
        is_told = is_counted(subject)
    assert written >= size or not is_told
    assert quiet <= MOST_WRITTEN_BYTES


def test_control_a_server_that_overwrites_nothing_keeps_what_it_freed(short: Path) -> None:
    ground = Ground.made(short / "freed")
    environment = starter.environment(leaves_files_in=ground.part("tmp"), overwrites=False)
    with serving(ground.folder, command=starter.COMMAND, environment=environment) as served:
        found, _ = leaked(served, "")
    assert found.of("memory") > 0


def test_control_the_raw_disk_shows_what_was_deleted(raw: Disk | None, tmp_path: Path) -> None:
    mark = Mark()
    folder = tmp_path if raw is None else raw.mounted
    path = folder / "deleted"
    path.write_bytes(Shot(mark, 1).data)
    os.sync()
    kept = search_file(mark, path, Found())
    path.unlink()
    assert kept.total() > 0
    assert raw is None or raw.copies(mark) > 0
