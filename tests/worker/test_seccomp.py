"""The filter: interpreted for every call on both processors, against libseccomp's, at work."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from safelight.worker import seccomp, syscalls
from safelight.worker.bpf import (
    ALLOW,
    ERRNO,
    JUMP_EQUAL,
    KILL,
    LOAD,
    LOG,
    MAX_JUMP,
    RETURN,
    Label,
    Step,
    assemble,
)
from tests.worker.children import in_child
from tests.worker.filters import (
    EQUAL,
    MASKED_EQUAL,
    NUMBERS,
    OTHER_PROCESSORS,
    Author,
    WrongProgram,
    interpreted,
    verdict,
)

BOTH = pytest.mark.parametrize("architecture", syscalls.ARCHITECTURES)
REFUSED, MISSING = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
THREAD, PROCESS = 0x3D0F00, 0x1200011  # what the C library's threads and forks pass
NAMESPACE_FLAGS = {
    "user": 0x10000000,
    "net": 0x40000000,
    "mount": 0x00020000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "pid": 0x20000000,
    "cgroup": 0x02000000,
}
UPPER = 1 << 32
CASES: list[tuple[str, tuple[int, ...], int, int]] = [
    # name, arguments, answer to a worker, answer to the zygote
    ("clone", (THREAD,), ALLOW, ALLOW),
    ("clone", (PROCESS,), REFUSED, ALLOW),
    ("clone", (PROCESS | UPPER,), REFUSED, ALLOW),
    *(("clone", (THREAD | flag,), REFUSED, REFUSED) for flag in NAMESPACE_FLAGS.values()),
    *(("clone", (PROCESS | flag,), REFUSED, REFUSED) for flag in NAMESPACE_FLAGS.values()),
    ("clone3", (), MISSING, MISSING),
    ("mmap", (0, 4096, 3), ALLOW, ALLOW),
    ("mmap", (0, 4096, 1), ALLOW, ALLOW),
    ("mmap", (0, 4096, 4), REFUSED, REFUSED),
    ("mmap", (0, 4096, 5), REFUSED, REFUSED),
    ("mmap", (0, 4096, 7), REFUSED, REFUSED),
    ("mmap", (0, 4096, 7 | UPPER), REFUSED, REFUSED),
    ("mprotect", (0, 4096, 0), ALLOW, ALLOW),
    ("mprotect", (0, 4096, 3), ALLOW, ALLOW),
    ("mprotect", (0, 4096, 5), REFUSED, REFUSED),
    *(("fcntl", (3, command), ALLOW, ALLOW) for command in (1, 2, 3, 1030, 1034)),
    *(("fcntl", (3, command), REFUSED, REFUSED) for command in (0, 4, 6, 8, 1024, 1031, 1033)),
    ("prlimit64", (0, 7, 0, 1), ALLOW, ALLOW),
    ("prlimit64", (0, 7, 1, 0), REFUSED, ALLOW),
    ("prlimit64", (0, 7, UPPER, 0), REFUSED, ALLOW),
    ("prlimit64", (1, 7, 0, 1), REFUSED, ALLOW),
    ("sendmsg", (), REFUSED, ALLOW),
    ("openat", (), REFUSED, REFUSED),
    ("socket", (), REFUSED, REFUSED),
    ("execve", (), REFUSED, REFUSED),
    ("kill", (), REFUSED, ALLOW),
    ("unshare", (), REFUSED, REFUSED),
    ("ptrace", (), REFUSED, REFUSED),
]


def policy(author: Author, *, zygote: bool) -> bytes:
    """The filter once more, written from the policy's words with another tool."""
    looked_at = {"clone", "clone3", "mmap", "mprotect", "fcntl", "prlimit64"}
    for name in seccomp.ZYGOTE_CALLS if zygote else seccomp.WORKER_CALLS:
        if name not in looked_at:
            author.allow(name)
    namespaces = sum(NAMESPACE_FLAGS.values())
    thread = 0 if zygote else 0x10000
    author.allow("clone", (0, MASKED_EQUAL, namespaces | thread, thread))
    author.answer("clone3", errno.ENOSYS)
    author.allow("mmap", (2, MASKED_EQUAL, 4, 0))
    author.allow("mprotect", (2, MASKED_EQUAL, 4, 0))
    for command in (1, 2, 3, 1030, 1034):
        author.allow("fcntl", (1, MASKED_EQUAL, 0xFFFFFFFF, command))
    if zygote:
        author.allow("prlimit64")
    else:
        author.allow("prlimit64", (0, MASKED_EQUAL, 0xFFFFFFFF, 0), (2, EQUAL, 0, 0))
    return author.program()


def answer(program: bytes, architecture: str, name: str, arguments: tuple[int, ...] = ()) -> int:
    number = syscalls.numbers(architecture)[name]
    return verdict(program, seccomp.AUDIT_ARCHITECTURES[architecture], number, arguments)


