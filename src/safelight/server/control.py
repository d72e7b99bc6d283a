"""What supervisor and children say to each other: fixed structs over one SOCK_SEQPACKET pair each.

    supervisor → child   PEER     a new line between front end and back end; an end comes along
                         LEAF     a new certificate with its key, as PEM in a sealed memfd
                         DRAIN    take nothing new, finish what is in flight within value seconds
                         LEAVE    now
    child → supervisor   READY    locked and serving; value is what holds it, as the child saw it
                         FAILED   it cannot serve; value is the number of an error

The supervisor looks at the shape alone and at no descriptor that a child might send: it takes none.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass
from enum import IntEnum

from safelight.errors import WireBroken

MAGIC = b"SLs1"
_NOTE = struct.Struct("<4sIq")
NOTE_BYTES = _NOTE.size


class Kind(IntEnum):
    PEER = 1
    DRAIN = 2
    LEAVE = 3
    READY = 4
    FAILED = 5
    LEAF = 6


# Those that bring a descriptor.
WITH_FD = (Kind.PEER, Kind.LEAF)


@dataclass(frozen=True, slots=True)
class Note:
    """One message. value is seconds, what holds a child, or an error's number, by kind."""

    kind: Kind
    value: int = 0

    def pack(self) -> bytes:
        return _NOTE.pack(MAGIC, self.kind, self.value)

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Raises WireBroken."""
        if len(data) != _NOTE.size or data[:4] != MAGIC:
            raise WireBroken(
                "a part of the server sent a message of another kind than the wire has"
            )
        _, kind, value = _NOTE.unpack(data)
        try:
            return cls(Kind(kind), value)
        except ValueError as error:
            raise WireBroken("a part of the server sent a message that nobody knows") from error


def pair() -> tuple[socket.socket, socket.socket]:
    """A line inside the machine that keeps messages apart."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(line: socket.socket, note: Note, fd: int | None = None) -> None:
    """Raises OSError."""
    socket.send_fds(line, [note.pack()], [] if fd is None else [fd])


def hear_child(line: socket.socket) -> Note | None:
    """One message of a child, without any descriptor; None at the end of the line. Raises
    WireBroken, BlockingIOError.
    """
    try:
        data = line.recv(NOTE_BYTES + 1)
    except ConnectionError:
        return None
    return Note.parse(data) if data else None


def hear(line: socket.socket) -> tuple[Note, int] | None:
    """One message of the supervisor with its descriptor, -1 where there is none; None at the end
    of the line. Raises BlockingIOError.
    """
    try:
        data, fds, _, _ = socket.recv_fds(line, NOTE_BYTES + 1, 1)
    except ConnectionError:
        return None
    if not data:
        return None
    try:
        note = Note.parse(data)
        if (note.kind in WITH_FD) != bool(fds):
            raise WireBroken("a message of the supervisor came without its descriptor")
    except WireBroken:
        for fd in fds:
            os.close(fd)
        raise
    return note, fds[0] if fds else -1
