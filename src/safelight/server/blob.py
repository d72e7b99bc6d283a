"""Blob: bytes of a picture as the front end holds them, and how much of them there may be.

They lie in a memfd, never in the heap, and are overwritten when they are closed.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from safelight.errors import BodyTooLarge
from safelight.worker.memory import READ_ONLY_SEALS, ZEROS, private_map

PIECE_BYTES = 1 << 20
# Of the memory for pictures, what one owner may hold of it.
SHARE = 0.75


class Blob:
    """A sealed memfd, mapped writable for its holder alone, so that it can be overwritten.

    sha256 is the plain digest, hexadecimal. room is what it takes of a Memory, given back with it.
    Close it once nobody works on it; twice is once.
    """

    def __init__(self, fd: int, size_bytes: int, sha256: str, room: Room | None = None) -> None:
        """Takes the descriptor over. What another process made must have exactly this size."""
        self.fd, self.size_bytes, self.sha256, self.room = fd, size_bytes, sha256, room
        self._map = private_map(fd, size_bytes) if size_bytes else None
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, READ_ONLY_SEALS)

    @contextmanager
    def view(self) -> Iterator[memoryview]:
        """All of it, to read."""
        if self._map is None:
            yield memoryview(b"")
            return
        with memoryview(self._map) as whole, whole.toreadonly() as view:
            yield view

    def close(self) -> None:
        """Overwrite and free."""
        if self.fd < 0:
            return
        if self._map is not None:
            for start in range(0, self.size_bytes, PIECE_BYTES):
                end = min(start + PIECE_BYTES, self.size_bytes)
                self._map[start:end] = ZEROS[: end - start]
            self._map.close()
            self._map = None
        os.close(self.fd)
        self.fd = -1
        if self.room is not None:
            self.room.give()


class Intake:
    """A blob that is being filled: write, then finish; or drop it, which overwrites."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._fd = os.memfd_create("body", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes | memoryview) -> None:
        """Raises BodyTooLarge above the limit; then drop it."""
        if self.size_bytes + len(data) > self._limit_bytes:
            raise BodyTooLarge(f"the body has more than {self._limit_bytes} bytes")
        self._digest.update(data)
        with memoryview(data) as left:
            done = 0
            while done < len(left):
                with left[done:] as rest:
                    done += os.pwrite(self._fd, rest, self.size_bytes + done)
        self.size_bytes += len(data)

    def finish(self, room: Room | None = None) -> Blob:
        """Its blob, which takes as much of the room as it needs."""
        part = room.split(self.size_bytes) if room is not None else None
        blob = Blob(self._fd, self.size_bytes, self._digest.hexdigest(), part)
        self._fd = -1
        return blob

    def drop(self) -> None:
        """Overwrite and free what came so far; nothing after finish."""
        if self._fd >= 0:
            self.finish().close()


@dataclass(eq=False, slots=True)
class _Waiter:
    size_bytes: int
    owner: str
    turn: asyncio.Future[None]


class Memory:
    """How many bytes of pictures the front end may hold at a time. Of those that find no room,
    whose owner holds least is next, then who came first; nobody who holds any gets more than SHARE
    of it all. For one event loop.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = self.left_bytes = most_bytes
        self._held: Counter[str] = Counter()
        self._waiting: list[_Waiter] = []

    async def take(self, size_bytes: int, *, most_s: float, owner: str = "") -> Room:
        """Room for so much. Raises BodyTooLarge if it can never be had, TimeoutError if it was
        not free in time.
        """
        if size_bytes > self.most_bytes:
            raise BodyTooLarge("the server does not hold so much at a time")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(size_bytes, owner, turn)
        self._waiting.append(waiter)
        self._serve()
        try:
            if not turn.done():
                await asyncio.wait_for(turn, most_s)
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.give(size_bytes, owner)
            elif waiter in self._waiting:
                self._waiting.remove(waiter)
                self._serve()
            raise
        return Room(self, size_bytes, owner)

    def _serve(self) -> None:
        while (waiter := self._next()) is not None and waiter.size_bytes <= self.left_bytes:
            self._waiting.remove(waiter)
            if not waiter.turn.cancelled():
                self._count(waiter.size_bytes, waiter.owner)
                waiter.turn.set_result(None)

    def _next(self) -> _Waiter | None:
        may = [one for one in self._waiting if self._may(one)]
        return min(may, key=lambda one: self._held[one.owner], default=None)

    def _may(self, waiter: _Waiter) -> bool:
        held_bytes = self._held[waiter.owner]
        return not held_bytes or held_bytes + waiter.size_bytes <= SHARE * self.most_bytes

    def _count(self, size_bytes: int, owner: str) -> None:
        self.left_bytes -= size_bytes
        self._held[owner] += size_bytes
        if self._held[owner] <= 0:
            del self._held[owner]

    def claim(self, size_bytes: int, owner: str = "") -> Room:
        """Room for what is there already, also where nothing is left: then others wait longer."""
        self._count(size_bytes, owner)
        return Room(self, size_bytes, owner)

    def give(self, size_bytes: int, owner: str = "") -> None:
        self._count(-size_bytes, owner)
        self._serve()


class Room:
    """So many bytes of a Memory. Give it back once; twice is once."""

    def __init__(self, memory: Memory, size_bytes: int, owner: str = "") -> None:
        self._memory, self.size_bytes, self._owner = memory, size_bytes, owner

    def split(self, size_bytes: int) -> Room:
        """So much of it, at most all of it, as a room of its own."""
        taken = min(size_bytes, self.size_bytes)
        self.size_bytes -= taken
        return Room(self._memory, taken, self._owner)

    def shrink(self, size_bytes: int) -> None:
        """Keep only so much of it."""
        if size_bytes < self.size_bytes:
            given, self.size_bytes = self.size_bytes - size_bytes, size_bytes
            self._memory.give(given, self._owner)

    def give(self) -> None:
        size_bytes, self.size_bytes = self.size_bytes, 0
        self._memory.give(size_bytes, self._owner)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.give()
