"""The last layer: which system calls exist at all, for a worker and for the zygote that makes it.

The policy, in prose:
- what is not named answers EPERM: libraries give up one feature instead of dying, and every attack
  can report the same errno;
- memory, locks and threads are free, but no memory may be executable, and `clone` makes threads
  only;
- `clone3` answers ENOSYS: its flags lie behind a pointer that a filter cannot follow, and the C
  library then falls back to `clone`;
- a worker reads, writes and maps what it was handed: it opens nothing, asks the file system
  nothing, and of its own descriptors learns only size and seals;
- `recvmsg` takes in the job's descriptors; nothing can be sent with descriptors in it, so none
  leaves;
- the zygote may also fork (no namespace flag), wait for, watch and end its children, hand
  descriptors on, and lock its children further;
- the worker of a device may make the calls of its reach besides: `ioctl` with requests of its
  driver alone, told by their numbers;
- a call by the wrong processor's table, or x32, kills: no honest code makes one, and the numbers
  mean other things.

The programs are assembled by hand, so the same bytes stand everywhere and their SHA-256 goes into
every receipt.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
from functools import cache

from safelight.worker import syscalls
from safelight.worker.bpf import (
    ALLOW,
    ARCHITECTURE,
    ERRNO,
    JUMP_ALWAYS,
    JUMP_ANY_BIT,
    JUMP_AT_LEAST,
    JUMP_EQUAL,
    KILL,
    LOAD,
    LOG,
    NUMBER,
    RETURN,
    Label,
    Step,
    assemble,
    high,
    low,
)
from safelight.worker.landlock import no_new_privileges
from safelight.worker.reach import NOTHING, Reach

# linux/audit.h
AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000

CLONE_THREAD = 0x00010000
# linux/sched.h: the flags that make namespaces; NEWTIME exists for clone3 alone.
CLONE_NAMESPACES = 0x7E020000
PROT_EXEC = 4
# linux/fcntl.h: get and set flags of a descriptor, get those of a file, duplicate, get seals.
FCNTL_COMMANDS = (1, 2, 3, 1030, 1034)
# The requests of the one driver that we know: those marked with its letter, F, and the small plain
# numbers of its part for memory, with the two that open and close that one.
DRIVER_LETTER, LETTER_BITS = 0x46, range(8, 16)
PLAIN_REQUESTS, PLAIN_ENDS = 0x100, (0x3000_0001, 0x3000_0002)

WORKER_CALLS = (
    *("futex", "mmap", "munmap", "mprotect", "madvise", "mremap", "brk"),
    *("read", "write", "close", "fstat", "fcntl", "recvmsg"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack"),
    *("clone", "clone3", "set_robust_list", "rseq", "exit", "exit_group", "restart_syscall"),
    *("gettid", "getpid", "getrandom", "prlimit64", "sched_yield", "sched_getaffinity"),
    *("clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday"),
)
ZYGOTE_CALLS = (
    *WORKER_CALLS,
    *("wait4", "waitid", "kill", "pidfd_open", "pidfd_send_signal", "getppid", "set_tid_address"),
    *("poll", "ppoll", "sendmsg", "sendto", "recvfrom", "memfd_create", "ftruncate", "writev"),
    *("dup2", "dup3", "close_range"),
    *("prctl", "setrlimit", "getrlimit", "seccomp"),
    *("landlock_create_ruleset", "landlock_restrict_self"),
)


def _driver_requests() -> list[Step | Label]:
    """Whether the request of an ioctl is the driver's: by its letter, bit by bit, or its number."""
    clear = sum(1 << bit for bit in LETTER_BITS if not DRIVER_LETTER >> bit - 8 & 1)
    ones = [1 << bit for bit in LETTER_BITS if DRIVER_LETTER >> bit - 8 & 1]
    return [
        Step(LOAD, low(1)),
        *(Step(JUMP_EQUAL, number, "allow") for number in PLAIN_ENDS),
        Step(JUMP_AT_LEAST, PLAIN_REQUESTS, "", "allow"),
        Step(JUMP_ANY_BIT, clear, "refuse"),
        *(Step(JUMP_ANY_BIT, one, "", "refuse") for one in ones),
        Step(JUMP_ALWAYS, 0, "allow"),
    ]


