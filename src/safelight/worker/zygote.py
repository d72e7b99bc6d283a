"""The zygote: warmed once, locked down once, then forks a worker whenever it is asked. It sees no
user data.

It leaves when the host's end of the socket closes or the process that the host started dies; its
workers die with it. The order of the lock-down is told in `cage`.
"""

from __future__ import annotations

import fcntl
import gc
import os
import select
import signal
import socket
import sys
from importlib import import_module
from typing import NoReturn

from safelight.errors import SafelightError
from safelight.worker import cage, control, errand, warm
from safelight.worker.child import Perform
from safelight.worker.control import Kind, Note
from safelight.worker.job import Plan

IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


def main(words: list[str]) -> None:
    """words: the number of the control socket, and the module whose perform is the body of a
    worker.
    """
    channel = socket.socket(fileno=int(words[0]))
    for ignored in IGNORED:
        signal.signal(ignored, signal.SIG_IGN)
    try:
        plan = control.parse_plan(channel.recv(control.START_BYTES + 1))
        zygote = _prepare(plan, words[1])
        zygote.serve(channel)
    except SafelightError as error:
        sys.stderr.write(error.message)
        sys.stderr.flush()
        control.send(channel, Note(Kind.FAILED, value=error.number))
    os._exit(1)


def _prepare(plan: Plan, body: str) -> Zygote:
    left = cage.leave_namespaces()
    perform: Perform = import_module(body).perform
    warm.up(plan)
    warm.require_one_thread()
    zygote = Zygote(plan, perform, cage.address_space())
    gc.collect()
    gc.freeze()
    zygote.layers = cage.lock_zygote(plan, left)
    return zygote


class Zygote:
    """Forks workers and reports their deaths."""

    def __init__(self, plan: Plan, perform: Perform, base_bytes: int) -> None:
        self._plan, self._perform, self._base_bytes = plan, perform, base_bytes
        self._children: dict[int, tuple[int, int]] = {}
        self._ears = select.poll()
        self.layers = 0

    def serve(self, channel: socket.socket) -> NoReturn:
        """Until the host closes its end."""
        self._channel = channel
        self._pid = os.getpid()
        control.send(channel, Note(Kind.UP, value=self.layers))
        self._ears.register(channel, select.POLLIN)
        while self._step():
            pass
        os._exit(0)

    def _step(self) -> bool:
        for fd, _ in self._ears.poll():
            if fd in self._children:
                self._reap(fd)
            elif not self._obey():
                return False
        return True

    def _obey(self) -> bool:
        data, fds, _, _ = socket.recv_fds(self._channel, control.NOTE_BYTES + 1, 1)
        if not data:
            return False
        note = Note.parse(data)
        if note.kind is Kind.SPAWN:
            self._spawn(note.id, fds[0])
        elif note.kind is Kind.KILL:
            for pidfd, (number, _) in self._children.items():
                if number == note.id:
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        return True

    def _spawn(self, number: int, fd: int) -> None:
        pid = os.fork()
        if not pid:
            self._become_worker(fd)
        os.close(fd)
        pidfd = os.pidfd_open(pid)
        self._children[pidfd] = (number, pid)
        self._ears.register(pidfd, select.POLLIN)

    def _become_worker(self, fd: int) -> NoReturn:
        try:
            self._take_place(fd)
            ready = cage.lock_worker(self._plan, self._pid, self._base_bytes)
            os.write(self._channel.fileno(), ready.pack())
            errand.serve(self._channel, self._plan, self._perform)
        finally:
            os._exit(0)

    def _take_place(self, fd: int) -> None:
        """Put the worker's channel where the zygote's was, and nothing where stderr was; close all
        the rest.

        A new socket object would ask the kernel for its address, which the outer filter refuses.
        """
        for place, now in ((self._channel.fileno(), fd), (2, 0)):
            os.close(place)
            fcntl.fcntl(now, fcntl.F_DUPFD_CLOEXEC, place)
        cage.close_all_but(self._channel.fileno())

    def _reap(self, pidfd: int) -> None:
        number, pid = self._children.pop(pidfd)
        self._ears.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        control.send(self._channel, Note(Kind.DEATH, number, status))
