"""Other processes: look into them, steer them, make more, and become someone else."""

from __future__ import annotations

import ctypes
import os
import struct
from errno import EACCES, EINVAL, ENOENT, ENOSYS, EPERM, ESRCH

from safelight.worker.attacks.attack import (
    AttackTarget,
    attack,
    closed,
    met,
    open_path,
    packed,
    text,
)
from safelight.worker.syscalls import call

PTRACE_SEIZE = 0x4206
SIGCHLD = 17
CLONE_NEWUSER, CLONE_NEWUTS = 0x10000000, 0x04000000
O_RDWR = 2
PRIORITY_PROCESS, PRIORITY_BEST = 0, -20
SCHED_FIFO = 1
RLIMIT_NOFILE = 7
KCMP_FILE = 0
MADV_COLD = 20
PR_SET_DUMPABLE = 4
CAPABILITY_VERSION = 0x20080522
BYTES = 16

_own = ctypes.create_string_buffer(BYTES)
_piece = ctypes.c_uint64 * 2


@attack("kill", landlock=EPERM, namespaces=ESRCH)
def signal_process(target: AttackTarget) -> int:
    """send a signal to a process"""
    return met(call("kill", target.pid, 0))


@attack("tgkill", landlock=EPERM, namespaces=ESRCH)
def signal_thread(target: AttackTarget) -> int:
    """send a signal to one thread"""
    return met(call("tgkill", target.pid, target.pid, 0))


@attack("rt_sigqueueinfo", landlock=EPERM, namespaces=ESRCH)
def queue_signal(target: AttackTarget) -> int:
    """send a signal with a message in it"""
    message = packed(struct.pack("=iii116x", 0, 0, -1))
    return met(call("rt_sigqueueinfo", target.pid, 0, message))


@attack("pidfd_open", namespaces=ESRCH)
def hold_process(target: AttackTarget) -> int:
    """take hold of a process"""
    return closed(call("pidfd_open", target.pid, 0))


@attack("pidfd_getfd", landlock=EPERM, namespaces=ESRCH)
def steal_descriptor(target: AttackTarget) -> int:
    """take an open file out of a process"""
    hold = call("pidfd_open", target.pid, 0)
    result = call("pidfd_getfd", hold, 0, 0)
    if hold < 0:
        return -hold
    call("close", hold)
    return closed(result)


@attack("ptrace", landlock=EPERM, namespaces=ESRCH)
def trace(target: AttackTarget) -> int:
    """attach to a process as a debugger"""
    return met(call("ptrace", PTRACE_SEIZE, target.pid, 0, 0))


@attack("process_vm_readv", landlock=EPERM, namespaces=ESRCH)
def read_memory(target: AttackTarget) -> int:
    """read the memory of a process"""
    here, there = _piece(ctypes.addressof(_own), BYTES), _piece(target.address, BYTES)
    return met(call("process_vm_readv", target.pid, here, 1, there, 1, 0))


@attack("process_vm_writev", landlock=EPERM, namespaces=ESRCH)
def write_memory(target: AttackTarget) -> int:
    """write into the memory of a process"""
    # Our own bytes of the same place, so that nothing changes there.
    place = _piece(target.address, BYTES)
    return met(call("process_vm_writev", target.pid, place, 1, place, 1, 0))


@attack("openat", landlock=EACCES, namespaces=ENOENT)
def open_memory(target: AttackTarget) -> int:
    """open the memory of a process as a file"""
    return closed(open_path(text(b"/proc/%d/mem" % target.pid), O_RDWR))


@attack("openat", landlock=EACCES, namespaces=ENOENT)
def read_environment(target: AttackTarget) -> int:
    """read the environment of a process"""
    return closed(open_path(text(b"/proc/%d/environ" % target.pid), 0))


@attack("kcmp", landlock=EPERM, namespaces=ESRCH)
def compare_processes(target: AttackTarget) -> int:
    """find out what two processes share"""
    return met(call("kcmp", target.pid, target.pid, KCMP_FILE, 0, 0))


