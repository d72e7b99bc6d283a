"""The sieve of the front end: interpreted for every call on both processors, and held against the
same policy as another tool writes it.
"""

from __future__ import annotations

import errno

import pytest

from safelight.server import sieve
from safelight.worker import seccomp, syscalls
from safelight.worker.bpf import ALLOW, ERRNO, KILL
from tests.worker.filters import (
    EQUAL,
    MASKED_EQUAL,
    NUMBERS,
    OTHER_PROCESSORS,
    Author,
    interpreted,
    verdict,
)

BOTH = pytest.mark.parametrize("architecture", syscalls.ARCHITECTURES)
REFUSED, MISSING = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
UPPER = 1 << 32
THREAD, PROCESS = 0x3D0F00, 0x1200011
FAST_OPEN, DONT_WAIT = 0x20000000, 0x40
READ, WRITE, CHANGE, CREATE = 0o2000000, 0o2000001, 0o2000002, 0o2000101
CASES: list[tuple[str, tuple[int, ...], int]] = [
    ("clone", (THREAD,), ALLOW),
    ("clone", (PROCESS,), REFUSED),
    ("clone", (THREAD | 0x40000000,), REFUSED),
    ("clone3", (), MISSING),
    ("mmap", (0, 4096, 3), ALLOW),
    ("mmap", (0, 4096, 5), REFUSED),
    ("mprotect", (0, 4096, 7), REFUSED),
    ("openat", (0, 0, READ), ALLOW),
    *(("openat", (0, 0, flags), REFUSED) for flags in (WRITE, CHANGE, CREATE)),
    ("sendto", (5, 1, 2, DONT_WAIT, 0, 0), ALLOW),
    ("sendto", (5, 1, 2, FAST_OPEN, 0, 0), REFUSED),
    ("sendto", (5, 1, 2, 0, 1, 16), REFUSED),
    ("sendto", (5, 1, 2, 0, UPPER, 16), REFUSED),
    ("sendmsg", (5, 1, DONT_WAIT), ALLOW),
    ("sendmsg", (5, 1, FAST_OPEN), REFUSED),
    ("setsockopt", (5, 6, 1), ALLOW),
    ("setsockopt", (5, 6, 31), REFUSED),
    ("setsockopt", (5, 1, 13), ALLOW),
    ("setsockopt", (5, 1, 26), REFUSED),
    ("setsockopt", (5, 41, 1), REFUSED),
    ("fcntl", (5, 1030), ALLOW),
    ("fcntl", (5, 6), REFUSED),
    ("ioctl", (0, 0x5421), ALLOW),
    ("ioctl", (0, 0x5412), REFUSED),
    ("prlimit64", (0, 7, 0, 1), ALLOW),
    ("prlimit64", (0, 7, 1, 0), REFUSED),
    ("prlimit64", (1, 7, 0, 1), REFUSED),
    ("accept4", (), ALLOW),
    ("recvmsg", (), ALLOW),
    *(
        (name, (), REFUSED)
        for name in (
            *("socket", "socketpair", "connect", "bind", "listen", "sendmmsg"),
            *("execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev"),
            *("io_uring_setup", "bpf", "perf_event_open", "userfaultfd", "unshare", "setns"),
            *("mount", "add_key", "keyctl", "pidfd_open", "pidfd_getfd", "kill", "tgkill"),
            *("unlinkat", "mkdirat", "renameat2", "truncate", "openat2", "seccomp", "prctl"),
        )
    ),
]


def answer(program: bytes, architecture: str, name: str, arguments: tuple[int, ...] = ()) -> int:
    number = syscalls.numbers(architecture)[name]
    return verdict(program, seccomp.AUDIT_ARCHITECTURES[architecture], number, arguments)


