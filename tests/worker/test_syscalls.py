"""The tables of system calls against the kernel's own headers, for both processors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from safelight.worker import syscalls
from safelight.worker.attacks.attack import text

INCLUDE = Path("/usr/include")
# x86_64 has a header of its own; aarch64 uses the generic one, in which some names are behind a
# second name.
X86_64 = ("x86_64-linux-gnu/asm/unistd_64.h", "asm/unistd_64.h")
GENERIC = ("asm-generic/unistd.h",)


def header(*names: str) -> str:
    for name in names:
        if (INCLUDE / name).is_file():
            return (INCLUDE / name).read_text()
    pytest.fail(f"no {names[0]}: scripts/system-packages installs the kernel's headers")


def defined(text: str) -> dict[str, int]:
    """Names and numbers; a name that stands for another one is followed."""
    found = dict(re.findall(r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)", text))
    for name, other in re.findall(r"#define\s+__NR_(\w+)\s+__NR3264_(\w+)", text):
        if other in found:
            found[name] = found[other]
    return {name: int(number) for name, number in found.items()}


def wrong(table: dict[str, int], truth: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in table.items() if truth.get(name) != number}


def test_numbers_of_x86_64_are_those_of_the_kernel() -> None:
    assert wrong(syscalls.numbers("x86_64"), defined(header(*X86_64))) == {}


def test_numbers_of_aarch64_are_those_of_the_kernel() -> None:
    assert wrong(syscalls.numbers("aarch64"), defined(header(*GENERIC))) == {}


def test_a_wrong_number_would_be_noticed() -> None:
    table = syscalls.numbers("aarch64") | {"read": 0}
    assert wrong(table, defined(header(*GENERIC))) == {"read": 0}


def test_what_aarch64_does_not_have_is_truly_absent_there() -> None:
    missing = set(syscalls.numbers("x86_64")) - set(syscalls.numbers("aarch64"))
    older = {"creat", "link", "lstat", "mkdir", "open", "stat", "symlink"}
    assert missing == {"dup2", "epoll_wait", "modify_ldt", "poll", "select"} | older
    assert not missing & set(defined(header(*GENERIC)))


def test_a_call_gives_the_result_or_minus_the_errno() -> None:
    assert syscalls.call("getpid") > 0
    assert syscalls.call("close", -1) == -9
    assert syscalls.call("chdir", text(b"/no/such/folder")) == -2


def test_a_call_that_must_work_says_which_one_did_not() -> None:
    with pytest.raises(OSError, match="close: ") as caught:
        syscalls.checked("close", -1)
    assert caught.value.errno == 9
