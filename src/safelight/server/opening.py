"""From what was asked for to a server that runs: sockets, who may ask, certificate, supervisor."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safelight.server import listening, running
from safelight.server.identity import preparing
from safelight.server.listening import Bound
from safelight.server.options import ServeOptions
from safelight.server.running import Running
from safelight.server.starting import Start
from safelight.server.supervisor import Supervisor
from safelight.settings import Settings
from safelight.studio import files

if TYPE_CHECKING:
    from safelight.server.tls.credentials import Credentials


@dataclass(frozen=True, slots=True)
class Ready:
    """The server takes calls: where, and the one-time link that makes a browser known."""

    url: str
    link: str
    fingerprint: str | None
    unix: str | None
    addresses: tuple[str, ...]


def serve(
    settings: Settings,
    options: ServeOptions,
    *,
    ready: Callable[[Ready], None],
    log: Callable[[str], None],
    told: Callable[[int], None],
) -> None:
    """Run a server until it is asked to stop. ready is called once, when it takes calls; log gets
    every line of the log; told each wish to stop, by its number. Raises a SafelightError.
    """
    if not files.is_unbuilt():
        files.load()  # here its words reach the user; the front end reads it for itself
    with ExitStack() as held:
        folder = held.enter_context(running.alone(settings.state_dir))
        bound = listening.listen(options)
        for one in bound:
            held.callback(_closed, one)
        url = listening.url(bound)
        credentials = _credentials(settings, options, bound)
        if credentials is not None:
            held.callback(credentials.close)
        start = Start(
            settings,
            options,
            listeners=tuple(one.told for one in bound),
            identity=_identity(settings, options, credentials),
            tls={} if credentials is None else credentials.told(),
        )
        fingerprint = None if credentials is None else credentials.fingerprint

        def announce() -> None:
            link = preparing.new_link(settings.state_dir, url)
            addresses = tuple(listening.url([one]) for one in bound if one.told.kind == "tcp")
            told_of = Ready(url, link, fingerprint, options.unix, addresses)
            running.write_down(folder, _found(told_of))
            ready(told_of)

        Supervisor(start, ready=announce, log=log, told=told, credentials=credentials).run()


def _credentials(
    settings: Settings, options: ServeOptions, bound: list[Bound]
) -> Credentials | None:
    """What the front end proves with who it is; nothing where it speaks no TLS."""
    addresses = [one.told.host for one in bound if one.told.is_tls]
    if not addresses:
        return None
    from safelight.server.tls.choosing import chosen

    if any(ipaddress.ip_address(one).is_unspecified for one in addresses):
        addresses = [*listening.private_addresses()]
    return chosen(settings, options, addresses)


def _identity(
    settings: Settings, options: ServeOptions, credentials: Credentials | None
) -> dict[str, Any]:
    if credentials is None:
        return preparing.prepare(settings.state_dir)
    from safelight.server.tls.authority import own_names
    from safelight.server.tls.choosing import host_name

    return preparing.prepare(
        settings.state_dir,
        names=own_names(host_name()) if options.is_lan else (),
        authority=credentials.authority,
        fingerprint=credentials.fingerprint,
    )


def _found(ready: Ready) -> Running:
    return Running.of_this_process(
        ready.url, unix=ready.unix, fingerprint=ready.fingerprint, addresses=ready.addresses
    )


def _closed(bound: Bound) -> None:
    """The socket, and its name where it has one."""
    if bound.told.kind == "unix":
        Path(bound.socket.getsockname()).unlink(missing_ok=True)
    bound.socket.close()
