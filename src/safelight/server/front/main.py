"""The front end's process: everything is loaded and built, then it is locked, then it is ready.

It inherits its sockets, makes none, and hears from the supervisor over one line. What the lock
forbids, no part of it can do afterwards, whatever came in over HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import thread
from contextlib import ExitStack
from dataclasses import dataclass

from safelight.errors import SafelightError, WireBroken
from safelight.server import control, lockdown
from safelight.server.control import Kind, Note
from safelight.server.front.app import App
from safelight.server.front.backline import Backline
from safelight.server.front.body import multipart
from safelight.server.front.building import house_of
from safelight.server.front.collecting import Collecting
from safelight.server.front.gate import Entry, Gate
from safelight.server.front.line import make_config
from safelight.server.identity.door import Door
from safelight.server.logline import Line
from safelight.server.starting import Start, begin
from safelight.server.tls.context import renew, server_context
from safelight.studio import files

STDERR = 2
SWEEP_S = 1.0
Lock = Callable[[Start], lockdown.Held]
# Loaded where they are used, but better before the lock.
EARLY = (multipart, thread)


def main(words: list[str]) -> None:
    """What the supervisor starts; ends when it says so, or is gone."""
    start, line = begin(words)
    # What others do to a connection is no news, and words of a library could tell of them.
    logging.disable()
    os.set_blocking(STDERR, False)
    try:
        asyncio.run(Front(start, line).run())
    except SafelightError as error:
        with contextlib.suppress(OSError):
            control.send(line, Note(Kind.FAILED, error.number))
        raise SystemExit(error.exit_code) from error


def locked(start: Start) -> lockdown.Held:
    """The lock that every front end has."""
    return lockdown.lock([start.identity["folder"]])


def log(line: Line) -> None:
    """Onto the error stream, which the supervisor reads; a line that finds no room is let go."""
    with contextlib.suppress(OSError):
        os.write(STDERR, f"{line}\n".encode())


@dataclass
class Front:
    """Run it once. lock is put on when everything is built."""

    start: Start
    line: socket.socket
    lock: Lock = locked

    async def run(self) -> None:
        """Until the supervisor says, or is gone. Raises LevelTooLow, PolicyRefused,
        VerificationFailed where the Studio is not what was built.
        """
        loop, start = asyncio.get_running_loop(), self.start
        self._over = asyncio.Event()
        self._grace_s = 0.0
        self.line.setblocking(False)
        self._backline = Backline()
        door = Door.of(start.options, start.identity)
        # Read now: once the lock is on, no file of its own is looked at again.
        studio = None if files.is_unbuilt() else files.load()
        self._house = house_of(start.settings, start.options, door, self._backline, studio=studio)
        app = App(self._house, log=log)
        with ExitStack() as stack:
            self._tls = _context(start)
            entries = list(self._entries(stack))
            gate = Gate(make_config(app), entries, start.options.connections)
            # What is there now stays: who looks for garbage looks at what requests left alone.
            gc.collect()
            gc.freeze()
            held = self.lock(start)
            self._house.locks = held.names
            loop.add_reader(self.line, self._hear)
            gate.open()
            control.send(self.line, Note(Kind.READY, int(held)))
            sweeping = loop.create_task(self._sweep())
            await self._over.wait()
            self._house.is_draining = True
            self._house.desk.records.wake()
            await gate.close(self._grace_s)
            sweeping.cancel()
            loop.remove_reader(self.line)
        await self._house.desk.close()
        self._house.uploads.clear()
        self._house.results.clear()
        self._backline.close()

    def _entries(self, stack: ExitStack) -> Iterator[Entry]:
        for one in self.start.listeners:
            listener = stack.enter_context(socket.socket(fileno=one.fd))
            yield Entry(listener, self._tls if one.is_tls else None)

    async def _sweep(self) -> None:
        """What has had its time is overwritten, whether anybody asks for it or not; and so is what
        an error and its frames hold of each other.
        """
        collect = Collecting(time.monotonic)
        while True:
            await asyncio.sleep(SWEEP_S)
            collect()
            self._house.uploads.sweep()
            self._house.results.sweep()
            self._house.desk.records.sweep()

    def _hear(self) -> None:
        try:
            heard = control.hear(self.line)
        except BlockingIOError:
            return
        except WireBroken:
            heard = None
        if heard is None:
            self._leave(0.0)
            return
        note, fd = heard
        match note.kind:
            case Kind.PEER:
                self._backline.attach(socket.socket(fileno=fd))
            case Kind.LEAF:
                self._renew(fd)
            case Kind.DRAIN:
                self._leave(float(note.value))
            case Kind.LEAVE:
                self._leave(0.0)

    def _renew(self, fd: int) -> None:
        try:
            if self._tls is not None:
                with contextlib.suppress(SafelightError):  # the old one goes on
                    renew(self._tls, fd)
        finally:
            os.close(fd)

    def _leave(self, grace_s: float) -> None:
        """A second wish to leave, or the end of the line, waits for nothing."""
        if self._over.is_set():
            os._exit(0)
        self._grace_s = grace_s
        self._over.set()


def _context(start: Start) -> ssl.SSLContext | None:
    """How to speak TLS, where it is spoken; the key stays in memory, and nowhere else here."""
    if not start.tls:
        return None
    fd = int(start.tls["leaf_fd"])
    try:
        return server_context(fd)
    finally:
        os.close(fd)
