"""Traces: what lies beside and around the pictures, by name: attributes, sidecars, small copies."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from safelight.proof.dataflow.ground import Asked, Ground
from safelight.proof.dataflow.parts import Evidence, Sight
from safelight.proof.dataflow.told import host_of

# Attributes in which a download says where it came from.
ORIGINS = ("user.xdg.origin.url", "user.xdg.referrer.url", "com.apple.metadata:kMDItemWhereFroms")
# The start of an attribute's name, and the client that writes it.
OF_CLIENTS = {
    "user.com.dropbox.": "Dropbox", "com.dropbox.": "Dropbox", "user.drive.": "Google Drive",
    "com.google.drivefs.": "Google Drive", "user.onedrive.": "OneDrive",
    "user.nextcloud.": "Nextcloud", "user.owncloud.": "ownCloud", "user.insync.": "Insync",
    "com.apple.icloud.": "iCloud Drive", "user.syncthing.": "Syncthing", "user.mega.": "MEGA",
}  # fmt: skip
# Files that a program leaves for each picture: its ending, behind the picture's name or instead.
SIDECARS = {
    ".pp3": "RawTherapee", ".arp": "ART", ".dop": "DxO PhotoLab", ".aae": "Apple Photos",
    ".on1": "ON1 Photo RAW", ".cos": "Capture One", ".nksc": "Nikon NX Studio",
    ".rrt": "Radiant Photo", ".gpr": "GoPro Quik",
}  # fmt: skip
# Names that a program leaves in a folder of pictures.
DROPPINGS = {
    ".picasa.ini": "Picasa", "Picasa.ini": "Picasa", ".picasaoriginals": "Picasa",
    "Thumbs.db": "Windows Explorer", "ehthumbs.db": "Windows Media Center",
    ".DS_Store": "macOS Finder", "desktop.ini": "Windows Explorer",
    ".BridgeCache": "Adobe Bridge", ".BridgeCacheT": "Adobe Bridge",
    ".BridgeSort": "Adobe Bridge", "digikam4.db": "digiKam", ".dtrash": "digiKam",
    ".comments": "gThumb", "@eaDir": "Synology Photos", ".@__thumb": "QNAP",
    "ZbThumbnail.info": "Canon ZoomBrowser", "CaptureOne": "Capture One",
    "NKSC_PARAM": "Nikon NX Studio", ".ppignore": "PhotoPrism", ".ppstorage": "PhotoPrism",
    ".immich": "Immich", "iPod Photo Cache": "iTunes", ".xvpics": "GIMP",
}  # fmt: skip
ZONE = ":Zone.Identifier"
_HOST_URL = re.compile(r"^(?:HostUrl|ReferrerUrl)=(.+)$", re.M)
TAKEOUT = b'"googlePhotosOrigin"'
_ADDRESS = re.compile(r"https?://[^\s\0\"<>]+")
_BOOKMARK = re.compile(r'<bookmark href="(file://[^"]+)"[^>]*>(.*?)</bookmark>', re.S)
_APPLICATION = re.compile(r'<bookmark:application name="([^"]+)"')
THUMBNAILS = ("normal", "large", "x-large", "xx-large")


def sights(ground: Ground, asked: Asked) -> Iterator[Sight]:
    """Everything that lies beside the files of this root and tells of programs and services."""
    for file in asked.files:
        yield from _attributes(ground, asked, file)
        yield from _beside(ground, asked, file)
        yield from _cached(ground, asked, file)
    yield from _dropped(asked)
    yield from _recent(ground, asked)
    yield from _open_to_others(asked)


def _attributes(ground: Ground, asked: Asked, file: Path) -> Iterator[Sight]:
    for name in _listed(file):
        if name.removeprefix("user.") in (one.removeprefix("user.") for one in ORIGINS):
            for address in _ADDRESS.findall(_value(file, name)):
                yield _download(asked, file, f"attribute {name}", address)
        for start, client in OF_CLIENTS.items():
            if name.startswith(start):
                evidence = Evidence(str(file), f"attribute {name}")
                yield asked.way(client, "carried elsewhere by", "observed", evidence,
                                picture=str(file))  # fmt: skip


def _listed(file: Path) -> list[str]:
    try:
        return os.listxattr(file) if hasattr(os, "listxattr") else []
    except OSError:
        return []


def _value(file: Path, name: str) -> str:
    try:
        return os.getxattr(file, name).decode(errors="replace")
    except OSError:
        return ""


def _download(asked: Asked, file: Path, tag: str, address: str) -> Sight:
    """Only the host is told: an address may hold names and keys."""
    host = host_of(address) or "an address that is not of the web"
    return asked.way(host, "downloaded from", "claimed", Evidence(str(file), tag, host),
                     kind="online", picture=str(file))  # fmt: skip


def _beside(ground: Ground, asked: Asked, file: Path) -> Iterator[Sight]:
    program = SIDECARS.get(file.suffix.lower())
    if program:
        yield _left(asked, program, str(file), "sidecar")
    if file.name.endswith(ZONE):
        for address in _HOST_URL.findall(ground.text(file)):
            yield _download(asked, file, "Zone.Identifier", address.strip())
    if file.suffix.lower() == ".json" and TAKEOUT in ground.text(file).encode():
        evidence = Evidence(str(file), "sidecar", TAKEOUT.decode().strip('"'))
        yield asked.way("Google Photos", "came through", "claimed", evidence, kind="online",
                        picture=str(file))  # fmt: skip


def _left(asked: Asked, program: str, file: str, tag: str) -> Sight:
    evidence = Evidence(file, tag, Path(file).name)
    return asked.way(program, "left a trace beside", "observed", evidence, kind="trace")


def _cached(ground: Ground, asked: Asked, file: Path) -> Iterator[Sight]:
    """Small copies in the cache that desktops share, named by the MD5 of the file's address."""
    address = f"file://{quote(os.fsencode(file.resolve()), safe='/!$&()*+,;=:@~')}"
    name = hashlib.md5(address.encode(), usedforsecurity=False).hexdigest() + ".png"
    for size in THUMBNAILS:
        copy = ground.home / ".cache" / "thumbnails" / size / name
        if copy.is_file():
            shown = f"~/.cache/thumbnails/{size}/{name}"
            yield asked.way("the cache of small pictures", "has a small copy in", "observed",
                            Evidence(str(file), "copy", shown), picture=str(file))  # fmt: skip


