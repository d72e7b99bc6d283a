"""Connections: servers that this user's machine was paired with. A file each, for its owner alone,
with the token and with what the server proves itself by.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from safelight.client.address import Address
from safelight.errors import PolicyRefused
from safelight.vault.private import private_folder, read_private, write_private

FOLDER = "connections"
SCHEMA = 1
MAX_FILE_BYTES = 131_072


@dataclass(frozen=True)
class Connection:
    """url, token, and the certificate (PEM) that vouches for the server, nothing where those that
    this machine trusts do. scopes are what the token allows, expires when it ends, as the
    server says it, nothing for never.
    """

    url: str
    token: str
    authority: str = ""
    is_leaf: bool = False
    fingerprint: str = ""
    scopes: tuple[str, ...] = ()
    expires: str = ""

    @property
    def address(self) -> Address:
        return Address(self.url, None, self.token, self.authority, self.is_leaf, self.fingerprint)


def found(state_dir: Path, url: str) -> Connection | None:
    """The connection to the server at this url, as parse writes it. Raises PolicyRefused."""
    return _read(_path(state_dir, url))


def all_of(state_dir: Path) -> Iterator[Connection]:
    """Every connection, by url. Raises PolicyRefused."""
    paths = sorted((state_dir / FOLDER).glob("*.json"))
    known = (one for path in paths if (one := _read(path)) is not None)
    yield from sorted(known, key=lambda one: one.url)


def keep(state_dir: Path, connection: Connection) -> None:
    """Raises OutputFailed, DiskFull, PolicyRefused."""
    private_folder(state_dir / FOLDER)
    document = {"schema": SCHEMA, **asdict(connection)}
    write_private(_path(state_dir, connection.url), json.dumps(document, indent=1).encode() + b"\n")


def forget(state_dir: Path, url: str) -> bool:
    """Whether there was one."""
    with suppress(FileNotFoundError):
        _path(state_dir, url).unlink()
        return True
    return False


def _path(state_dir: Path, url: str) -> Path:
    """Not the name of the server: it tells nothing to who sees the folder's list."""
    return state_dir / FOLDER / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"


def _read(path: Path) -> Connection | None:
    data = read_private(path, MAX_FILE_BYTES)
    if data is None:
        return None
    try:
        given = json.loads(data)
        given.pop("schema")
        return Connection(**{**given, "scopes": tuple(given["scopes"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PolicyRefused(
            "a stored connection is damaged", hint="safelight connect URL makes it anew"
        ) from error
