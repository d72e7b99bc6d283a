"""A device's worker, with the processor as its device: measured, asked by many, hostile to none,
and empty when they have left.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from safelight.errors import (
    LevelTooLow,
    RuntimeMissing,
    SafelightError,
    TimeExceeded,
    WorkerDied,
)
from safelight.models.providers import Device
from safelight.models.runtimes import open_session
from safelight.worker import attacks, device_attacks, device_host, seccomp
from safelight.worker.device_host import BODY, DIED, DeviceHost
from safelight.worker.device_wire import ASK_BYTES, Ask, Tensor
from safelight.worker.launch import OVERWRITING
from safelight.worker.memory import Sheet, read_only
from tests.worker.bodies import reaching
from tests.worker.children import become_nobody_with_this_python, in_child, refuse_namespaces
from tests.worker.devices import copies, device, entry, loaded, picture, session
from tests.worker.hosts import descendants, until


def _nothing() -> None: ...


IS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def shared() -> object:
    with device(level=3) as host:
        yield host


def test_its_cage_is_that_of_a_picture_and_it_was_tried_with_more(shared: DeviceHost) -> None:
    cage = shared.cage
    assert cage.level == 3
    assert cage.contained == len(cage.attempts) == len(device_attacks.load())
    assert len(cage.attempts) > len(attacks.load())
    assert cage.filter_sha256 == seccomp.sha256(seccomp.worker_filter())
    assert all(cage.layers.values())


def test_it_answers_as_a_session_in_the_pictures_own_worker(shared: DeviceHost) -> None:
    held = loaded()
    own = open_session(entry(), read_only(held.fd, held.size_bytes), threads=1)
    tensor = picture(1)
    with shared.join() as joined:
        asked = session(joined)
        assert asked.model == entry()
        assert np.array_equal(asked.run(tensor), own.run(tensor))
        (every,) = asked.answers(tensor)
        assert np.array_equal(every, own.run(tensor))
    assert shared.rest()


def test_jobs_side_by_side_get_their_own_answers(shared: DeviceHost) -> None:
    wrong: list[int] = []

    def work(seed: int) -> None:
        with shared.join() as joined:
            asked, tensor = session(joined), picture(seed, side=48)
            first = asked.run(tensor)
            near = np.repeat(np.repeat(tensor, 4, axis=2), 4, axis=3)
            if np.abs(first - near).mean() > 0.3:
                wrong.append(seed)
            wrong.extend(seed for _ in range(20) if not np.array_equal(asked.run(tensor), first))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert shared.rest()


def _left(host: DeviceHost) -> tuple[int, int]:
    """Copies of a question and of its answer that lie in the device's worker once its job has
    left.
    """
    tensor = picture(7)
    with host.join() as joined:
        answer = session(joined).run(tensor)
    assert host.rest()
    needles = [one.reshape(-1)[5000:5008].tobytes() for one in (tensor, answer)]
    assert all(any(needle) for needle in needles)
    family = descendants(host.pid)
    assert len(family) == 2
    if not IS_ROOT:  # closed to the user who runs it; then nobody else looks there either
        for pid in family:
            with pytest.raises(PermissionError):
                Path(f"/proc/{pid}/maps").read_text()
        return (-1, -1)
    asked, answered = (sum(copies(pid, needle) for pid in family) for needle in needles)
    return asked, answered


def test_nothing_of_a_job_that_left_lies_in_its_memory() -> None:
    with device() as host:
        assert _left(host) == ((0, 0) if IS_ROOT else (-1, -1))


def test_control_without_overwriting_the_search_finds_it() -> None:
    with device(without=frozenset({OVERWRITING})) as host:
        assert min(_left(host)) > 0 or not IS_ROOT


def test_the_mailbox_is_overwritten_when_the_job_is_over(shared: DeviceHost) -> None:
    tensor = picture(3)
    with shared.join() as joined:
        session(joined).run(tensor)
        kept = os.dup(joined.link.mailbox)
        before = bytes(os.pread(kept, 4096, 0))
    try:
        assert any(before)
        assert not any(os.pread(kept, 4 * tensor.nbytes, 0))
    finally:
        os.close(kept)


HOSTILE = {
    "nothing that it knows": b"?" * ASK_BYTES,
    "too little": b"SLa1",
    "another model": Ask(1, Tensor("float32", (1, 1, 8, 8))).pack(),
    "another shape": Ask(0, Tensor("float32", (1, 3, 8, 8))).pack(),
    "other numbers": Ask(0, Tensor("int64", (1, 1, 8, 8))).pack(),
    "no size": Ask(0, Tensor("float32", (1, 1, 0, 8))).pack(),
    "more than the mailbox": Ask(0, Tensor("float32", (1, 1, 1 << 16, 1 << 15))).pack(),
    "a size past every number": Ask(0, Tensor("float32", (1, 1, 2**32 - 1, 2**32 - 1))).pack(),
}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_job_that_breaks_a_rule_is_hung_up_on_alone(shared: DeviceHost, words: bytes) -> None:
    tensor = picture(4, side=16)
    with shared.join() as good:
        fine = session(good)
        first = fine.run(tensor)
        with shared.join() as bad:
            os.write(bad.link.line, words)
            assert os.read(bad.link.line, 100) == b""
        assert np.array_equal(fine.run(tensor), first)
    assert shared.rest()


def test_a_device_that_dies_ends_its_job_with_one_clear_error() -> None:
    with device() as host:

        def work() -> None:
            with host.join() as joined:
                asked = session(joined)
                asked.run(picture(5, side=16))
                os.kill(host.pid, signal.SIGKILL)
                assert host.gone.wait(10)
                asked.run(picture(5, side=16))

        with pytest.raises(WorkerDied, match=DIED):
            work()
        assert not host.is_usable
        assert until(lambda: not descendants(host.pid))
        with pytest.raises(WorkerDied, match=DIED), host.join():
            pass


def test_a_device_that_was_too_slow_is_not_asked_again() -> None:
    with device() as host:

        def work() -> None:
            with host.join():
                raise TimeExceeded

        assert host.is_usable
        with pytest.raises(TimeExceeded):
            work()
        assert not host.is_usable


def test_a_job_that_left_and_is_still_held_makes_it_unusable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(device_host, "LEAVE_TIMEOUT_S", -1)
    with device() as host:
        with host.join() as joined:
            held = os.dup(joined.link.line)
        assert not host.is_idle
        assert not host.is_usable
        os.close(held)
        assert host.rest(10)
        assert host.is_usable


def test_without_its_host_it_leaves() -> None:
    with device() as host:
        family = [host.pid, *descendants(host.pid)] if host.cage.level else []
    assert len(family) == 3
    assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family))


def test_with_a_node_it_reaches_that_and_nothing_else() -> None:
    given = reaching.reach(Device())
    with device(body="reaching", reach=given) as host:
        cage = host.cage
        lost = [attempt.name for attempt in cage.attempts if not attempt.contained]
        assert lost == []
        assert cage.level == 2
        assert cage.filter_sha256 == seccomp.sha256(seccomp.device_filter(given))
        assert set(given.sentences()) <= set(cage.not_covered)
        with host.join() as joined:
            assert session(joined).run(picture(6, side=16)).shape == (1, 1, 64, 64)


@pytest.mark.parametrize("layer", ["landlock", "seccomp", "limits"])
def test_control_a_layer_less_and_its_level_is_0(layer: str) -> None:
    given = reaching.reach(Device())
    gone = frozenset({layer})
    with device(level=0, body="reaching", reach=given, without=gone) as host:
        assert host.cage.level == 0
        got_through = {one.name for one in host.cage.attempts if not one.contained}
        wanted = {"landlock": "open-other-node", "seccomp": "change-flags"}.get(layer)
        assert wanted is None or wanted in got_through


def test_a_level_that_it_has_not_is_refused() -> None:
    given = reaching.reach(Device())
    with device(level=3, body="reaching", reach=given) as host, pytest.raises(LevelTooLow):
        host.cage  # noqa: B018 - the look is what is tried


def test_what_keeps_a_device_from_waking_is_told() -> None:
    with device(kind=Device("cuda")) as host, pytest.raises(RuntimeMissing, match="CUDA"):
        host.cage  # noqa: B018 - the look is what is tried


@pytest.mark.parametrize("lie", ["greets wrongly", "speaks of nobody"])
def test_a_device_that_lies_is_not_believed(lie: str) -> None:
    with device(level=0, body="lying_device", without=frozenset({lie})) as host:

        def work() -> None:
            with host.join() as joined:
                session(joined).run(picture(1, side=16))

        with pytest.raises(SafelightError):
            work()
        assert host.gone.wait(10)


def test_its_words_are_overwritten_with_the_rest(shared: DeviceHost) -> None:
    assert shared.cage.level
    assert isinstance(shared._sheet, Sheet)
    with device() as host:
        assert host.cage.level
    assert host._sheet is not None
    assert host._sheet.fd == -1


@pytest.mark.parametrize(
    ("become", "refuse", "body", "level"),
    [
        (become_nobody_with_this_python, _nothing, BODY, 3),
        (_nothing, refuse_namespaces, BODY, 2),
        (become_nobody_with_this_python, refuse_namespaces, BODY, 2),
        (become_nobody_with_this_python, _nothing, "reaching", 2),
        (_nothing, refuse_namespaces, "reaching", 2),
    ],
    ids=["user", "root alone", "user alone", "user with a node", "root alone with a node"],
)
def test_it_answers_at_the_level_that_the_system_gives(
    become: Callable[[], None], refuse: Callable[[], None], body: str, level: int
) -> None:
    loaded()  # what root alone may read is read by root

    def work() -> list[object]:
        become()
        refuse()
        given = reaching.reach(Device()) if body == "reaching" else None
        with device(level=0, body=body, reach=given) as host:
            lost = [one.name for one in host.cage.attempts if not one.contained]
            with host.join() as joined:
                shape = session(joined).run(picture(8, side=16)).shape
            return [host.cage.level, lost, list(shape), host.rest()]

    assert in_child(work) == [level, [], [1, 1, 64, 64], True]
