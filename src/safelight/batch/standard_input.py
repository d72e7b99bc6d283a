"""Standard input as a source: whoever waits for it can be stopped."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from typing import BinaryIO

from safelight.errors import Cancelled

LOOK_S = 0.2
PIECE_BYTES = 1 << 20


class StandardInput:
    """What comes in from a pipe, a file or a keyboard, read to its end.

    readinto raises Cancelled once is_stopped says so, also while nothing comes.
    """

    def __init__(self, stream: BinaryIO, is_stopped: Callable[[], bool]) -> None:
        self._stream, self._is_stopped = stream, is_stopped

    def readinto(self, target: memoryview) -> int:
        """Fill some of the target and say how much; 0 at the end. No copy is made where the system
        can be asked.
        """
        self._wait()
        number = self._number()
        if number is not None and hasattr(os, "readv"):
            return os.readv(number, [target])
        piece = self._piece(min(len(target), PIECE_BYTES))
        target[: len(piece)] = piece
        return len(piece)

    def _wait(self) -> None:
        number = self._number()
        while number is not None and not select.select([number], [], [], LOOK_S)[0]:
            if self._is_stopped():
                raise Cancelled
        if self._is_stopped():
            raise Cancelled

    def _piece(self, size: int) -> bytes:
        number = self._number()
        return self._stream.read(size) if number is None else os.read(number, size)

    def _number(self) -> int | None:
        """The descriptor to wait for; None where only the stream itself can be asked."""
        if sys.platform == "win32":  # its select knows sockets alone
            return None
        try:
            return self._stream.fileno()
        except (OSError, ValueError):
            return None
