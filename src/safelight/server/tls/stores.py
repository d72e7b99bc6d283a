"""Stores: where a machine keeps the authorities that it trusts, and the commands that change them.

The system's own, by where each family of Linux distributions keeps it, and the data bases of
browsers that have their own (NSS). Commands are told before they are run; those for the system need
root.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Command = tuple[str, ...]
# Folder for authorities of one's own, and the commands after one was put there or taken away.
# Debian's leaves links behind to what is gone, unless it starts afresh.
_UPDATE, _TRUST = "update-ca-certificates", "update-ca-trust"
SYSTEMS: dict[str, tuple[str, Command, Command]] = {
    "Debian, Ubuntu": ("usr/local/share/ca-certificates", (_UPDATE,), (_UPDATE, "--fresh")),
    "Fedora, Red Hat": (
        "etc/pki/ca-trust/source/anchors", (_TRUST, "extract"), (_TRUST, "extract"),
    ),
    "SUSE": ("etc/pki/trust/anchors", (_UPDATE,), (_UPDATE,)),
    "Arch": ("etc/ca-certificates/trust-source/anchors", (_TRUST,), (_TRUST,)),
}  # fmt: skip
BROWSERS = (
    ".pki/nssdb",
    ".mozilla/firefox/*",
    "snap/chromium/current/.pki/nssdb",
    "snap/firefox/common/.mozilla/firefox/*",
    ".var/app/org.mozilla.firefox/.mozilla/firefox/*",
)
DATABASE = "cert9.db"
START = "safelight-authority"
# What is typed on systems whose stores we do not change ourselves.
ELSEWHERE = {
    "macOS": "security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db FILE",
    "Windows": "certutil -user -addstore Root FILE",
    "iOS, Android": "open the file on the device, and trust it in the settings",
}


@dataclass(frozen=True)
class Store:
    """One place. install and remove are commands in their order."""

    name: str
    place: Path
    needs_root: bool
    is_in: bool
    install: tuple[Command, ...]
    remove: tuple[Command, ...]


def stores(
    certificate: Path, nickname: str, *, home: Path, root: Path = Path("/")
) -> tuple[Store, ...]:
    """Those of this machine. certificate: the authority's, as PEM; nickname: how it is called."""
    return (*_system(certificate, nickname, root), *_browsers(certificate, nickname, home))


def missing_tool(home: Path) -> str:
    """What must be installed before browsers' own stores can be changed; empty if nothing."""
    has_any = any(True for _ in _databases(home))
    return "certutil (libnss3-tools, nss-tools)" if has_any and not _certutil() else ""


def _system(certificate: Path, nickname: str, root: Path) -> Iterator[Store]:
    file = f"{START}-{nickname.rpartition(' ')[2]}.crt"
    for name, (folder, take_in, let_go) in SYSTEMS.items():
        place = root / folder
        if not place.is_dir():
            continue
        target = place / file
        yield Store(
            name, place, needs_root=True, is_in=target.exists(),
            install=(("install", "-m", "644", str(certificate), str(target)), take_in),
            remove=(("rm", "-f", str(target)), let_go),
        )  # fmt: skip


def _browsers(certificate: Path, nickname: str, home: Path) -> Iterator[Store]:
    certutil = _certutil()
    if certutil is None:
        return
    for place in _databases(home):
        base = (certutil, "-d", f"sql:{place}")
        yield Store(
            "browser", place, needs_root=False, is_in=_holds(place, nickname),
            install=((*base, "-A", "-t", "C,,", "-n", nickname, "-i", str(certificate)),),
            remove=((*base, "-D", "-n", nickname),),
        )  # fmt: skip


def _databases(home: Path) -> Iterator[Path]:
    for pattern in BROWSERS:
        yield from sorted(path.parent for path in home.glob(f"{pattern}/{DATABASE}"))


def _holds(place: Path, nickname: str) -> bool:
    """The data base is SQLite and keeps nicknames as they are; nothing else is looked at."""
    try:
        return nickname.encode() in (place / DATABASE).read_bytes()
    except OSError:
        return False


def _certutil() -> str | None:
    return shutil.which("certutil")
