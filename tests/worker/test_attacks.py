"""The attacks: they work where nothing stops them, and each layer alone stops what is its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from errno import errorcode
from pathlib import Path
from typing import Any

import pytest

from safelight.proof.control import isolated, prey, run_uncaged
from safelight.worker import attacks, landlock, namespaces, seccomp
from safelight.worker.attacks.attack import Attack, AttackTarget
from safelight.worker.namespaces import NAMESPACES, NOBODY
from safelight.worker.syscalls import call
from tests.worker.children import MS_PRIVATE_RECURSIVE, become_nobody, fork, in_child, mount

IS_ROOT = os.geteuid() == 0
ALL = attacks.load()
pytestmark = pytest.mark.opens_sockets("the attacks aim at listeners of their own on the loopback")

# What no layer but the filter stops; a change here is a change of what we promise at level 2 and 3.
FILTER_ALONE = frozenset(
    "add-filter add-key allow-dumps asynchronous-io catch-faults change-segments fork fork-anew"
    " io-uring locate-pages lock-memory look-at-file-system make-executable"
    " make-executable-by-key map-program memory-file message-queue netlink new-user-namespace"
    " open-keyring pass-descriptor read-means-run remap-pages secret-memory semaphores"
    " set-own-limits shared-memory socket-pair vsock watch-all watch-folder write-and-run".split()
)


def named(errnos: list[int]) -> dict[str, int]:
    return dict(zip([one.name for one in ALL], errnos, strict=True))


def met_behind(lock: Callable[[], object], *, is_nobody: bool = False) -> dict[str, int]:
    """Every attack behind this layer alone, each in a child of its own; the prey lives outside."""

    def outside() -> Any:
        if is_nobody:
            become_nobody()
        with prey() as target:
            far, near = os.pipe()
            child = fork()
            if child == 0:
                lock()
                os.write(near, bytes([isolated(one, target) for one in ALL]))
                os._exit(0)
            os.waitpid(child, 0)
            return list(os.read(far, len(ALL)))

    return named(in_child(outside))


def own_world() -> None:
    namespaces.unshare_all()
    namespaces.become_first()
    namespaces.empty_root()
    namespaces.drop_capabilities()


def differing(met: dict[str, int], expected: Callable[[Attack], frozenset[int]]) -> dict[str, str]:
    """Attacks that ended in another way than stated; got through is 0."""
    return {
        one.name: errorcode.get(met[one.name], "got through")
        for one in ALL
        if met[one.name] not in (expected(one) or {0})
    }


def test_there_are_at_least_41_and_each_is_one_of_its_own() -> None:
    assert len(ALL) >= 41
    assert len({one.name for one in ALL}) == len({one.run for one in ALL}) == len(ALL)
    assert {one.group for one in ALL} == set(attacks.GROUPS)
    assert len({one.line for one in ALL}) == len(ALL)
    assert all(one.line and one.line[0].islower() for one in ALL)


def test_the_order_is_the_same_everywhere() -> None:
    order = [(attacks.GROUPS.index(one.group), one.name) for one in ALL]
    assert order == sorted(order)


def test_without_a_cage_all_get_through_as_root_and_the_known_ones_not_as_a_user() -> None:
    met = {attempt.name: attempt.errno for attempt in run_uncaged()}
    assert differing(met, lambda one: frozenset() if IS_ROOT else one.privileged) == {}


def test_as_an_ordinary_user_the_kernel_itself_refuses_just_the_privileged_ones() -> None:
    met = met_behind(lambda: None, is_nobody=True)
    assert differing(met, lambda one: one.privileged) == {}
    assert sum(errno == 0 for errno in met.values()) >= 41


def test_landlock_alone_stops_what_is_its_own_and_nothing_else() -> None:
    met = met_behind(landlock.restrict)
    if IS_ROOT:
        assert differing(met, lambda one: one.landlock) == {}
    else:
        assert differing(met, lambda one: one.landlock | one.privileged) == {}


def test_namespaces_and_an_empty_root_alone_stop_what_is_theirs_and_nothing_else() -> None:
    assert differing(met_behind(own_world), lambda one: one.namespaces) == {}


def test_namespaces_alone_stop_the_same_for_an_ordinary_user() -> None:
    met = met_behind(own_world, is_nobody=True)
    assert differing(met, lambda one: one.namespaces) == {}


@pytest.mark.parametrize("is_nobody", [False, True], ids=["self", "nobody"])
def test_the_filter_alone_stops_every_single_one(is_nobody: bool) -> None:
    def work() -> Any:
        if is_nobody:
            become_nobody()
        with prey() as target:
            far, near = os.pipe()
            child = fork()
            if child == 0:
                seccomp.install(seccomp.worker_filter())
                os.write(near, bytes(attacks.run_all(target)))
                os._exit(0)
            os.waitpid(child, 0)
            return list(os.read(far, len(ALL)))

    assert differing(named(in_child(work)), lambda one: one.seccomp) == {}


def test_what_rests_on_the_filter_alone_is_known() -> None:
    alone = {one.name for one in ALL if not one.landlock and not one.namespaces}
    assert alone == FILTER_ALONE


def test_an_errno_that_no_layer_gives_is_not_counted_as_protection() -> None:
    by_name = {one.name: one for one in ALL}
    layers = frozenset({"seccomp", "landlock", "namespaces", "limits"})
    assert by_name["tcp-connect"].is_contained(1, layers)
    assert not by_name["tcp-connect"].is_contained(111, layers)
    assert not by_name["tcp-connect"].is_contained(0, layers)
    assert not by_name["tcp-connect"].is_contained(13, layers)  # the filter speaks before Landlock
    assert by_name["tcp-connect"].is_contained(13, frozenset({"landlock"}))
    assert not by_name["netlink"].is_contained(1, frozenset({"landlock", "namespaces"}))


def test_an_attempt_that_is_missing_counts_as_one_that_got_through() -> None:
    judged = attacks.judged([1] * (len(ALL) - 1), frozenset({"seccomp"}))
    assert len(judged) == len(ALL)
    assert not judged[-1].contained
    assert sum(attempt.contained for attempt in judged) == len(ALL) - 2  # fork-anew meets ENOSYS


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for everyone whose path is short: that of a unix socket must fit into 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="safelight-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def test_a_control_run_leaves_nothing_behind(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen in a place of its own, where no other test leaves anything either."""

    def traces() -> list[Any]:
        return [
            [path.name for path in place.iterdir()],
            len(Path("/proc/self/mountinfo").read_text().splitlines()),
            Path("/proc/sysvipc/shm").read_text().splitlines()[1:],
            Path("/proc/sysvipc/msg").read_text().splitlines()[1:],
            os.uname().nodename,
        ]

    def work() -> Any:
        if IS_ROOT:
            call("unshare", NAMESPACES["mnt"] | NAMESPACES["ipc"])
            mount(b"none", b"/", MS_PRIVATE_RECURSIVE)
        else:
            namespaces.unshare_all()
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        before = traces()
        met = run_uncaged()
        return [before == traces(), sum(attempt.errno == 0 for attempt in met)]

    is_clean, live = in_child(work)
    assert is_clean
    assert live >= 41


def test_an_attack_that_dies_is_not_taken_for_one_that_got_through() -> None:
    def die(target: AttackTarget) -> int:
        os.kill(os.getpid(), 9)
        return 0

    one = ALL[0]
    none = frozenset[int]()
    deadly = Attack(one.name, one.group, "die", die, none, none, none, none)
    assert in_child(lambda: isolated(deadly, AttackTarget(pid=1, address=0))) != 0


def test_the_uid_of_nobody_is_what_the_kernel_shows_for_a_stranger() -> None:
    assert Path("/proc/sys/kernel/overflowuid").read_text().strip() == str(NOBODY)
