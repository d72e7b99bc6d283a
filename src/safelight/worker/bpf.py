"""A small assembler for the kernel's classic filter language, and the words that a system call
filter needs.

A rule is a list of instructions whose jumps name labels; `assemble` turns them into the kernel's
8-byte form.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

# linux/bpf_common.h: class, size, mode and operation of an instruction.
LOAD = 0x20  # ld word, absolute
JUMP_ALWAYS, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT = 0x05, 0x15, 0x35, 0x45
RETURN = 0x06

# linux/seccomp.h: verdicts, and the offsets in struct seccomp_data.
KILL, TRAP, ERRNO, LOG, ALLOW = 0x80000000, 0x00030000, 0x00050000, 0x7FFC0000, 0x7FFF0000
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
INSTRUCTION = struct.Struct("=HBBI")
MAX_JUMP = 255


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction. yes and no name the labels to go to; "" is the next instruction.

    JUMP_ALWAYS goes to yes.
    """

    code: int
    value: int
    yes: str = ""
    no: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A place that jumps can name; it takes no room in the program."""

    name: str


def low(argument: int) -> int:
    """Offset of the lower half of an argument on a little-endian processor."""
    return ARGUMENTS + 8 * argument


def high(argument: int) -> int:
    return low(argument) + 4


def assemble(source: list[Step | Label]) -> bytes:
    """The program as the kernel reads it.

    Raises ValueError for a jump that is too long or leads nowhere.
    """
    places: dict[str, int] = {}
    steps: list[Step] = []
    for item in source:
        if isinstance(item, Label):
            places[item.name] = len(steps)
        else:
            steps.append(item)
    return b"".join(_instruction(step, places, here) for here, step in enumerate(steps))


def _instruction(step: Step, places: dict[str, int], here: int) -> bytes:
    yes, no = _distance(places, step.yes, here), _distance(places, step.no, here)
    if step.code == JUMP_ALWAYS:
        return INSTRUCTION.pack(step.code, 0, 0, yes)
    return INSTRUCTION.pack(step.code, yes, no, step.value)


def _distance(places: dict[str, int], label: str, here: int) -> int:
    if not label:
        return 0
    distance = places.get(label, -1) - here - 1
    if not 0 <= distance <= MAX_JUMP:
        raise ValueError(f"the jump to {label!r} cannot be made: {distance} instructions")
    return distance
