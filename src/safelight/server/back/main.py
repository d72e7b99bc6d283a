"""The back end's process: from what the supervisor told it to the end of its control line.

It has the keys and parses no picture, no model and no HTTP. Where it may (as root), it leaves the
network as well. An ordinary user would need a user namespace for that, and with it would lose the
key ring in which an unlocked vault lies; then what keeps the back end from calling out is that no
part of it does, and its workers are locked as always.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import replace

from safelight.engine.engine import Engine
from safelight.engine.hosts import MOST_IDLE
from safelight.errors import SafelightError
from safelight.limits import MAX_OUTPUT_BYTES
from safelight.recipe import Recipe
from safelight.server import control
from safelight.server.back.serving import Serving
from safelight.server.control import Kind, Note
from safelight.server.lockdown import NOTHING, Held
from safelight.server.options import ServeOptions
from safelight.server.starting import begin
from safelight.settings import Settings
from safelight.worker.namespaces import NAMESPACES
from safelight.worker.syscalls import call

# How often a picture whose worker somebody else ended is given to another one.
AGAIN = 2
# What workers are made ready for before anybody asks: pixels, and no model.
USUAL = Recipe.from_steps([{"op": "resize", "width": 1}])


def main(words: list[str]) -> None:
    """Serve until the supervisor says that it is enough."""
    start, line = begin(words)
    try:
        has_left = call("unshare", NAMESPACES["net"]) == 0
        attend(line, start.settings, start.options, Held.NETWORK if has_left else NOTHING)
    finally:
        # Threads that wait for a front end's word would keep the process.
        sys.stderr.flush()
        os._exit(0)


def attend(
    line: socket.socket, settings: Settings, options: ServeOptions, held: Held = NOTHING
) -> None:
    """Heed the supervisor to the end: serve the front end at the other end of each line that it
    brings. held is what holds this process.
    """
    try:
        # A result that the front end could not hold is not made.
        most = min(MAX_OUTPUT_BYTES, options.held_bytes)
        own = limited(settings, options)
        with Engine(own, door="server", again=AGAIN, output_bytes=most) as engine:
            # Keys that are damaged are told at once; a vault that is locked may be unlocked later.
            engine.book.journal  # noqa: B018 - looked at, so that it is opened
            serving = Serving(engine, options)
            control.send(line, Note(Kind.READY, held))
            warming = threading.Thread(target=warm, args=(engine, options), daemon=True)
            warming.start()
            try:
                _heed(line, serving)
            finally:
                engine.cancel()
                warming.join()
                serving.close()
    except SafelightError as error:
        sys.stderr.write(f"{error.message}\n")
        with suppress(OSError):
            control.send(line, Note(Kind.FAILED, error.number))


def warm(engine: Engine, options: ServeOptions) -> None:
    """Have workers ready for what is usual, and for the recipes that have a name here."""
    named = [Recipe.from_canonical(one.encode()) for one in options.recipes.values()]
    for recipe in [USUAL, *named][: MOST_IDLE // 2]:
        engine.prepare(recipe, "jpeg")


def limited(settings: Settings, options: ServeOptions) -> Settings:
    """The settings under which the server works: none is looser than what it was asked for."""
    return replace(
        settings,
        max_bytes=min(settings.max_bytes, options.max_bytes),
        max_pixels=min(settings.max_pixels, options.max_pixels),
        timeout_s=min(settings.timeout_s, options.timeout_s),
        jobs=options.jobs,
    )


def _heed(line: socket.socket, serving: Serving) -> None:
    line.setblocking(True)
    while (heard := control.hear(line)) is not None:
        note, fd = heard
        if note.kind is Kind.PEER:
            peer = socket.socket(fileno=fd)
            threading.Thread(target=serving.serve, args=(peer,), daemon=True).start()
        elif fd >= 0:
            os.close(fd)
        elif note.kind is Kind.LEAVE:
            return
