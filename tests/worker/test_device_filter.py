"""The filter of a device: a worker's own, and of requests to drivers the driver's alone."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from safelight.models import providers
from safelight.models.providers import CPU, Device
from safelight.worker import device_attacks, seccomp, syscalls
from safelight.worker.bpf import ALLOW, ERRNO
from safelight.worker.reach import DRIVER_CALLS, NOTHING, Reach, reach_of
from tests.worker.filters import NUMBERS, interpreted, verdict

BOTH = pytest.mark.parametrize("architecture", syscalls.ARCHITECTURES)
REFUSED = ERRNO | errno.EPERM
WIDE = Reach(("/dev/zero",), ("/usr",), DRIVER_CALLS)
# linux/ioctl.h: direction, size, letter, number.
OF_DRIVER = (0xC0204629, 0xC00846D6, 0x46C8, 0x4600, 0x1B, 0xFF, 0x30000001, 0x30000002)
OF_OTHERS = (
    *(0x5401, 0x5412, 0x5413, 0x5421, 0x5451, 0x8912, 0x8933, 0x40086602, 0xC0185879),
    *(0x4500, 0x4700, 0x0600, 0x4400, 0x6600, 0xC600, 0x30000000, 0x30000003, 0xB000, 0x1260),
)


def _ask(architecture: str, program: bytes, name: str, *arguments: int) -> int:
    token = seccomp.AUDIT_ARCHITECTURES[architecture]
    number = syscalls.numbers(architecture).get(name)
    return REFUSED if number is None else verdict(program, token, number, arguments)


@BOTH
def test_the_processors_is_the_very_filter_of_a_picture(architecture: str) -> None:
    assert reach_of(CPU) == NOTHING
    narrow = seccomp.device_filter(NOTHING, architecture)
    assert narrow == seccomp.worker_filter(architecture)


@BOTH
def test_a_wider_one_lets_the_calls_of_its_reach_through_and_no_other(architecture: str) -> None:
    wide = seccomp.device_filter(WIDE, architecture)
    narrow = seccomp.worker_filter(architecture)
    token = seccomp.AUDIT_ARCHITECTURES[architecture]
    looked = {number for number in NUMBERS if interpreted(narrow, token, number)[1]}
    more = {
        number
        for number in NUMBERS
        if number not in looked and verdict(wide, token, number) != verdict(narrow, token, number)
    }
    table = syscalls.numbers(architecture)
    assert more == {table[name] for name in DRIVER_CALLS if name in table}


@BOTH
def test_requests_are_the_drivers_alone(architecture: str) -> None:
    wide = seccomp.device_filter(WIDE, architecture)
    answers = {word: _ask(architecture, wide, "ioctl", 3, word, 0) for word in OF_DRIVER}
    assert set(answers.values()) == {ALLOW}
    answers = {word: _ask(architecture, wide, "ioctl", 3, word, 0) for word in OF_OTHERS}
    assert set(answers.values()) == {REFUSED}


@BOTH
def test_every_letter_but_the_drivers_is_refused(architecture: str) -> None:
    wide = seccomp.device_filter(WIDE, architecture)
    let = [
        letter
        for letter in range(1, 256)
        if _ask(architecture, wide, "ioctl", 3, letter << 8 | 0x21, 0) == ALLOW
    ]
    assert let == [ord("F")]


def test_a_card_has_its_nodes_program_folders_and_its_own_process_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("nvidia0", "nvidia1", "nvidiactl"):
        (tmp_path / name).touch()
    monkeypatch.setattr(providers, "DEV", tmp_path)
    given = reach_of(Device("cuda", 1))
    assert given.nodes == (str(tmp_path / "nvidia1"), str(tmp_path / "nvidiactl"))
    assert given.is_wide
    assert given.calls == DRIVER_CALLS
    assert all(Path(folder).exists() for folder in given.folders)
    assert not {"/", "/etc", "/home", "/tmp", "/proc", "/dev", "/root"} & set(given.folders)
    assert len(given.sentences()) == 3
    assert NOTHING.sentences() == ()


def test_its_attacks_are_told_in_plain_words_and_have_names_of_their_own() -> None:
    found = device_attacks.load()
    assert len({one.name for one in found}) == len(found)
    own = [one for one in found if one.group == device_attacks.GROUP]
    assert len(own) >= 8
    assert all(one.line and one.line[0].islower() for one in own)