def _dropped(asked: Asked) -> Iterator[Sight]:
    for folder in asked.folders:
        for name, program in DROPPINGS.items():
            if (folder / name).exists():
                yield _left(asked, program, asked.shown(folder / name), "dropping")


def _recent(ground: Ground, asked: Asked) -> Iterator[Sight]:
    """Programs that a desktop says opened these pictures."""
    listing = ground.home / ".local" / "share" / "recently-used.xbel"
    addresses = {f"file://{quote(os.fsencode(file.resolve()))}": file for file in asked.files}
    for address, inside in _BOOKMARK.findall(ground.text(listing)):
        for program in _APPLICATION.findall(inside) if address in addresses else ():
            shown = str(addresses[address])
            evidence = Evidence("~/.local/share/recently-used.xbel", "opened with", shown)
            yield asked.way(program, "opened by", "claimed", evidence, kind="trace", picture=shown)


def _open_to_others(asked: Asked) -> Iterator[Sight]:
    """Pictures that any account of this computer may read, and files with a second name."""
    if os.name != "posix":
        return
    is_reachable = all(_mode(folder) & stat.S_IXOTH for folder in asked.folder.parents)
    is_reachable = is_reachable and bool(_mode(asked.folder) & stat.S_IXOTH)
    for file in asked.files:
        mode = _mode(file)
        if is_reachable and mode & stat.S_IROTH:
            evidence = Evidence(str(file), "permissions", f"{stat.S_IMODE(mode):04o}")
            yield asked.way("other accounts of this computer", "can be read by", "possible",
                            evidence, picture=str(file))  # fmt: skip
        if (links := _links(file)) > 1:
            evidence = Evidence(str(file), "hard links", str(links))
            yield asked.way("another folder, under a second name", "also lie in", "observed",
                            evidence, picture=str(file))  # fmt: skip


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _links(path: Path) -> int:
    try:
        return path.stat().st_nlink
    except OSError:
        return 0
