"""The server that prove looks at: the one that runs here, or one that is started for it."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from safelight.errors import SomethingMissing

if TYPE_CHECKING:
    from safelight.proof.serving.looking import Means, Met, ServerReport
    from safelight.server.running import Running
    from safelight.settings import Settings

NEEDED = ("starlette", "uvicorn", "python_multipart")


def look(settings: Settings) -> ServerReport:
    """Raises SomethingMissing where no server can run, SafelightError, OSError."""
    if sys.platform != "linux" or not all(find_spec(name) for name in NEEDED):
        raise SomethingMissing("no server can be started here")
    from safelight.proof.serving.looking import look_at_own, look_at_running
    from safelight.server.running import found

    running = found(settings.state_dir)
    if running is None:
        return look_at_own(settings.state_dir, _means())
    return look_at_running(_met(settings, running), _means())


def _means() -> Means:
    from safelight.proof.serving.looking import Means
    from safelight.server import logline, unlocked

    command = (sys.executable, "-m", "safelight.cli")
    return Means(command, unlocked.attempts, logline.fit)


def _met(settings: Settings, running: Running) -> Met:
    from safelight.client.address import local
    from safelight.proof.serving.looking import Met
    from safelight.proof.serving.talk import Talk

    address = local(settings)
    place = address.url if address.unix is None else str(address.unix)
    talk = Talk(place, address.token, authority=address.authority)
    port = urlsplit(running.url).port if running.url.startswith("https:") else None
    return Met(settings.state_dir, running.pid, talk, port)
