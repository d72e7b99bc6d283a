"""A device's worker that was taken over: it says what its host must not believe."""

from __future__ import annotations

import os
import socket

from safelight.worker.device_wire import ID_BYTES, START_BYTES, pack_left
from safelight.worker.wire import JOB_BYTES

NOBODY = 999


def main(words: list[str]) -> None:
    channel = socket.socket(fileno=int(words[0]))
    channel.recv(START_BYTES)
    kind = words[1]
    if kind == "greets wrongly":
        os.write(channel.fileno(), b"SLr1 and so on")
    elif kind == "speaks of nobody":
        from safelight.worker import device_attacks
        from safelight.worker.wire import Ready

        errnos = (1,) * len(device_attacks.load())
        os.write(channel.fileno(), Ready(errnos, 15, "00" * 32).pack())
        socket.recv_fds(channel, JOB_BYTES, 64)
        socket.recv_fds(channel, ID_BYTES, 2)
        os.write(channel.fileno(), pack_left(NOBODY))
    channel.recv(1)