@BOTH
@pytest.mark.parametrize("zygote", [False, True], ids=["worker", "zygote"])
def test_every_number_gets_the_verdict_that_libseccomp_gives(
    architecture: str, zygote: bool
) -> None:
    ours = (seccomp.zygote_filter if zygote else seccomp.worker_filter)(architecture)
    theirs = policy(Author(architecture), zygote=zygote)
    token = seccomp.AUDIT_ARCHITECTURES[architecture]
    arguments = {case[1] for case in CASES}
    # x32 differs on purpose: we kill what libseccomp refuses in its own way; it has a test below.
    numbers = [number for number in NUMBERS if not number & seccomp.X32_BIT]
    differ = [
        (number, tried)
        for number in numbers
        for tried in (arguments if _looks(ours, theirs, token, number) else {()})
        if verdict(ours, token, number, tried) != verdict(theirs, token, number, tried)
    ]
    assert differ == []


def _looks(ours: bytes, theirs: bytes, token: int, number: int) -> bool:
    """Does either program look at this call's arguments?"""
    return any(interpreted(program, token, number)[1] for program in (ours, theirs))


@BOTH
def test_a_filter_that_lets_one_more_call_through_would_be_noticed(architecture: str) -> None:
    author = Author(architecture)
    author.allow("openat")
    theirs = policy(author, zygote=False)
    ours = seccomp.worker_filter(architecture)
    assert answer(theirs, architecture, "openat") != answer(ours, architecture, "openat")


@BOTH
@pytest.mark.parametrize(("name", "arguments", "worker", "zygote"), CASES)
def test_arguments_decide(
    architecture: str, name: str, arguments: tuple[int, ...], worker: int, zygote: int
) -> None:
    assert answer(seccomp.worker_filter(architecture), architecture, name, arguments) == worker
    assert answer(seccomp.zygote_filter(architecture), architecture, name, arguments) == zygote


@BOTH
def test_nothing_but_the_list_is_let_through(architecture: str) -> None:
    program = seccomp.worker_filter(architecture)
    token = seccomp.AUDIT_ARCHITECTURES[architecture]
    every = {case[1] for case in CASES}
    let_through = {
        number
        for number in NUMBERS
        for tried in (every if interpreted(program, token, number)[1] else {()})
        if verdict(program, token, number, tried) == ALLOW
    }
    numbers = syscalls.numbers(architecture)
    assert let_through == {numbers[name] for name in seccomp.reachable(architecture)}


@BOTH
def test_at_most_45_system_calls_are_reachable_in_a_worker(architecture: str) -> None:
    assert len(seccomp.reachable(architecture)) <= 45


@BOTH
@pytest.mark.parametrize(
    "make", [seccomp.worker_filter, seccomp.zygote_filter, seccomp.debug_filter]
)
def test_another_processors_calls_kill(make: Callable[[str], bytes], architecture: str) -> None:
    own = seccomp.AUDIT_ARCHITECTURES[architecture]
    others = {*OTHER_PROCESSORS, *seccomp.AUDIT_ARCHITECTURES.values()} - {own}
    for other in others:
        assert {verdict(make(architecture), other, number) for number in NUMBERS} == {KILL}


@pytest.mark.parametrize(
    "make", [seccomp.worker_filter, seccomp.zygote_filter, seccomp.debug_filter]
)
def test_x32_calls_kill(make: Callable[[str], bytes]) -> None:
    token = seccomp.AUDIT_ARCHITECTURES["x86_64"]
    x32 = [number for number in NUMBERS if number >= seccomp.X32_BIT]
    assert {verdict(make("x86_64"), token, number) for number in x32} == {KILL}


@BOTH
def test_the_debug_filter_refuses_nothing_and_logs_what_the_real_one_refuses(
    architecture: str,
) -> None:
    for name in syscalls.numbers(architecture):
        real = answer(seccomp.worker_filter(architecture), architecture, name, (PROCESS,))
        debug = answer(seccomp.debug_filter(architecture), architecture, name, (PROCESS,))
        assert debug in ({MISSING} if name == "clone3" else {ALLOW, LOG})
        assert real == REFUSED or debug != LOG


def test_programs_are_the_same_bytes_every_time() -> None:
    code = (
        "from safelight.worker import seccomp as s;"
        "print(*[s.sha256(f(a)) for f in (s.worker_filter, s.zygote_filter)"
        " for a in ('x86_64', 'aarch64')])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, env=environment
        ).stdout
        for environment in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2"})
    }
    assert len(runs) == 1
    assert len(runs.pop().split()[0]) == 64


