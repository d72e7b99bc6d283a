"""The line between front end and back end: whole records with their descriptors, nothing else."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from safelight.server.wire.records import MAX_FILES, RECORD_BYTES

# So many descriptors of one user may be under way at a time; whoever reads makes room.
CROWDED = (errno.ETOOMANYREFS,)
# Room for a few of the longest records.
BUFFER_BYTES = 4 * RECORD_BYTES
_CONTROL_BYTES = socket.CMSG_SPACE((MAX_FILES + 1) * struct.calcsize("i"))


def pair() -> tuple[socket.socket, socket.socket]:
    """Both ends of a new line; front end and back end have the same one."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    return ends


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message and what came with it. is_whole: nothing of either was cut off."""

    untrusted: bytes
    fds: tuple[int, ...]
    is_whole: bool = True

    def close(self) -> None:
        for fd in self.fds:
            with contextlib.suppress(OSError):
                os.close(fd)


def send(line: socket.socket, record: bytes, fds: Sequence[int] = ()) -> None:
    """Waits for nothing. Raises OSError: BlockingIOError where the line is full."""
    try:
        socket.send_fds(line, [record], list(fds), socket.MSG_DONTWAIT)
    except OSError as error:
        if error.errno in CROWDED:
            raise BlockingIOError(errno.EAGAIN, "too many descriptors are under way") from error
        raise


def receive(line: socket.socket) -> Parcel | None:
    """The next message; None at the end of the line. Raises BlockingIOError."""
    try:
        untrusted, extras, flags, _ = line.recvmsg(
            RECORD_BYTES + 1, _CONTROL_BYTES, socket.MSG_CMSG_CLOEXEC
        )
    except BlockingIOError:
        raise
    except OSError:
        return None
    fds: list[int] = []
    for level, kind, data in extras:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds += struct.unpack(f"={len(data) // 4}i", data[: len(data) // 4 * 4])
    if not untrusted and not fds:
        return None
    is_cut = flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
    return Parcel(untrusted, tuple(fds), is_whole=not is_cut)
