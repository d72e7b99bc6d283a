"""serve: a private server, for this machine or the local network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import caging, setting, speaking, stacked
from safelight.cli.stopping import say_plainly
from safelight.errors import UsageError

if TYPE_CHECKING:
    from safelight.server.opening import Ready
    from safelight.server.options import ServeOptions

DRAINING = "safelight: finishing what is in flight; asked again (Ctrl-C), it stops at once\n"
STOPPING = "safelight: stopping\n"

places = stacked(
    click.option(
        "--host", metavar="ADDRESS", help="Address to listen on; without it, the loopback."
    ),
    click.option("--port", type=click.IntRange(0, 65_535), help="Port; 0 picks a free one."),
    click.option("--unix", metavar="PATH", help="Listen at PATH, too, for this user alone."),
    click.option(
        "--lan", "is_lan", is_flag=True, help="Let the local network in: TLS 1.3, paired devices."
    ),
    click.option(
        "--name", "names", multiple=True, metavar="NAME", help="A name of this server; repeatable."
    ),
    click.option(
        "--origin", "origins", multiple=True, metavar="ORIGIN",
        help="A site whose pages may ask; repeatable.",
    ),
    click.option("--certificate", metavar="FILE", help="Your own certificate and chain, PEM."),
    click.option("--key", "certificate_key", metavar="FILE", help="Its key, PEM."),
)  # fmt: skip


@click.command(name="serve", add_help_option=False)
@places
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@caging
@setting("jobs")
@speaking
@click.pass_obj
def serve(face: Face, /, *, no_browser: bool, **given: Any) -> int:
    """Serve the same work over HTTP, to this machine or the local network.

    \b
    Examples:
      safelight serve                           this machine; opens a browser
      safelight serve --lan                     phones and laptops, paired by a code
      safelight serve --json --no-browser       for scripts: one line when it is ready
    """
    from safelight.server.opening import serve as run

    def ready(told: Ready) -> None:
        _announce(face, told)
        if not no_browser:
            _open_browser(face, told.link)

    run(
        face.settings,
        options_of(face, **given),
        ready=ready,
        log=face.note,
        told=lambda wishes: say_plainly(DRAINING if wishes == 1 else STOPPING),
    )
    return 0


def options_of(face: Face, **given: Any) -> ServeOptions:
    """What was typed, under the limits of the settings where the user set any."""
    from safelight.server.options import ServeOptions

    settings = face.settings
    if bool(given["certificate"]) != bool(given["certificate_key"]):
        raise UsageError("--certificate and --key belong together")
    typed = {name: value for name, value in given.items() if value not in (None, ())}
    for name in ("max_bytes", "max_pixels", "timeout_s"):
        key = name.removesuffix("_s")
        if key in settings.origins:
            typed[name] = getattr(settings, name)
    return ServeOptions(**typed, jobs=settings.jobs)


def _announce(face: Face, told: Ready) -> None:
    if face.is_json:
        face.document({
            "type": "ready", "schema": SCHEMA, "url": told.url, "link": told.link,
            "fingerprint": told.fingerprint, "unix": told.unix,
            "addresses": list(told.addresses), "pid": os.getpid(),
        })  # fmt: skip
        return
    face.out(f"ready at {told.url}")
    face.out(f"open   {told.link}")


def _open_browser(face: Face, link: str) -> None:
    """Only where somebody sits before a terminal and a desktop."""
    has_desktop = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    opener = shutil.which("xdg-open")
    if face.is_json or not (sys.stdout.isatty() and has_desktop and opener):
        return
    subprocess.Popen(
        [opener, link], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