def test_a_jump_that_is_too_long_or_leads_nowhere_is_refused() -> None:
    far: list[Step | Label] = [Step(JUMP_EQUAL, 1, "end")]
    far += [Step(RETURN, ALLOW)] * (MAX_JUMP + 1)
    with pytest.raises(ValueError, match="cannot be made"):
        assemble([*far, Label("end"), Step(RETURN, ALLOW)])
    with pytest.raises(ValueError, match="nowhere"):
        assemble([Step(JUMP_EQUAL, 1, "nowhere"), Step(RETURN, ALLOW)])


def test_the_interpreter_notices_a_program_that_runs_out() -> None:
    with pytest.raises(WrongProgram, match="ran past"):
        verdict(assemble([Step(LOAD, 0)]), 0, 0)


def _errno(work: Callable[[], object]) -> int:
    try:
        work()
    except OSError as error:
        return error.errno or -1
    return 0


def test_at_work_in_a_zygote_it_forks_and_hands_on_but_opens_nothing() -> None:
    def work() -> dict[str, int]:
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        seccomp.install(seccomp.zygote_filter())
        child = os.fork()
        if child == 0:
            os._exit(7)
        socket.send_fds(near, [b"take"], [near.fileno()])
        _, fds, _, _ = socket.recv_fds(far, 16, 1)
        return {
            "fork": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]),
            "descriptors": len(fds),
            "open": _errno(lambda: os.open("/etc/passwd", os.O_RDONLY)),
            "socket": _errno(lambda: socket.socket(socket.AF_UNIX)),
            "pair": _errno(socket.socketpair),
            "exec": _errno(lambda: os.execv("/bin/true", ["true"])),
        }

    assert in_child(work) == {
        "fork": 7,
        "descriptors": 1,
        **dict.fromkeys(("open", "socket", "pair", "exec"), errno.EPERM),
    }


def test_at_work_in_a_worker_threads_start_and_memory_maps_but_nothing_forks() -> None:
    def work() -> dict[str, int]:
        sheet = os.memfd_create("sheet")
        os.ftruncate(sheet, 4096)
        done = threading.Event()
        thread = threading.Thread(target=done.set)
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        socket.send_fds(near, [b"take"], [sheet])
        seccomp.install(seccomp.worker_filter())
        thread.start()
        thread.join()
        _, fds, _, _ = socket.recv_fds(far, 16, 1)
        with mmap.mmap(fds[0], 4096) as target:
            target[:4] = b"done"
        return {
            "thread": done.is_set(),
            "written": os.write(far.fileno(), b"done"),
            "fork": _errno(os.fork),
            "hand on": _errno(lambda: socket.send_fds(far, [b"x"], [0])),
            "grow": _errno(lambda: os.ftruncate(sheet, 8192)),
        }

    assert in_child(work) == {
        "thread": True,
        "written": 4,
        **dict.fromkeys(("fork", "hand on", "grow"), errno.EPERM),
    }


def test_a_filter_covers_threads_that_were_there_before() -> None:
    def work() -> int:
        go, results = threading.Event(), list[int]()

        def wait_and_look() -> None:
            go.wait()
            results.append(_errno(lambda: os.listdir("/")))

        thread = threading.Thread(target=wait_and_look)
        thread.start()
        seccomp.install(seccomp.worker_filter())
        go.set()
        thread.join()
        return results[0]

    assert in_child(work) == errno.EPERM


@pytest.mark.parametrize("machine_code", ["b814000000cd80c3"], ids=["int 0x80"])
def test_at_work_a_32_bit_call_kills(machine_code: str) -> None:
    """getpid by the old 32-bit door; without the filter it answers."""
    if syscalls.architecture() != "x86_64":
        assert "x86_64" not in seccomp.AUDIT_ARCHITECTURES or os.uname().machine != "x86_64"
        return

    def work(is_caged: bool) -> int:
        memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        memory.write(bytes.fromhex(machine_code))
        place = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        if is_caged:
            seccomp.install(seccomp.worker_filter())
        return int(ctypes.CFUNCTYPE(ctypes.c_int)(place)())

    assert in_child(lambda: work(False)) > 0
    assert os.WTERMSIG(in_child(lambda: work(True))["died"]) == signal.SIGSYS


def test_at_work_an_x32_call_kills() -> None:
    if syscalls.architecture() != "x86_64":
        assert "poll" not in syscalls.numbers(syscalls.architecture())
        return
    number = seccomp.X32_BIT | syscalls.number("getpid")
    control = in_child(lambda: syscalls.raw(number))
    assert control == -errno.ENOSYS or control > 0

    def work() -> int:
        seccomp.install(seccomp.worker_filter())
        return syscalls.raw(number)

    assert os.WTERMSIG(in_child(work)["died"]) == signal.SIGSYS


def test_the_list_of_calls_is_not_longer_than_what_the_tables_know() -> None:
    for names in (seccomp.WORKER_CALLS, seccomp.ZYGOTE_CALLS):
        assert len(set(names)) == len(names)
        assert set(names) <= set(syscalls.numbers("x86_64"))