def policy(author: Author) -> bytes:
    """The sieve once more, written from the policy's words with another tool."""
    looked_at = {
        *("clone", "clone3", "mmap", "mprotect", "open", "openat", "fcntl", "ioctl"),
        *("sendto", "sendmsg", "setsockopt", "prlimit64"),
    }
    for name in sieve.CALLS:
        if name not in looked_at:
            author.allow(name)
    author.answer("clone3", errno.ENOSYS)
    author.allow("clone", (0, MASKED_EQUAL, 0x7E020000 | 0x10000, 0x10000))
    author.allow("mmap", (2, MASKED_EQUAL, 4, 0))
    author.allow("mprotect", (2, MASKED_EQUAL, 4, 0))
    author.allow("open", (1, MASKED_EQUAL, sieve.O_WRITING, 0))
    author.allow("openat", (2, MASKED_EQUAL, sieve.O_WRITING, 0))
    author.allow("sendto", (3, MASKED_EQUAL, FAST_OPEN, 0), (4, EQUAL, 0, 0))
    author.allow("sendmsg", (2, MASKED_EQUAL, FAST_OPEN, 0))
    author.allow("prlimit64", (0, MASKED_EQUAL, 0xFFFFFFFF, 0), (2, EQUAL, 0, 0))
    for name, values in (("fcntl", sieve.FCNTL_COMMANDS), ("ioctl", sieve.REQUESTS)):
        for value in values:
            author.allow(name, (1, MASKED_EQUAL, 0xFFFFFFFF, value))
    for level, options in sieve.OPTIONS.items():
        for option in options:
            author.allow(
                "setsockopt",
                (1, MASKED_EQUAL, 0xFFFFFFFF, level),
                (2, MASKED_EQUAL, 0xFFFFFFFF, option),
            )
    return author.program()


@BOTH
def test_every_number_gets_the_verdict_that_libseccomp_gives(architecture: str) -> None:
    ours, theirs = sieve.program(architecture), policy(Author(architecture))
    token = seccomp.AUDIT_ARCHITECTURES[architecture]
    tried = {case[1] for case in CASES}
    # x32 differs on purpose: we kill what libseccomp refuses in its own way; it has a test below.
    numbers = [number for number in NUMBERS if not number & seccomp.X32_BIT]
    differ = [
        (number, arguments)
        for number in numbers
        for arguments in (tried if _looks(ours, theirs, token, number) else {()})
        if verdict(ours, token, number, arguments) != verdict(theirs, token, number, arguments)
    ]
    assert differ == []


def _looks(ours: bytes, theirs: bytes, token: int, number: int) -> bool:
    """Does either program look at this call's arguments?"""
    return any(interpreted(program, token, number)[1] for program in (ours, theirs))


@BOTH
@pytest.mark.parametrize(("name", "arguments", "expected"), CASES)
def test_arguments_decide(
    architecture: str, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    theirs = policy(Author(architecture))
    assert answer(sieve.program(architecture), architecture, name, arguments) == expected
    assert answer(theirs, architecture, name, arguments) == expected


@BOTH
def test_a_call_by_another_processors_table_kills(architecture: str) -> None:
    for token in OTHER_PROCESSORS:
        if token != seccomp.AUDIT_ARCHITECTURES[architecture]:
            assert verdict(sieve.program(architecture), token, 0) == KILL


def test_x32_kills() -> None:
    token = seccomp.AUDIT_ARCHITECTURES["x86_64"]
    assert verdict(sieve.program("x86_64"), token, seccomp.X32_BIT) == KILL


def test_a_call_that_is_added_by_mistake_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    author = Author("x86_64")
    theirs = policy(author)
    monkeypatch.setattr(sieve, "CALLS", (*sieve.CALLS, "connect"))
    sieve.program.cache_clear()
    try:
        careless = sieve.program("x86_64")
    finally:
        sieve.program.cache_clear()
    assert answer(careless, "x86_64", "connect") == ALLOW
    assert answer(theirs, "x86_64", "connect") == REFUSED
