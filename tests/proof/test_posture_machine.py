"""The machine as the posture sees it: planted machines, sound and not."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from safelight.proof.posture import machine
from safelight.proof.posture.machine import Machine
from tests.proof.ground import DAY_S, Ground, ids, seen

PLAIN_SWAP = "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n"
STATE = Path("/home-of-somebody/state")


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


def everything(system: Machine, *, core_limit: int = 0) -> set[str]:
    return ids(
        machine.swap(system),
        machine.core_dumps(system, core_limit),
        machine.disk(system, STATE),
        machine.memory(system),
        machine.updates(system),
        machine.rights(system.user or 0),
    )


def test_a_sound_machine_has_no_finding(ground: Ground) -> None:
    assert everything(ground.plant()) == set()


# What is planted, and the one finding that it must trip.
PLANTED: dict[str, tuple[str, dict[str, str | None]]] = {
    "swap on a plain partition": ("swap-plain", {"proc/swaps": PLAIN_SWAP}),
    "a handler takes every crash": (
        "core-dumps-on",
        {"proc/sys/kernel/core_pattern": "|/usr/lib/systemd/systemd-coredump %P\n"},
    ),
    "a handler without a name": ("core-dumps-on", {"proc/sys/kernel/core_pattern": "|\n"}),
    "a plain disk": (
        "disk-plain",
        {"proc/self/mounts": "/dev/sda1 / ext4 rw 0 0\n", "sys/class/block/sda1/size": "1\n"},
    ),
    "a disk that nobody tells of": (
        "disk-untold",
        {"proc/self/mounts": "overlay / overlay rw 0 0\n"},
    ),
    "no list of mounts": ("disk-untold", {"proc/self/mounts": None}),
    "memory that is not encrypted": ("memory-plain", {"proc/cpuinfo": "flags : fpu\n"}),
    "memory encryption that is not on": ("memory-plain", {"proc/cmdline": "init_on_free=1\n"}),
    "freed memory that is not overwritten": (
        "memory-not-zeroed",
        {"proc/cmdline": "mem_encrypt=on\n"},
    ),
    "memory open to programs of the user": (
        "memory-open",
        {"proc/sys/kernel/yama/ptrace_scope": "0\n"},
    ),
    "a kernel without yama": ("memory-open", {"proc/sys/kernel/yama/ptrace_scope": None}),
    "a restart that is due": ("restart-due", {"run/reboot-required": ""}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_weakens_a_machine_is_found(ground: Ground, name: str) -> None:
    id, changes = PLANTED[name]
    assert everything(ground.plant(**changes)) == {id}


def test_a_core_limit_root_and_old_packages_are_found(ground: Ground) -> None:
    system = ground.plant()
    status = ground.root / "var/lib/dpkg/status"
    os.utime(status, (0, 100 * DAY_S))
    old = Machine(system.root, now=200 * DAY_S, user=0)
    found = everything(old, core_limit=1_000)
    assert found == {"core-dumps-on", "as-root", "system-old"}
    assert everything(Machine(system.root, now=150 * DAY_S, user=1)) == set()


SOUND: dict[str, tuple[str, dict[str, str | None]]] = {
    "swap in compressed memory": (
        "on, encrypted or in memory only",
        {"proc/swaps": "Filename\n/dev/zram0 partition 1 0 5\n"},
    ),
    "swap on an encrypted mapping": (
        "on, encrypted or in memory only",
        {"proc/swaps": "Filename\n/dev/dm-0 partition 1 0 5\n"},
    ),
    "no list of swap": ("not told", {"proc/swaps": None}),
    "a state folder in memory": (
        "none: tmpfs, in memory",
        {"proc/self/mounts": "tmpfs / tmpfs rw 0 0\n"},
    ),
    "a folder encrypted by itself": (
        "encrypted (fuse.gocryptfs)",
        {"proc/self/mounts": "gocryptfs / fuse.gocryptfs rw 0 0\n"},
    ),
    "a volume on an encrypted disk": (
        "encrypted (dm-crypt under xfs)",
        {
            "proc/self/mounts": "/dev/dm-1 / xfs rw 0 0\n",
            "sys/class/block/dm-1/dm/uuid": "LVM-0\n",
            "sys/class/block/dm-1/slaves/dm-0/x": "",
        },
    ),
    "a guest whose memory is encrypted": (
        "on (Intel TDX)",
        {"proc/cpuinfo": "flags : tdx_guest\n"},
    ),
    "no list of packages": ("not told", {"var/lib/dpkg/status": None}),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_protects_a_machine_is_told(ground: Ground, name: str) -> None:
    value, changes = SOUND[name]
    system = ground.plant(**changes)
    checks: Any = (machine.swap, machine.memory, machine.updates)
    found = seen(*(check(system) for check in checks), machine.disk(system, STATE))
    assert value in {one.value for one in found.facts}
    assert found.findings == ()


def test_what_a_machine_does_not_tell_is_said_to_be_untold(tmp_path: Path) -> None:
    system = Machine(tmp_path)
    found = seen(
        machine.swap(system),
        machine.core_dumps(system, 0),
        machine.memory(system),
        machine.updates(system),
    )
    values = {one.name: one.value for one in found.facts}
    assert values["freed memory"] == "not told"
    assert values["reading another program's memory"] == "not told"
    assert values["core dumps"] == ("not told" if sys.platform == "linux" else "off")
    assert {one.id for one in found.findings} == {"memory-plain"}


def test_the_longest_mount_point_counts_and_its_escapes_are_read(ground: Ground) -> None:
    mounts = "/dev/sda1 / ext4 rw 0 0\n/dev/dm-0 /a\\040b ext4 rw 0 0\n"
    system = ground.plant(**{"proc/self/mounts": mounts, "sys/class/block/sda1/size": "1\n"})
    assert ids(machine.disk(system, Path("/a b/state"))) == set()
    assert ids(machine.disk(system, Path("/other"))) == {"disk-plain"}


def test_a_clock_that_is_not_synchronised_is_told() -> None:
    assert ids(machine.time_kept(machine.UNSYNCHRONISED)) == {"clock-unsynced"}
    assert ids(machine.time_kept("system clock, synchronised as the system says")) == set()
    assert ids(machine.time_kept("system clock, not checked")) == set()


def test_this_machine_is_read_without_an_error() -> None:
    here = Machine()
    found = seen(
        machine.swap(here),
        machine.core_dumps(here, machine.core_limit()),
        machine.disk(here, Path.cwd()),
        machine.memory(here),
        machine.updates(here),
    )
    assert {one.name for one in found.facts} >= {"swap", "core dumps", "memory encryption"}
