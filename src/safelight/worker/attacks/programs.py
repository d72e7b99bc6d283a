"""Programs: start one, by every door."""

from __future__ import annotations

import ctypes
from errno import EACCES, ENOENT

from safelight.worker.attacks.attack import AT_FDCWD, AttackTarget, attack, met, text
from safelight.worker.syscalls import call

PROGRAM = text(b"/bin/true")
AT_EMPTY_PATH = 0x1000
PROT_READ, PROT_EXEC, MAP_PRIVATE = 1, 4, 2
PAGE = 4096

# A program that runs ends the process that made the attempt; its silent end is the sign that it
# got through.


@attack("execve", landlock=EACCES, namespaces=ENOENT)
def start(target: AttackTarget) -> int:
    """start a program"""
    return met(call("execve", PROGRAM, _words(), 0))


@attack("execveat", landlock=EACCES, namespaces=ENOENT)
def start_anew(target: AttackTarget) -> int:
    """start a program by the newer call"""
    return met(call("execveat", AT_FDCWD, PROGRAM, _words(), 0, 0))


@attack("execveat", landlock=EACCES, namespaces=ENOENT)
def start_open_file(target: AttackTarget) -> int:
    """start a program from an open file"""
    # In an empty root the program is there, but its loader is not found.
    return met(call("execveat", target.file_fd, text(b""), _words(), 0, AT_EMPTY_PATH))


@attack("mmap")
def map_program(target: AttackTarget) -> int:
    """map a file as code"""
    place = call("mmap", 0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, target.file_fd, 0)
    if place > 0:
        call("munmap", place, PAGE)
    return met(place)


def _words() -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * 2)(b"true", None)
