"""serve: a private server, for this machine or the local network."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import caging, setting, speaking
from safelight.cli.serving import limits, options_of, places, unit_of
from safelight.cli.stopping import say_plainly
from safelight.errors import SomethingMissing

if TYPE_CHECKING:
    from safelight.server.opening import Ready

DRAINING = "safelight: finishing what is in flight; asked again (Ctrl-C), it stops at once\n"
STDERR = 2
STOPPING = "safelight: stopping\n"


@click.command(name="serve", add_help_option=False)
@places
@limits
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@click.option("--unit", is_flag=True, help="Print a unit for systemd with these options; no more.")
@caging
@setting("jobs")
@speaking
@click.pass_obj
def serve(face: Face, /, *, no_browser: bool, unit: bool, **given: Any) -> int:
    """Serve the same work over HTTP, to this machine or the local network.

    \b
    Examples:
      safelight serve                           this machine; opens a browser
      safelight serve --lan                     phones and laptops, paired by a code
      safelight serve --json --no-browser       for scripts: one line when it is ready
      safelight serve --lan --unit              the same as a service of systemd
    """
    if sys.platform != "linux":
        raise SomethingMissing(
            "the server needs Linux: other systems cannot forbid it to call out",
            hint="every other verb works here, and --server URL uses a server elsewhere",
        )
    options = options_of(face, given)
    if unit:
        face.out(unit_of(face, given, options).rstrip())
        return 0
    from safelight.server.opening import serve as run

    def ready(told: Ready) -> None:
        _announce(face, told)
        if options.is_lan and not face.is_json and sys.stdout.isatty():
            _invite(face, told)
        if not no_browser:
            _open_browser(face, told.link)

    run(
        face.settings,
        options,
        ready=ready,
        log=partial(_log, face),
        told=lambda wishes: _say(face, DRAINING if wishes == 1 else STOPPING),
    )
    return 0


def _announce(face: Face, told: Ready) -> None:
    if face.is_json:
        face.document({
            "type": "ready", "schema": SCHEMA, "url": told.url, "link": told.link,
            "fingerprint": told.fingerprint, "unix": told.unix,
            "addresses": list(told.addresses), "pid": os.getpid(),
        })  # fmt: skip
        return
    face.out(f"ready        {' '.join(told.addresses)}")
    # Standard output that is no terminal may be a log, and a link lets in whoever reads it.
    if sys.stdout.isatty():
        face.out(f"browser      {told.link}  (once, within 15 minutes)")
    else:
        face.note("safelight status --link makes a link for a browser")


def _invite(face: Face, told: Ready) -> None:
    """A first device can be let in at once; `safelight pair` does the next."""
    from safelight.cli.inviting import invite
    from safelight.cli.knowing import register_for
    from safelight.server.identity.wishes import NewCode

    fingerprint = told.fingerprint or ""
    invite(face, register_for(face), NewCode(), url=told.url, fingerprint=fingerprint)


def _log(face: Face, line: str) -> None:
    """A line that nobody takes now is let go: whoever stops reading a log stops no server."""
    stream = select.poll()
    stream.register(STDERR, select.POLLOUT)
    if face.verbosity >= 0 and stream.poll(0):
        with suppress(OSError):
            os.write(STDERR, f"{line}\n".encode())


def _say(face: Face, text: str) -> None:
    if face.verbosity >= 0:
        say_plainly(text)


def _open_browser(face: Face, link: str) -> None:
    """Only where somebody sits before a terminal and a desktop."""
    has_desktop = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    opener = shutil.which("xdg-open")
    if face.is_json or not (sys.stdout.isatty() and has_desktop and opener):
        return
    nothing = subprocess.DEVNULL
    opening = partial(
        subprocess.run, [opener, link], check=False, stdin=nothing, stdout=nothing, stderr=nothing
    )
    threading.Thread(target=opening, name="browser", daemon=True).start()