@attack("prlimit64", namespaces=ESRCH)
def limit_process(target: AttackTarget) -> int:
    """read the limits of a process"""
    return met(call("prlimit64", target.pid, RLIMIT_NOFILE, 0, packed(bytes(16))))


@attack("sched_setaffinity", namespaces=ESRCH)
def move_process(target: AttackTarget) -> int:
    """move a process to another processor"""
    mask = packed(bytes((255,)) * 128)
    return met(call("sched_setaffinity", target.pid, 128, mask))


@attack("setpriority", namespaces=(EACCES, EPERM), privileged=EACCES)
def go_first(target: AttackTarget) -> int:
    """run before everyone else"""
    return met(call("setpriority", PRIORITY_PROCESS, 0, PRIORITY_BEST))


@attack("sched_setscheduler", namespaces=EPERM, privileged=EPERM)
def take_processor(target: AttackTarget) -> int:
    """run in real time, so that nobody else does"""
    return met(call("sched_setscheduler", 0, SCHED_FIFO, packed(struct.pack("=i", 1))))


@attack("prlimit64")
def set_own_limits(target: AttackTarget) -> int:
    """change its own limits"""
    limits = packed(bytes(16))
    call("prlimit64", 0, RLIMIT_NOFILE, 0, limits)
    return met(call("prlimit64", 0, RLIMIT_NOFILE, limits, 0))


@attack("clone")
def fork(target: AttackTarget) -> int:
    """make another process"""
    return _ended(call("clone", SIGCHLD, 0, 0, 0, 0))


@attack("clone3", seccomp=ENOSYS)
def fork_anew(target: AttackTarget) -> int:
    """make another process by the newer call"""
    arguments = packed(struct.pack("=11Q", 0, 0, 0, 0, SIGCHLD, 0, 0, 0, 0, 0, 0))
    return _ended(call("clone3", arguments, len(arguments)))


@attack("clone")
def new_user_namespace(target: AttackTarget) -> int:
    """become root of a world of its own"""
    return _ended(call("clone", CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0))


def _ended(pid: int) -> int:
    """The child leaves at once; the parent takes note of it."""
    if pid == 0:
        os._exit(0)
    if pid > 0:
        os.waitpid(pid, 0)
    return met(pid)


@attack("unshare", namespaces=EPERM, privileged=EPERM)
def leave_namespace(target: AttackTarget) -> int:
    """leave the namespaces it was put into"""
    return met(call("unshare", CLONE_NEWUTS))


@attack("setns", namespaces=ENOENT, privileged=EPERM)
def enter_namespace(target: AttackTarget) -> int:
    """enter the namespace of someone else"""
    fd = open_path(text(b"/proc/self/ns/uts"), 0)
    result = call("setns", fd, 0)
    if fd < 0:
        return -fd
    call("close", fd)
    return met(result)


@attack("setresuid", namespaces=(EPERM, EINVAL), privileged=EPERM)
def become_root(target: AttackTarget) -> int:
    """become root"""
    return met(call("setresuid", 0, 0, 0))


@attack("setresgid", namespaces=(EPERM, EINVAL), privileged=EPERM)
def join_root_group(target: AttackTarget) -> int:
    """join the group of root"""
    return met(call("setresgid", 0, 0, 0))


@attack("setgroups", namespaces=EPERM, privileged=EPERM)
def drop_groups(target: AttackTarget) -> int:
    """leave the groups that something is closed to"""
    return met(call("setgroups", 0, 0))


@attack("capset", namespaces=EPERM, privileged=EPERM)
def take_capabilities(target: AttackTarget) -> int:
    """take back the powers of root"""
    network_raw = 1 << 13
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    wanted = (ctypes.c_uint32 * 6)(network_raw, network_raw, 0, 0, 0, 0)
    return met(call("capset", header, wanted))


@attack("prctl")
def allow_dumps(target: AttackTarget) -> int:
    """let itself be dumped and looked into"""
    return met(call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0))
