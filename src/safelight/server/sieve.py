"""The sieve: which system calls exist for the front end once it listens.

The policy, in prose:
- what is not named answers EPERM, so a call that a later kernel brings is refused, too;
- it takes connections and speaks on those: no call makes a socket, gives one an address, or has one
  listen, and nothing sent may open a connection on its way or name where it goes;
- of a socket's options only those that tune a connection may be set;
- files are opened to be read, and Landlock says which; nothing is changed, made or removed;
- memory is made, filled and sealed; none of it may be executable;
- it makes threads, never a process, and starts no program; it signals, watches and traces nobody;
- `clone3` answers ENOSYS, so that the C library falls back to `clone`, whose flags can be seen;
- a call by the wrong processor's table, or x32, kills.
"""

from __future__ import annotations

import errno
from functools import cache

from safelight.worker import seccomp, syscalls
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
    NUMBER,
    RETURN,
    Label,
    Step,
    assemble,
    high,
    low,
)

CALLS = (
    *("futex", "mmap", "munmap", "mprotect", "madvise", "mremap", "brk", "memfd_create"),
    *("read", "readv", "pread64", "write", "writev", "pwrite64", "lseek"),
    *("preadv", "preadv2", "pwritev", "pwritev2"),
    *("close", "close_range", "dup", "dup2", "dup3", "fcntl", "ioctl", "ftruncate", "fallocate"),
    *("open", "openat", "fstat", "stat", "lstat", "newfstatat", "getdents64", "getcwd"),
    *("accept", "accept4", "recvfrom", "recvmsg", "sendto", "sendmsg", "shutdown"),
    *("getsockname", "getpeername", "getsockopt", "setsockopt"),
    *("epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "poll", "ppoll"),
    *("select", "pselect6", "eventfd2"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall"),
    *("clone", "clone3", "set_robust_list", "rseq", "exit", "exit_group"),
    *("getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "uname"),
    *("sched_yield", "sched_getaffinity", "getrandom", "prlimit64", "getrusage", "sysinfo"),
    *("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday"),
)
# linux/socket.h, fcntl.h: what is sent opens a connection first; a file is opened to be changed.
MSG_FASTOPEN = 0x20000000
O_WRITING = 0o3 | 0o100 | 0o1000 | 0o2000 | 0o20000000
# Duplicate, get and set flags of a descriptor and a file, duplicate anew, seal, get seals.
FCNTL_COMMANDS = (0, 1, 2, 3, 4, 1030, 1033, 1034)
# Whether it is a terminal, close on exec or not, do not wait, how much is there to read.
REQUESTS = (0x5401, 0x5450, 0x5451, 0x5421, 0x541B)
# Of a socket: sizes of its buffers, whether it asks if the other is alive, how it ends; of TCP: no
# waiting for more to send, how often it asks, how long it waits for an answer, how much it queues.
OPTIONS = {1: (7, 8, 9, 13), 6: (1, 4, 5, 6, 18, 25)}


def _one_of(argument: int, values: tuple[int, ...]) -> list[Step | Label]:
    first = [Step(JUMP_EQUAL, value, "allow") for value in values[:-1]]
    return [Step(LOAD, low(argument)), *first, Step(JUMP_EQUAL, values[-1], "allow", "refuse")]


def _without(argument: int, bits: int) -> list[Step | Label]:
    return [Step(LOAD, low(argument)), Step(JUMP_ANY_BIT, bits, "refuse", "allow")]


def _nothing(*arguments: int) -> list[Step | Label]:
    """Each of these is zero, both halves."""
    halves = [half for argument in arguments for half in (low(argument), high(argument))]
    steps: list[Step | Label] = []
    for half in halves:
        steps += [Step(LOAD, half), Step(JUMP_EQUAL, 0, "", "refuse")]
    return steps


def _options() -> list[Step | Label]:
    steps: list[Step | Label] = [Step(LOAD, low(1))]
    steps += [Step(JUMP_EQUAL, level, f"level {level}") for level in OPTIONS]
    steps.append(Step(JUMP_ALWAYS, 0, "refuse"))
    for level, names in OPTIONS.items():
        steps += [Label(f"level {level}"), *_one_of(2, names)]
    return steps


def _rules() -> dict[str, list[Step | Label]]:
    """System calls whose arguments are looked at. Each rule ends in a jump to allow or refuse."""
    no_execution = _without(2, seccomp.PROT_EXEC)
    return {
        "mmap": no_execution,
        "mprotect": no_execution,
        "open": _without(1, O_WRITING),
        "openat": _without(2, O_WRITING),
        "clone": [
            Step(LOAD, low(0)),
            Step(JUMP_ANY_BIT, seccomp.CLONE_NAMESPACES, "refuse"),
            Step(JUMP_ANY_BIT, seccomp.CLONE_THREAD, "allow", "refuse"),
        ],
        "clone3": [Step(RETURN, ERRNO | errno.ENOSYS)],
        "fcntl": _one_of(1, FCNTL_COMMANDS),
        "ioctl": _one_of(1, REQUESTS),
        "sendto": [*_nothing(4), *_without(3, MSG_FASTOPEN)],
        "sendmsg": _without(2, MSG_FASTOPEN),
        "setsockopt": _options(),
        "prlimit64": [*_nothing(2), Step(LOAD, low(0)), Step(JUMP_EQUAL, 0, "allow", "refuse")],
    }


@cache
def program(architecture: str | None = None) -> bytes:
    """As the kernel reads it: for this processor, or for the one named."""
    architecture = architecture or syscalls.architecture()
    table, rules = syscalls.numbers(architecture), _rules()
    source: list[Step | Label] = [
        Step(LOAD, ARCHITECTURE),
        Step(JUMP_EQUAL, seccomp.AUDIT_ARCHITECTURES[architecture], "", "kill"),
        Step(LOAD, NUMBER),
    ]
    if architecture == "x86_64":
        source.append(Step(JUMP_AT_LEAST, seccomp.X32_BIT, "kill"))
    for name in CALLS:
        if name in table and name not in rules:
            source.append(Step(JUMP_EQUAL, table[name], "allow"))
    source += [Step(JUMP_EQUAL, table[name], name) for name in rules if name in table]
    source.append(Step(JUMP_ALWAYS, 0, "refuse"))
    for name, rule in rules.items():
        source += [Label(name), *rule]
    source += [Label("refuse"), Step(RETURN, ERRNO | errno.EPERM)]
    source += [Label("allow"), Step(RETURN, ALLOW), Label("kill"), Step(RETURN, KILL)]
    return assemble(source)
