"""Address: which server is asked, by which way, with which token, and how it proves who it is."""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from safelight.errors import ParameterInvalid, PolicyRefused, Unavailable
from safelight.settings import Settings
from safelight.vault.private import read_private

# What `serve` writes down about itself below the state folder.
FOLDER, RUNNING, TOKEN = "server", "running.json", "token"
AUTHORITY = Path("identity", "authority.pem")
MAX_FILE_BYTES = 16_384
LOCAL = "local"
UNIX = "unix:"
HEX = re.compile(r"[0-9a-f]{64}")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """url is scheme, host and port alone; unix the path of a socket, in place of a connection.

    authority is the one certificate (PEM) that vouches for the server, or is the server's own;
    without it those that this machine trusts do. is_leaf: it is the server's own.
    """

    url: str
    unix: Path | None = None
    token: str = field(default="", repr=False)
    authority: str = field(default="", repr=False)
    is_leaf: bool = False
    fingerprint: str = ""

    @property
    def is_near(self) -> bool:
        """Whether nothing leaves this machine."""
        return self.unix is not None or is_loopback(urlsplit(self.url).hostname or "")

    @property
    def host(self) -> str:
        """Host and port, as the ledger has them."""
        return urlsplit(self.url).netloc


def parse(text: str) -> Address:
    """The address in a URL, or in unix:PATH. Raises ParameterInvalid, and PolicyRefused for one
    that would send pictures and tokens over a network in the clear.
    """
    if text.startswith(UNIX):
        path = Path(text.removeprefix(UNIX).removeprefix("//"))
        if not path.is_absolute():
            raise ParameterInvalid("unix: is followed by an absolute path")
        return Address("http://localhost", path)
    url = _plain_url(text)
    found = Address(url)
    if url.startswith("http:") and not found.is_near:
        raise PolicyRefused(
            "over a network pictures go by https alone",
            hint=f"https://{found.host}; safelight serve --lan speaks it",
        )
    return found


def _plain_url(text: str) -> str:
    """Raises ParameterInvalid."""
    hint = "https://studio.local:8443, unix:/run/safelight.sock, or local"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ParameterInvalid("the address of the server is none", hint=hint) from error
    is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in DEFAULT_PORTS or not host or not is_bare or not text.isprintable():
        raise ParameterInvalid(
            "the address of a server is https, host and port, and nothing more", hint=hint
        )
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}:{port or DEFAULT_PORTS[parts.scheme]}"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def fingerprint_of(text: str) -> str:
    """64 hexadecimal digits of what was typed with or without colons. Raises ParameterInvalid."""
    plain = text.strip().lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    if not HEX.fullmatch(plain):
        raise ParameterInvalid("a fingerprint has 64 hexadecimal digits, with or without colons")
    return plain


def local(settings: Settings) -> Address:
    """The server that runs with this user's state folder. Raises Unavailable, PolicyRefused."""
    folder = settings.state_dir / FOLDER
    hint = "safelight serve starts one; --server URL names another"
    running = _json(folder / RUNNING)
    if running is None or not _is_alive(running):
        raise Unavailable("no server runs here", hint=hint)
    token = token_in(folder / TOKEN)
    unix = running.get("unix")
    if isinstance(unix, str) and unix:
        return Address("http://localhost", Path(unix), token)
    return replace(parse(str(running.get("url"))), token=token, authority=_authority(folder))


def _authority(folder: Path) -> str:
    pem = read_private(folder / AUTHORITY, MAX_FILE_BYTES) or b""
    return pem.decode("ascii", "replace")


def _is_alive(running: dict[str, Any]) -> bool:
    """As the server says of itself: its process, and when that began, in ticks."""
    try:
        text = Path(f"/proc/{int(running['pid'])}/stat").read_text(errors="replace")
        words = text.rpartition(")")[2].split()
        return words[0] not in ("Z", "X") and words[19] == str(running["began"])
    except (OSError, ValueError, IndexError, KeyError, TypeError):
        return False


def token_in(path: Path) -> str:
    """The token in a file that its owner alone can read. Raises PolicyRefused, Unavailable."""
    data = read_private(path, MAX_FILE_BYTES)
    if data is None:
        raise Unavailable("there is no file with a token", hint="--server-token-file names one")
    token = data.decode("ascii", "replace").strip()
    if not token.isprintable() or not token or " " in token:
        raise PolicyRefused("the file of the token holds something else")
    return token


def _json(path: Path) -> dict[str, Any] | None:
    data = read_private(path, MAX_FILE_BYTES)
    if data is None:
        return None
    try:
        found = json.loads(data)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
