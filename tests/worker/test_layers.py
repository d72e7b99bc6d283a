"""The lock-down as a whole: each layer seen by itself, the level the lower of two findings."""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any

import pytest

from safelight.worker import attacks, layers, namespaces, seccomp, words
from safelight.worker.job import CageReport
from safelight.worker.layers import LAYERS, Lockdown, not_covered, report
from tests.worker.children import become_nobody, fork, in_child, refuse_namespaces

DIGEST = seccomp.sha256(seccomp.worker_filter())
EVERY = (1 << len(LAYERS)) - 1
GOOD_WORDS = {
    "Seccomp": "2",
    "NoNewPrivs": "1",
    "CapEff": "0000000000000000",
    **{name: f"{name}:[1]" for name in words.NAMESPACES},
}
GOOD_ERRNOS = [next(iter(one.seccomp)) for one in attacks.load()]


def measured(
    without: frozenset[str] = frozenset(), *, is_nobody: bool = False, is_refused: bool = False
) -> CageReport:
    """The report of one worker, read from outside as a host reads it."""

    def work() -> Any:
        if is_nobody:
            become_nobody()
        if is_refused:
            refuse_namespaces()
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        if fork() == 0:
            near.close()
            _zygote(far, without)
        far.close()
        data, ancillary, _, _ = near.recvmsg(65_536, socket.CMSG_SPACE(12))
        pid = struct.unpack("3i", ancillary[0][2])[0]
        return [*json.loads(data), words.kernel_words(pid)]

    errnos, bits, kernel = in_child(work, is_alone=True)
    return report(errnos, bits, DIGEST, kernel)


def _zygote(channel: socket.socket, without: frozenset[str]) -> None:
    lockdown = Lockdown(without)
    lockdown.enter_namespaces()
    namespaces.become_first()
    lockdown.close_zygote(max_files=64)
    me = os.getpid()
    child = os.fork()
    if child == 0:
        errnos = lockdown.close_worker(zygote=me, max_files=32, memory_bytes=1 << 33, cpu_s=60)
        os.write(channel.fileno(), json.dumps([errnos, lockdown.layers]).encode())
        os.read(channel.fileno(), 1)
        os._exit(0)
    os.waitpid(child, 0)
    os._exit(0)


def test_with_everything_on_the_level_is_3() -> None:
    found = measured()
    assert found.level == layers.SEALED
    assert found.layers == dict.fromkeys(LAYERS, True)
    assert found.contained == len(found.attempts) == len(attacks.load())
    assert found.kernel["Seccomp"] == "2"
    assert int(found.kernel["CapEff"], 16) == 0


def test_an_ordinary_user_reaches_level_3_too() -> None:
    assert measured(is_nobody=True).level == layers.SEALED


@pytest.mark.parametrize("is_nobody", [False, True], ids=["self", "nobody"])
def test_where_namespaces_are_refused_the_level_is_2_and_everything_is_contained(
    is_nobody: bool,
) -> None:
    found = measured(is_nobody=is_nobody, is_refused=True)
    assert found.level == layers.CAGED
    assert found.layers == dict.fromkeys(LAYERS, True) | {"namespaces": False}
    assert found.contained == len(found.attempts)
    assert any("no namespaces" in sentence for sentence in found.not_covered)


@pytest.mark.parametrize(
    ("left_out", "level"),
    [("namespaces", 2), ("limits", 0), ("landlock", 0), ("seccomp", 0), ("refusal", 0)],
)
def test_one_layer_taken_away_is_not_seen_and_the_level_drops(left_out: str, level: int) -> None:
    found = measured(frozenset({left_out}))
    missing = "seccomp" if left_out == "refusal" else left_out
    assert found.layers == dict.fromkeys(LAYERS, True) | {missing: False}
    assert found.level == level
    assert len(found.not_covered) > len(not_covered(dict.fromkeys(LAYERS, True), 3))


def test_without_the_filter_attacks_get_through_and_are_shown() -> None:
    found = measured(frozenset({"seccomp"}))
    through = {attempt.name for attempt in found.attempts if attempt.errno == 0}
    assert {"netlink", "fork", "write-and-run", "memory-file"} <= through
    assert not through & {attempt.name for attempt in found.attempts if attempt.contained}


def test_a_perfect_report_makes_level_3() -> None:
    assert report(GOOD_ERRNOS, EVERY, DIGEST, GOOD_WORDS).level == layers.SEALED


@pytest.mark.parametrize("place", range(len(GOOD_ERRNOS)), ids=[a.name for a in attacks.load()])
def test_one_attack_that_gets_through_makes_level_0(place: int) -> None:
    errnos = [*GOOD_ERRNOS]
    errnos[place] = 0
    found = report(errnos, EVERY, DIGEST, GOOD_WORDS)
    assert found.level == layers.OPEN
    assert found.contained == len(found.attempts) - 1


@pytest.mark.parametrize(
    ("wrong", "level"),
    [
        ({"Seccomp": "0"}, 0),
        ({"Seccomp": "1"}, 0),
        ({"NoNewPrivs": "0"}, 0),
        ({"CapEff": "0000000000000001"}, 0),
        ({name: os.readlink("/proc/self/ns/net") for name in ("net",)}, 2),
        ({"user": os.readlink("/proc/self/ns/user")}, 2),
    ],
    ids=str,
)
def test_what_the_kernel_says_counts_more_than_what_the_worker_says(
    wrong: dict[str, str], level: int
) -> None:
    assert report(GOOD_ERRNOS, EVERY, DIGEST, GOOD_WORDS | wrong).level == level


def test_a_worker_of_which_the_kernel_says_nothing_has_level_0() -> None:
    assert report(GOOD_ERRNOS, EVERY, DIGEST, {}).level == layers.OPEN


def test_a_filter_that_is_not_ours_counts_as_none() -> None:
    other = seccomp.sha256(seccomp.zygote_filter())
    assert report(GOOD_ERRNOS, EVERY, other, GOOD_WORDS).level == layers.OPEN


def test_a_worker_that_had_to_stay_root_is_said_to_be_one() -> None:
    def said(uid: str) -> bool:
        found = report(GOOD_ERRNOS, EVERY, DIGEST, GOOD_WORDS | {"Uid": uid})
        return any("keeps root's" in sentence for sentence in found.not_covered)

    assert said("0 0 0 0")
    assert not said("65534 65534 65534 65534")


def test_an_empty_report_has_level_0() -> None:
    assert report([], EVERY, DIGEST, GOOD_WORDS).level == layers.OPEN


def test_a_process_that_is_gone_has_no_words() -> None:
    assert words.kernel_words(2**22 + 1) == {}


def test_a_process_that_nobody_has_buried_has_no_words() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    try:
        assert words.kernel_words(child) == {}
    finally:
        os.waitpid(child, 0)


def test_our_own_words_show_that_we_are_not_caged() -> None:
    found = words.kernel_words(os.getpid())
    assert not words.are_separate(found)
    assert not words.are_closed(found)
