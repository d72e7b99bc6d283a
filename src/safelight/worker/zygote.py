"""The zygote: warmed once, locked down once, then forks a worker whenever it is asked. It sees no user data.

    stub      started by the host, leaves all namespaces, forks once, waits
    zygote    its child, PID 1 of its own PID namespace: warm imports → exactly one thread → lock-down →
              outer filter → serve

It leaves when the host's end of the socket closes or the stub dies; its workers die with it.
"""

from __future__ import annotations

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
from safelight.worker.control import Kind, Note
from safelight.worker.job import Plan

CHANNEL_FD = 3
MAX_FD = 1_024


def main(words: list[str]) -> None:
    """words: number of the control socket, process id of the host, module with the body of a worker."""
    control_fd, host, body = int(words[0]), int(words[1]), words[2]
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(ignored, signal.SIG_IGN)
    channel = socket.socket(fileno=control_fd)
    plan = control.parse_plan(channel.recv(control.START_BYTES + 1))
    cage.leave_namespaces()
    child = os.fork()
    if child:
        channel.close()
        stub(child, host)
    try:
        Zygote(channel, plan, body).run()
    except SafelightError as error:
        print(error.message, file=sys.stderr)
        control.send(channel, Note(Kind.FAILED, value=error.number))
    os._exit(1)


def stub(child: int, host: int) -> None:
    """Wait for the zygote and end as it ended; die with the host's thread that started us."""
    cage.die_with_parent()
    if os.getppid() != host:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os._exit(0)


class Zygote:
    """Forks workers and reports their deaths."""

    def __init__(self, channel: socket.socket, plan: Plan, body: str) -> None:
        self._channel, self._plan, self._body = channel, plan, body
        self._pids: dict[int, tuple[int, int]] = {}
        self._ears = select.poll()

    def run(self) -> None:
        """Until the host closes its end. Raises SafelightError if it cannot be warmed or locked."""
        cage.die_with_parent()
        perform = import_module(self._body).perform
        warm.up(self._plan)
        warm.require_one_thread()
        gc.collect()
        gc.freeze()
        locks = cage.lock_zygote(self._plan)
        self._perform = perform
        control.send(self._channel, Note(Kind.UP, value=locks))
        self._ears.register(self._channel, select.POLLIN)
        while self._step():
            pass
        os._exit(0)

    def _step(self) -> bool:
        for fd, _ in self._ears.poll():
            if fd in self._pids:
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
            for pidfd, (number, _) in self._pids.items():
                if number == note.id:
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        return True

    def _spawn(self, number: int, fd: int) -> None:
        pid = os.fork()
        if not pid:
            self._become_worker(fd)
        os.close(fd)
        pidfd = os.pidfd_open(pid)
        self._pids[pidfd] = (number, pid)
        self._ears.register(pidfd, select.POLLIN)

    def _become_worker(self, fd: int) -> NoReturn:
        os.dup2(fd, CHANNEL_FD)
        os.closerange(CHANNEL_FD + 1, MAX_FD)
        self._channel.detach()
        try:
            channel = socket.socket(fileno=CHANNEL_FD)
            ready = cage.lock_worker(self._plan)
            channel.send(ready.pack())
            errand.serve(channel, self._plan, self._perform)
        finally:
            os._exit(0)

    def _reap(self, pidfd: int) -> None:
        number, pid = self._pids.pop(pidfd)
        self._ears.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        control.send(self._channel, Note(Kind.DEATH, number, status))