def _rules(zygote: bool) -> dict[str, list[Step | Label]]:
    """System calls whose arguments are looked at. Each rule ends in a jump to allow or refuse."""
    no_exec = [Step(LOAD, low(2)), Step(JUMP_ANY_BIT, PROT_EXEC, "refuse", "allow")]
    clone: list[Step | Label] = [
        Step(LOAD, low(0)),
        Step(JUMP_ANY_BIT, CLONE_NAMESPACES, "refuse"),
        Step(JUMP_ANY_BIT, CLONE_THREAD, "allow", "allow" if zygote else "refuse"),
    ]
    commands = [Step(JUMP_EQUAL, command, "allow") for command in FCNTL_COMMANDS[:-1]]
    own_limits: list[Step | Label] = [
        Step(LOAD, low(0)),
        Step(JUMP_EQUAL, 0, "", "refuse"),
        Step(LOAD, low(2)),
        Step(JUMP_EQUAL, 0, "", "refuse"),
        Step(LOAD, high(2)),
        Step(JUMP_EQUAL, 0, "allow", "refuse"),
    ]
    rules: dict[str, list[Step | Label]] = {
        "mmap": [*no_exec],
        "mprotect": [*no_exec],
        "clone": clone,
        "clone3": [Step(RETURN, ERRNO | errno.ENOSYS)],
        "fcntl": [
            Step(LOAD, low(1)),
            *commands,
            Step(JUMP_EQUAL, FCNTL_COMMANDS[-1], "allow", "refuse"),
        ],
    }
    # The zygote's children set their own limits before their own filter takes that away.
    return rules if zygote else {**rules, "prlimit64": own_limits}


def _program(calls: tuple[str, ...], zygote: bool, refusal: int, architecture: str) -> bytes:
    table = syscalls.numbers(architecture)
    rules = _rules(zygote)
    if "ioctl" in calls:
        rules["ioctl"] = _driver_requests()
    if refusal == LOG:
        # A debug cage lets everything happen; only clone3 stays away, since the real cage never
        # sees it used.
        rules = {"clone3": rules["clone3"]}
    source: list[Step | Label] = [
        Step(LOAD, ARCHITECTURE),
        Step(JUMP_EQUAL, AUDIT_ARCHITECTURES[architecture], "", "kill"),
        Step(LOAD, NUMBER),
    ]
    if architecture == "x86_64":
        source.append(Step(JUMP_AT_LEAST, X32_BIT, "kill"))
    for name in calls:
        if name in table:
            source.append(Step(JUMP_EQUAL, table[name], name if name in rules else "allow"))
    source.append(Step(JUMP_ALWAYS, 0, "refuse"))
    for name, rule in rules.items():
        source += [Label(name), *rule]
    source += [Label("refuse"), Step(RETURN, refusal)]
    source += [Label("allow"), Step(RETURN, ALLOW), Label("kill"), Step(RETURN, KILL)]
    return assemble(source)


@cache
def worker_filter(architecture: str | None = None) -> bytes:
    """The program of a worker, as bytes: for this processor, or for the one named."""
    return _program(
        WORKER_CALLS, False, ERRNO | errno.EPERM, architecture or syscalls.architecture()
    )


@cache
def device_filter(reach: Reach = NOTHING, architecture: str | None = None) -> bytes:
    """The program of a device's worker: a worker's own, and what the reach adds."""
    calls = (*WORKER_CALLS, *reach.calls)
    return _program(calls, False, ERRNO | errno.EPERM, architecture or syscalls.architecture())


@cache
def zygote_filter(architecture: str | None = None) -> bytes:
    """The outer program: the zygote's own, and beneath the worker's in every worker."""
    return _program(
        ZYGOTE_CALLS, True, ERRNO | errno.EPERM, architecture or syscalls.architecture()
    )


@cache
def debug_filter(architecture: str | None = None) -> bytes:
    """A worker's program that refuses nothing and has the kernel log what it would have refused.

    For tests.
    """
    return _program(WORKER_CALLS, False, LOG, architecture or syscalls.architecture())


def reachable(architecture: str) -> tuple[str, ...]:
    """The system calls that a worker can have carried out, by name; clone3 is always refused."""
    table = syscalls.numbers(architecture)
    return tuple(name for name in WORKER_CALLS if name in table and name != "clone3")


def sha256(program: bytes) -> str:
    """Hexadecimal digest of a program; it goes into every receipt."""
    return hashlib.sha256(program).hexdigest()


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


_SET_MODE_FILTER, _FLAG_TSYNC = 1, 1


def install(program: bytes) -> None:
    """Put the program over every thread of this process, for good.

    Raises OSError when the kernel refuses.
    """
    no_new_privileges()
    instructions = ctypes.create_string_buffer(program, len(program))
    head = _Program(len(program) // 8, ctypes.addressof(instructions))
    thread = syscalls.checked("seccomp", _SET_MODE_FILTER, _FLAG_TSYNC, head)
    if thread:
        raise OSError(errno.ESRCH, f"seccomp: thread {thread} cannot be brought under the filter")
