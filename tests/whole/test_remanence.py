"""The whole program on pictures with canaries: jobs that end in every way, crashes on purpose, and
the command itself; afterwards every place is searched, the raw disk too.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from safelight.proof.remanence.canary import Mark, picture
from safelight.proof.remanence.family import family
from safelight.proof.remanence.search import Found, search, search_folder, search_process
from safelight.proof.remanence.watched import Ground, Subject
from safelight.worker.freeing import OVERWRITTEN
from safelight.worker.namespaces import undumpable
from tests.proof.disks import Trace, can_mount, disk
from tests.proof.trials import BAD, BROKEN_OFF, GOOD, SLOW, Course, until

pytestmark = pytest.mark.uncounted  # a sweep: to count its lines takes longer than to run them

COMMAND = [sys.executable, "-m", "safelight.cli"]
GONE_S = 2.0
MOST_WRITTEN_BYTES = 16_384
IS_ROOT = os.geteuid() == 0


@contextmanager
def ground(folder: Path) -> Iterator[tuple[Ground, Path | None]]:
    """A ground, and the raw disk below it where one can be had."""
    if not can_mount():
        yield Ground.made(folder / "ground"), None
        return
    with disk(folder) as made:
        yield Ground.made(made.mounted / "ground"), made.raw


def test_jobs_that_end_in_every_way_leave_nothing_in_any_place(tmp_path: Path) -> None:
    """About a hundred; bench/remanence.py does a thousand."""
    mark, rounds = Mark(), 5
    with ground(tmp_path) as (place, raw), Subject(place, environment=OVERWRITTEN) as subject:
        course = Course(subject, mark, inboxes=tmp_path)
        course.begin()
        for number in range(rounds):
            ends = BAD if number % 2 else BROKEN_OFF[number // 2 : number // 2 + 1]
            course.run_all(GOOD + ends, seed=number)
            if number % 2 or number == rounds - 1:
                found = subject.clean(mark, GONE_S)
                assert (found.total, number) == (0, number), found.copies
        assert course.wrong == []
        assert course.jobs > 90
        assert {trial.code for trial in (*BAD, *BROKEN_OFF)} >= {"cancelled", "worker-died"}
        if raw is not None:
            os.sync()
            assert sum(search_folder_or_disk(mark, raw).values()) == 0
            assert most_written(course) <= MOST_WRITTEN_BYTES, course.written


def search_folder_or_disk(mark: Mark, raw: Path) -> Counter[str]:
    """Copies anywhere on the raw disk."""
    found = Found()
    folder = raw.parent / "raw"
    folder.mkdir(exist_ok=True)
    os.link(raw, folder / "disk")
    search_folder(mark, folder, found)
    (folder / "disk").unlink()
    return sum(found.copies.values(), Counter[str]())


def most_written(course: Course) -> float:
    """What the trial that writes most writes a job, besides its output and what it spills. Work in
    place is on a disk that others use too, which adds blocks of its own.
    """
    every = [trial for trial in (*GOOD, *BAD) if trial.engine != "spilling"]
    usual = {trial.name for trial in every if trial.way != "in-place"}
    least = {name: min(written) for name, written in course.written.items() if name in usual}
    return max(least.values())


def test_no_write_of_a_job_holds_anything_of_its_picture(tmp_path: Path) -> None:
    """As the kernel was asked for it, also where nobody may look at a disk."""
    mark, trace = Mark(), Trace(tmp_path / "trace")
    place = Ground.made(tmp_path / "ground")
    trials = [one for one in (*GOOD, *BAD) if one.name in TRACED]
    assert len(trials) == len(TRACED)
    with Subject(place, through=trace.command) as subject:
        course = Course(subject, mark, inboxes=tmp_path)
        course.begin()
        for trial in trials:
            course.run(trial)
    assert course.wrong == []
    assert trace.writes() > len(trials)
    assert trace.copies(mark) == 0


TRACED = {"in place", "stream, spilled", "held, spilled", "encrypted", "broken"}


def at_work(subject: Subject, mark: Mark) -> int:
    """A worker in whose memory lie pixels of the picture; it is stopped there."""
    found: list[int] = []

    def looked() -> bool:
        for pid in family(subject.pid)[1:]:
            seen = Found()
            search_process(mark, pid, seen, set())
            if seen.copies.get("memory", Counter[str]())["pixels"]:
                os.kill(pid, signal.SIGSTOP)
                found.append(pid)
                return True
        return False

    assert until(looked), "no worker was seen at work"
    return found[0]


def may_dump(pid: int) -> None:
    """Let the process leave a dump of any size."""
    _, most = resource.prlimit(pid, resource.RLIMIT_CORE)
    resource.prlimit(pid, resource.RLIMIT_CORE, (most, most))


def worker_crashes(worker: int) -> None:
    os.kill(worker, signal.SIGSEGV)


def worker_aborts(worker: int) -> None:
    os.kill(worker, signal.SIGABRT)


def zygote_faults(worker: int) -> None:
    """A signal from outside does nothing to the first process of a namespace: take its stack away,
    so that it falls over its own feet when it hears of the worker's end.
    """
    zygote = parent_of(worker)
    stack = int(Path(f"/proc/{zygote}/syscall").read_text().split()[-2], 16)
    with open(f"/proc/{zygote}/mem", "r+b", buffering=0) as memory:
        os.pwrite(memory.fileno(), b"\xff" * 2048, stack)
    os.kill(worker, signal.SIGKILL)


def waiter_crashes(worker: int) -> None:
    """The process that waits for the zygote."""
    os.kill(parent_of(parent_of(worker)), signal.SIGSEGV)


@pytest.mark.parametrize(
    "crash",
    [worker_crashes, worker_aborts, zygote_faults, waiter_crashes],
    ids=lambda one: one.__name__,
)
def test_a_crash_on_purpose_leaves_no_dump_with_a_canary(
    tmp_path: Path, crash: Callable[[int], None]
) -> None:
    mark, place = Mark(), Ground.made(tmp_path / "ground")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / f"{mark.name(1)}.png").write_bytes(picture(mark, 1))
    with Subject(place, environment=OVERWRITTEN) as subject:
        may_dump(subject.pid)
        subject.tell({"settings": place.settings()})
        places = {"inbox": str(inbox), "output": str(place.part("out") / "1.png")}
        subject.ask({"way": "file", "steps": list(SLOW), **places})
        if IS_ROOT:
            worker = at_work(subject, mark)
            crash(worker)
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)
            assert subject.answer() == "worker-died"
        else:  # closed to the user who runs it: let it end and search all the same
            subject.answer()
        found = subject.clean(mark, GONE_S)
        assert found.total == 0, found.copies
    # Who waits for the zygote may be dumped: it never has anything of a picture.
    assert crash is waiter_crashes or not list(tmp_path.rglob("core*"))


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def command(place: Ground, *words: str, start: Sequence[str] = COMMAND) -> subprocess.Popen[bytes]:
    with place.log.open("ab") as log:
        return subprocess.Popen(
            [*start, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=place.environment(),
            cwd=place.part("tmp"),
        )


def half_fed(place: Ground, mark: Mark) -> subprocess.Popen[bytes]:
    """The command with half a picture in its memory, waiting for the rest."""
    running = command(place, "scrub", "-", "-o", "-")
    assert running.stdin is not None
    data = picture(mark, 1)
    running.stdin.write(data[: len(data) // 2])
    running.stdin.flush()
    assert until(lambda: memory_of(mark, running.pid) > 0 or not IS_ROOT)
    return running


def memory_of(mark: Mark, pid: int) -> int:
    return search(mark, [pid], []).total


def test_the_program_itself_leaves_no_dump_when_it_crashes(tmp_path: Path) -> None:
    mark, place = Mark(), Ground.made(tmp_path / "ground")
    running = half_fed(place, mark)
    if IS_ROOT:  # the limit that it set for itself is not what this rests on
        may_dump(running.pid)
    running.send_signal(signal.SIGSEGV)
    assert running.wait(20) == -signal.SIGSEGV
    close(running)
    assert search(mark, [], [place.folder]).total == 0
    assert not list(tmp_path.rglob("core*"))


def close(running: subprocess.Popen[bytes]) -> None:
    for stream in (running.stdin, running.stdout):
        if stream is not None:
            try:
                stream.close()
            except BrokenPipeError:
                continue


def test_control_a_program_that_may_be_dumped_leaves_one(tmp_path: Path) -> None:
    """Unless dumps are given to a program of the system."""
    program = "import os, sys; data = sys.stdin.buffer.read(); os.abort()"
    mark = Mark()
    for guard in (None, undumpable):
        folder = tmp_path / ("closed" if guard else "open")
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-c", program],
            input=mark.canary("body", 1) * 1000,
            cwd=folder,
            check=False,
            preexec_fn=allow_dumps,
        )
    goes_to_a_program = Path("/proc/sys/kernel/core_pattern").read_text()[:1] in ("|", "/")
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    assert search(mark, [], [tmp_path]).total > 0 or goes_to_a_program or most == 0


def allow_dumps() -> None:
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


def test_the_command_on_streams_and_folders_leaves_nothing_when_it_has_ended(
    tmp_path: Path,
) -> None:
    mark = Mark()
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number in range(4):
        (inbox / f"{mark.name(number)}.png").write_bytes(picture(mark, number))
    (inbox / f"{mark.name(9)}.jpg").write_bytes(b"\xff\xd8\xff\xe0" + mark.canary("body", 9) * 9)
    with ground(tmp_path) as (place, raw):
        running = command(place, "resize", "-", "--width", "64", "-o", "-")
        output, _ = running.communicate(picture(mark, 5), timeout=60)
        assert running.returncode == 0, place.log.read_text()
        assert output.startswith(b"\x89PNG")
        batch = command(
            place,
            "resize",
            str(inbox),
            "--width",
            "64",
            "--name",
            "{index}.{ext}",
            "-o",
            f"{place.part('out')}/",
            "--json",
        )
        batch.communicate(timeout=60)
        assert batch.returncode == 3, place.log.read_text()
        assert len(list(place.part("out").glob("*.png"))) == 4
        assert until(lambda: not family(running.pid) and not family(batch.pid))
        found = search(mark, [], [place.part(name) for name in ("state", "out", "tmp", "home")])
        assert found.total == 0, found.copies
        if raw is not None:
            os.sync()
            assert sum(search_folder_or_disk(mark, raw).values()) == 0


def halfway(tmp_path: Path, *start: str) -> Found:
    """What is left of three pictures that are done, in all processes of a batch that still works on
    a fourth. Their names are: the program knows its plan until it ends.
    """
    first, later = Mark(), Mark()
    place, inbox = Ground.made(tmp_path / "ground"), tmp_path / "inbox"
    inbox.mkdir()
    for number in range(3):
        (inbox / f"a{number}.png").write_bytes(picture(first, number))
    (inbox / "z.png").write_bytes(picture(later, 1, side=2000))
    work = ("resize", str(inbox), "--percent", "1000", "--enlarge", "-j", "1")
    running = command(place, *work, "-o", f"{place.part('out')}/", start=start or COMMAND)
    try:
        assert until(lambda: len(list(place.part("out").glob("a*.png"))) == 3, 60)
        time.sleep(0.5)
        is_there = bool(family(running.pid))
        found = search(first, family(running.pid), [place.part("state"), place.part("tmp")])
        assert is_there, "the batch was over too soon to be looked at"
    finally:
        running.kill()
        running.wait()
        close(running)
    return found


def test_in_the_middle_of_a_batch_nothing_is_left_of_pictures_that_are_done(
    tmp_path: Path,
) -> None:
    found = halfway(tmp_path)
    assert found.total == 0, found.copies
    assert found.read >= 3 or not IS_ROOT


def test_control_a_command_that_overwrites_nothing_keeps_what_metadata_say(tmp_path: Path) -> None:
    found = halfway(tmp_path, sys.executable, "-c", "from safelight.cli.main import main; main()")
    if IS_ROOT:  # else the memory of the command is closed to who runs it
        assert found.copies["memory"]["metadata"] > 0
