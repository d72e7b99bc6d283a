"""Preparing: what the supervisor does before anybody may ask, and what it tells the front end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from safelight.server.identity.record import Kind
from safelight.server.identity.register import Register
from safelight.server.identity.secret import MAX_LENGTH
from safelight.vault.private import private_folder, read_private, write_private

FOLDER = "identity"
LOCAL_FILE = "token"
LINK_S = 15 * 60
SESSION_S = 12 * 3_600
LINK_PATH = "/open"
# What ends with the server.
ENDING: tuple[Kind, ...] = ("session", "link")
OF_PROGRAMS: tuple[Kind, ...] = ("local",)


def server_folder(state_dir: Path) -> Path:
    """Where a server keeps what is its own."""
    return state_dir / "server"


def register_of(state_dir: Path) -> Register:
    return Register(server_folder(state_dir) / FOLDER)


def prepare(
    state_dir: Path, *, names: Iterable[str] = (), authority: str = "", fingerprint: str = ""
) -> dict[str, Any]:
    """Make the token of this user's programs, and end the sessions of browsers of an earlier
    start. Gives what Door.of needs, as JSON can hold it; the front end must be able to read
    everything in its folder, and nothing beside it.

    Raises PolicyRefused, OutputFailed, Unavailable.
    """
    folder = server_folder(state_dir)
    private_folder(folder)
    register = register_of(state_dir)
    register.forget(ENDING)
    token = read_private(folder / LOCAL_FILE, MAX_LENGTH)
    if token is None or register.holder(token.decode("ascii", "replace").strip()) is None:
        register.forget(OF_PROGRAMS)
        fresh = register.add("local", "this machine", ("admin",), for_s=None)
        write_private(folder / LOCAL_FILE, fresh.secret.encode() + b"\n")
    return {
        "folder": str(folder / FOLDER),
        "names": list(names),
        "authority": authority,
        "fingerprint": fingerprint,
    }


def new_link(state_dir: Path, url: str) -> str:
    """A link for one browser, once, within LINK_S; url is the server's address. Its session may
    everything and ends with the server.
    """
    fresh = register_of(state_dir).add(
        "link", "browser", ("admin",), for_s=LINK_S, lasts_s=SESSION_S
    )
    return f"{url.rstrip('/')}{LINK_PATH}?link={fresh.secret}"
