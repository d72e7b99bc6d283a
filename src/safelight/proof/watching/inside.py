"""The watched side: hand the listener over, then run the program that was given."""

from __future__ import annotations

import array
import ctypes
import os
import socket

from safelight.proof.watching import calls
from safelight.worker import syscalls
from safelight.worker.landlock import no_new_privileges

# linux/seccomp.h
SET_MODE_FILTER, NEW_LISTENER = 1, 8


def main(words: list[str]) -> None:
    """words: the number of our end of a line to who watches, and the text of the program."""
    line = socket.socket(fileno=int(words[0]))
    try:
        listener = install()
    except OSError as error:
        line.send(str(error.errno).encode())
        return
    handed = array.array("i", [listener])
    line.sendmsg([b"0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handed)])
    line.recv(1)
    os.close(listener)
    line.close()
    exec(compile(words[1], "watched", "exec"), {"__name__": "watched"})


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def install() -> int:
    """Put the filter over this process, for good, and give the descriptor of its listener.

    Raises OSError where the kernel refuses.
    """
    no_new_privileges()
    data = calls.program()
    instructions = ctypes.create_string_buffer(data, len(data))
    head = _Program(len(data) // 8, ctypes.addressof(instructions))
    return int(syscalls.checked("seccomp", SET_MODE_FILTER, NEW_LISTENER, head))
