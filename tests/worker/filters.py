"""Filters judged from outside: an interpreter of their language, and libseccomp as an author."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
import struct
import tempfile
from collections.abc import Callable
from functools import cache
from typing import ClassVar

import pytest

from safelight.worker import syscalls
from safelight.worker.bpf import (
    ALLOW,
    ARGUMENTS,
    ERRNO,
    INSTRUCTION,
    JUMP_ALWAYS,
    KILL,
    LOAD,
    RETURN,
)

WORD = struct.Struct("=I")
LAST_WORD = 60
AND = 0x54  # libseccomp's way to look at some bits; ours has none


class WrongProgram(Exception):
    """The program does what the kernel's own check would refuse."""


def verdict(program: bytes, architecture: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What the kernel would answer to this system call."""
    return interpreted(program, architecture, number, arguments)[0]


def interpreted(
    program: bytes, architecture: int, number: int, arguments: tuple[int, ...] = ()
) -> tuple[int, bool]:
    """The verdict, and whether it depends on the arguments. Raises WrongProgram."""
    words = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, architecture, 0, *words)
    steps = _steps(program)
    place, register, looked = 0, 0, False
    while place < len(steps):
        code, yes, no, value = steps[place]
        place += 1
        if code == LOAD:
            if value % 4 or value > LAST_WORD:
                raise WrongProgram(f"load at {value}")
            register = WORD.unpack_from(data, value)[0]
            looked |= value >= ARGUMENTS
        elif code == RETURN:
            return value, looked
        elif code == JUMP_ALWAYS:
            place += value
        elif code in TESTS:
            place += yes if TESTS[code](register, value) else no
        elif code == AND:
            register &= value
        else:
            raise WrongProgram(f"instruction {code:#x}")
    raise WrongProgram("ran past the end")


@cache
def _steps(program: bytes) -> list[tuple[int, int, int, int]]:
    return list(INSTRUCTION.iter_unpack(program))


TESTS: dict[int, Callable[[int, int], bool]] = {
    0x15: lambda register, value: register == value,
    0x25: lambda register, value: register > value,
    0x35: lambda register, value: register >= value,
    0x45: lambda register, value: register & value != 0,
}


class _Compare(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


EQUAL, MASKED_EQUAL = 4, 7
Rule = tuple[int, int, int, int]


class Author:
    """Writes the same policy with libseccomp, from the words and not from our program."""

    # linux/audit.h
    TOKENS: ClassVar = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

    def __init__(self, architecture: str) -> None:
        name = ctypes.util.find_library("seccomp") or "libseccomp.so.2"
        try:
            self._library = ctypes.CDLL(name, use_errno=True)
        except OSError:
            pytest.fail("no libseccomp: scripts/system-packages installs it")
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._library.seccomp_init(ERRNO | errno.EPERM))
        token = self.TOKENS[architecture]
        own = self.TOKENS[syscalls.architecture()]
        if token != own:
            self._do("seccomp_arch_add", self._context, token)
            self._do("seccomp_arch_remove", self._context, own)
        self._set(2, KILL)  # SCMP_FLTATR_ACT_BADARCH
        self._numbers = syscalls.numbers(architecture)

    def allow(self, name: str, *rules: Rule) -> None:
        """rules: argument, operator, first, second; all must hold.

        A name absent here is left out.
        """
        if name in self._numbers:
            self._rule(ALLOW, name, *rules)

    def answer(self, name: str, number: int) -> None:
        self._rule(ERRNO | number, name)

    def program(self) -> bytes:
        with tempfile.TemporaryFile() as file:
            self._do("seccomp_export_bpf", self._context, file.fileno())
            file.seek(0)
            return file.read()

    def _rule(self, action: int, name: str, *rules: Rule) -> None:
        array = (_Compare * max(1, len(rules)))(*(_Compare(*rule) for rule in rules))
        arguments = (
            ctypes.c_uint32(action),
            ctypes.c_int(self._lookup(name)),
            ctypes.c_uint(len(rules)),
        )
        self._do("seccomp_rule_add_array", self._context, *arguments, array)

    def _lookup(self, name: str) -> int:
        """As libseccomp knows the call, never by our table."""
        return int(self._library.seccomp_syscall_resolve_name(name.encode()))

    def _set(self, attribute: int, value: int) -> None:
        self._do("seccomp_attr_set", self._context, attribute, ctypes.c_uint32(value))

    def _do(self, function: str, *arguments: object) -> None:
        result = getattr(self._library, function)(*arguments)
        assert result == 0, f"{function}: {os.strerror(-result)}"


def _numbers_to_try() -> list[int]:
    """Every number that there is, those beyond, negative ones, and the whole x32 half in steps."""
    return [*range(1_200), *range(0x3FFFFFF0, 0x40000400), 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


NUMBERS = _numbers_to_try()
OTHER_PROCESSORS = (0x40000003, 0x40000028, 0xC0000016, 0)
