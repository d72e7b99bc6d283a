"""The zygote: warmed once, locked down once, then forks a worker whenever it is asked.

It sees no user data. It leaves when the host's end of the socket closes or the process that the
host started dies, and its workers die with it.

    namespaces     first: it needs one thread, and the fork after it makes process 1
    warm imports   the last use of the file system
    one thread     no other would survive a fork
    lock-down      see layers; the outer filter comes last
    serve          fork, watch, kill
"""

from __future__ import annotations

import errno
import fcntl
import gc
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from safelight.errors import SafelightError, WorkerDied
from safelight.limits import MAX_MODELS
from safelight.worker import control, errand, namespaces, seccomp, warm
from safelight.worker.child import Perform
from safelight.worker.control import Kind, Note
from safelight.worker.held import Held
from safelight.worker.job import Plan
from safelight.worker.layers import Lockdown
from safelight.worker.wire import Ready

IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
# Those of the largest job, and room for its channel and the like.
WORKER_FILES = errand.FIXED_FDS + errand.LINK_FDS + MAX_MODELS + 16
ZYGOTE_FILES = 64
FILES_PER_WORKER = 4
# A channel, or a model and its entry.
NOTE_FILES = 2
# Threads are counted for all workers of a zygote together; its own forks must find room above them.
SPARE_TASKS = 64
TASKS_PER_THREAD = 4
TASKS_PER_WORKER = 32
# What the host hears of a worker that could not be made: a wait status, killed.
NOT_MADE = int(signal.SIGKILL)
PAGE_BYTES = resource.getpagesize()


def main(words: list[str]) -> None:
    """words: number of the control socket, module with the body of a worker, layers to leave
    out.
    """
    gc.disable()
    channel = low(int(words[0]))
    for ignored in IGNORED:
        signal.signal(ignored, signal.SIG_IGN)
    try:
        plan = control.parse_plan(channel.recv(control.START_BYTES + 1))
        _prepare(plan, words[1], Lockdown(frozenset(words[2:]))).serve(channel)
    except SafelightError as error:
        _give_up(channel, error)
    except OSError as error:
        _give_up(channel, WorkerDied(f"the cage cannot be closed: {error}"))


def low(number: int) -> socket.socket:
    """The channel at the lowest free number: that of a host with many open files may be above all
    that a worker can have.
    """
    low = os.dup(number)
    os.close(number)
    return socket.socket(fileno=low)


def _prepare(plan: Plan, body: str, lockdown: Lockdown) -> Zygote:
    lockdown.enter_namespaces()
    namespaces.become_first()
    module = import_module(body)
    warm.up(plan)
    rehearse = module.rehearsal(plan)
    warm.require_one_thread()
    zygote = Zygote(plan, Body(module.perform, rehearse), lockdown, address_space())
    gc.freeze()
    gc.enable()
    lockdown.close_zygote(
        max_files=ZYGOTE_FILES + FILES_PER_WORKER * plan.workers,
        max_tasks=_tasks(plan) + SPARE_TASKS + plan.workers,
    )
    return zygote


def _tasks(plan: Plan) -> int:
    """How many processes and threads there may be before a worker gets no more of them."""
    return SPARE_TASKS + plan.workers * (plan.threads * TASKS_PER_THREAD + TASKS_PER_WORKER)


def _give_up(channel: socket.socket, error: SafelightError) -> NoReturn:
    sys.stderr.write(error.message)
    sys.stderr.flush()
    control.send(channel, Note(Kind.FAILED, value=error.number))
    os._exit(1)


def address_space() -> int:
    """What is mapped now, in bytes: the zygote's libraries do not count as the work of a job."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * PAGE_BYTES


def _close_all_but(kept: int) -> None:
    os.closerange(3, kept)
    os.closerange(kept + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


@dataclass(frozen=True)
class Body:
    """What a worker does before a job, and the job."""

    perform: Perform
    rehearse: Callable[[], None]


class Zygote:
    """Forks workers and reports their deaths."""

    def __init__(self, plan: Plan, body: Body, lockdown: Lockdown, base_bytes: int) -> None:
        self._plan, self._body, self._lockdown = plan, body, lockdown
        self._base_bytes = base_bytes
        self._held = Held(base_bytes + plan.limits.memory_bytes)
        self._children: dict[int, tuple[int, int]] = {}
        self._ears = select.poll()

    def serve(self, channel: socket.socket) -> NoReturn:
        """Until the host closes its end."""
        self._channel = channel
        self._pid = os.getpid()
        control.send(channel, Note(Kind.UP))
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
        data, fds, _, _ = socket.recv_fds(self._channel, control.NOTE_BYTES + 1, NOTE_FILES)
        if not data:
            return False
        note = Note.parse(data)
        if note.kind is Kind.SPAWN:
            self._spawn(note.id, fds)
        elif note.kind is Kind.HOLD:
            self._held.open(fds, note.id, note.value)
            gc.freeze()
        elif note.kind is Kind.KILL:
            for pidfd, (number, _) in self._children.items():
                if number == note.id:
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        return True

    def _spawn(self, number: int, fds: list[int]) -> None:
        """One more worker; where the system grants none, the host hears of its death alone."""
        try:
            pid = self._fork(fds)
        except OSError:
            control.send(self._channel, Note(Kind.DEATH, number, NOT_MADE))
            return
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            control.send(self._channel, Note(Kind.DEATH, number, status))
            return
        self._children[pidfd] = (number, pid)
        self._ears.register(pidfd, select.POLLIN)

    def _fork(self, fds: list[int]) -> int:
        """The process id of a new worker, whose channel came along. Raises OSError."""
        if not fds:
            raise OSError(errno.EMFILE, "no descriptor was left for the channel")
        try:
            pid = os.fork()
            if not pid:
                self._become_worker(fds[0])
        finally:
            os.close(fds[0])
        return pid

    def _become_worker(self, fd: int) -> NoReturn:
        try:
            self._take_place(fd)
            ready = self._lock_worker()
            self._body.rehearse()
            os.write(self._channel.fileno(), ready.pack())
            perform = partial(self._body.perform, held=self._held.session)
            errand.serve(self._channel, self._plan, perform)
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
        _close_all_but(self._channel.fileno())

    def _lock_worker(self) -> Ready:
        limits = self._plan.limits
        processor_s = limits.timeout_s * self._plan.threads
        # The soft limit sends a signal of its own, by which the host knows the cause.
        resource.setrlimit(resource.RLIMIT_CPU, (processor_s, processor_s + 1))
        errnos = self._lockdown.close_worker(
            zygote=self._pid,
            max_files=WORKER_FILES,
            memory_bytes=self._base_bytes + limits.memory_bytes,
            cpu_s=0,
            max_tasks=_tasks(self._plan),
        )
        digest = seccomp.sha256(seccomp.worker_filter())
        return Ready(errnos, self._lockdown.layers, digest)

    def _reap(self, pidfd: int) -> None:
        number, pid = self._children.pop(pidfd)
        self._ears.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        control.send(self._channel, Note(Kind.DEATH, number, status))
