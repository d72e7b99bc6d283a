"""Memory: code made at run time, and memory shared with someone who should not have it."""

from __future__ import annotations

import ctypes
import os
from errno import EACCES

from safelight.worker.attacks.attack import AttackTarget, attack, closed, met, text
from safelight.worker.syscalls import call

PAGE = 4096
READ_WRITE, READ_EXEC, ALL = 3, 5, 7
PRIVATE_ANONYMOUS = 0x22
READ_IMPLIES_EXEC = 0x0400000
IPC_PRIVATE, IPC_CREAT, IPC_RMID = 0, 0o1000, 0
O_RDWR_CREAT = 0o102
SHM_EXEC = 0o100000


@attack("mmap")
def write_and_run(target: AttackTarget) -> int:
    """map memory that can be written and run"""
    return _unmapped(call("mmap", 0, PAGE, ALL, PRIVATE_ANONYMOUS, -1, 0))


@attack("mprotect")
def make_executable(target: AttackTarget) -> int:
    """turn written memory into code"""
    place = call("mmap", 0, PAGE, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0)
    result = call("mprotect", place, PAGE, READ_EXEC)
    return _unmapped(place) or met(result)


@attack("pkey_mprotect")
def make_executable_by_key(target: AttackTarget) -> int:
    """turn written memory into code by the call with keys"""
    place = call("mmap", 0, PAGE, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0)
    result = call("pkey_mprotect", place, PAGE, READ_EXEC, -1)
    return _unmapped(place) or met(result)


def _unmapped(place: int) -> int:
    if place > 0:
        call("munmap", place, PAGE)
    return met(place)


@attack("personality")
def read_means_run(target: AttackTarget) -> int:
    """make every readable page executable"""
    return met(call("personality", READ_IMPLIES_EXEC))


@attack("memfd_create")
def memory_file(target: AttackTarget) -> int:
    """make a file in memory, to run or to hand on"""
    return closed(call("memfd_create", text(b"attack"), 0))


@attack("memfd_secret")
def secret_memory(target: AttackTarget) -> int:
    """hide memory from the kernel"""
    return closed(call("memfd_secret", 0))


@attack("shmget", "shmctl")
def shared_memory(target: AttackTarget) -> int:
    """share memory with others"""
    result = call("shmget", IPC_PRIVATE, PAGE, IPC_CREAT | 0o600)
    if result >= 0:
        call("shmctl", result, IPC_RMID, 0)
    return met(result)


@attack("msgget", "msgctl")
def message_queue(target: AttackTarget) -> int:
    """leave messages for others"""
    result = call("msgget", IPC_PRIVATE, IPC_CREAT | 0o600)
    if result >= 0:
        call("msgctl", result, IPC_RMID, 0)
    return met(result)


@attack("semget", "semctl")
def semaphores(target: AttackTarget) -> int:
    """give signs to others"""
    result = call("semget", IPC_PRIVATE, 1, IPC_CREAT | 0o600)
    if result >= 0:
        call("semctl", result, 0, IPC_RMID, 0)
    return met(result)


@attack("mq_open", "mq_unlink", landlock=EACCES)
def named_queue(target: AttackTarget) -> int:
    """leave messages under a name"""
    # One name a user, since a queue of somebody else would refuse it, too; and room for one byte:
    # where only the removal is refused (Landlock alone) it stays, and must not use up a limit.
    name = text(b"safelight-attack-%d" % os.geteuid())
    result = call("mq_open", name, O_RDWR_CREAT, 0o600, (ctypes.c_long * 8)(0, 1, 1))
    if result >= 0:
        call("mq_unlink", name)
    return closed(result)


@attack("mlock")
def lock_memory(target: AttackTarget) -> int:
    """hold memory back from everyone"""
    place = call("mmap", 0, PAGE, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0)
    result = call("mlock", place, PAGE)
    return _unmapped(place) or met(result)


@attack("userfaultfd")
def catch_faults(target: AttackTarget) -> int:
    """stop the kernel in the middle of a copy"""
    return closed(call("userfaultfd", 1))


@attack("move_pages")
def locate_pages(target: AttackTarget) -> int:
    """find out where memory lies"""
    status = ctypes.c_int()
    pages = (ctypes.c_uint64 * 1)(ctypes.addressof(status))
    return met(call("move_pages", 0, 1, pages, 0, status, 0))


@attack("remap_file_pages")
def remap_pages(target: AttackTarget) -> int:
    """shuffle mapped pages"""
    shared = 0x21
    place = call("mmap", 0, PAGE, READ_WRITE, shared, -1, 0)
    result = call("remap_file_pages", place, PAGE, 0, 0, 0)
    return _unmapped(place) or met(result)


@attack("io_setup", "io_destroy")
def asynchronous_io(target: AttackTarget) -> int:
    """have files read behind its back"""
    context = (ctypes.c_uint64 * 1)()
    result = call("io_setup", 1, context)
    if result == 0:
        call("io_destroy", context[0])
    return met(result)
