"""Sync clients and shares: folders that programs carry elsewhere, by their settings and marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from safelight.proof.dataflow.ground import Asked, Ground, above, real
from safelight.proof.dataflow.parts import Evidence, Sight
from safelight.proof.dataflow.told import host_of


@dataclass(frozen=True, slots=True)
class Client:
    """A program that carries folders elsewhere: where its settings lie, and how they name one."""

    name: str
    settings: tuple[str, ...]
    folder: re.Pattern[str]


CLIENTS = (
    Client("Dropbox", (".dropbox/info.json",), re.compile(r'"path"\s*:\s*"([^"]+)"')),
    Client(
        "Nextcloud",
        (".config/Nextcloud/nextcloud.cfg", "Library/Preferences/Nextcloud/nextcloud.cfg"),
        re.compile(r"localPath=(.+)"),
    ),
    Client("ownCloud", (".config/ownCloud/owncloud.cfg",), re.compile(r"localPath=(.+)")),
    Client(
        "Syncthing",
        (
            ".config/syncthing/config.xml",
            ".local/state/syncthing/config.xml",
            "Library/Application Support/Syncthing/config.xml",
        ),
        re.compile(r'<folder\b[^>]*\bpath="([^"]+)"'),
    ),
    Client("OneDrive", (".config/onedrive/config",), re.compile(r"^\s*sync_dir\s*=\s*(.+)$", re.M)),
    Client("Insync", (".config/Insync/insync.conf",), re.compile(r"(?:base|path)\s*=\s*(.+)")),
    Client("Seafile", (".ccnet/seafile.ini",), re.compile(r"^(/.+)$", re.M)),
    Client(
        "digiKam",
        (".config/digikamrc",),
        re.compile(r"^(?:Album Path|Monitored Path)=(.+)$", re.M),
    ),
)
# Names that a sync client leaves in the top of a folder that it carries elsewhere.
MARKS = {
    ".dropbox": "Dropbox", ".dropbox.cache": "Dropbox",
    ".stfolder": "Syncthing", ".stignore": "Syncthing", ".stversions": "Syncthing",
    "._sync_*.db": "Nextcloud or ownCloud", ".sync_*.db": "Nextcloud or ownCloud",
    ".nextcloudsync.log": "Nextcloud", ".owncloudsync.log": "ownCloud",
    ".sync": "Resilio Sync", ".tmp.drivedownload": "Google Drive",
    ".tmp.driveupload": "Google Drive", ".seafile-ignore.txt": "Seafile", "seafile-ignore.txt":
    "Seafile", ".megaignore": "MEGA", ".SynologyWorkingDirectory": "Synology Drive",
    ".849C9593-D756-4E56-8D6E-42412F2A707B": "OneDrive", ".*.icloud": "iCloud Drive",
}  # fmt: skip
# Parts of a path below which macOS keeps what a provider carries elsewhere.
PLACES = (
    (re.compile(r"/Library/Mobile Documents(/|$)"), "iCloud Drive"),
    (re.compile(r"/Library/CloudStorage/([A-Za-z]+)"), ""),
)
_REMOTE = re.compile(r"^\s*url\s*=\s*(\S+)", re.M)
_SCP = re.compile(r"(?:[\w.\-]+@)?([\w.\-]+):(?!//)")
_SHARE = re.compile(r"^\s*path\s*=\s*(.+?)\s*$", re.M)
MOST_ENTRIES = 20_000


def sights(ground: Ground, asked: Asked) -> Iterator[Sight]:
    """Every program that carries this root, or a part of it, elsewhere."""
    yield from _configured(ground, asked)
    yield from _marked(ground, asked)
    yield from _placed(asked)
    yield from _repository(ground, asked)
    yield from _shared(ground, asked)


def _configured(ground: Ground, asked: Asked) -> Iterator[Sight]:
    for client in CLIENTS:
        for name in client.settings:
            settings = ground.home / name
            for told in client.folder.findall(ground.text(settings)):
                folder = real(told, ground.home)
                if folder is not None and folder != Path("/") and asked.touches(folder):
                    evidence = Evidence(f"~/{name}", "folder", str(folder))
                    yield asked.way(client.name, "carried elsewhere by", "configured", evidence)


def _marked(ground: Ground, asked: Asked) -> Iterator[Sight]:
    for folder in (*above(asked.folder), *(one for one in asked.folders if one != asked.folder)):
        for name in _names(ground, folder):
            for mark, client in MARKS.items():
                if fnmatch(name, mark):
                    evidence = Evidence(asked.shown(folder / name), "mark of a sync client", name)
                    yield asked.way(client, "carried elsewhere by", "observed", evidence)


def _names(ground: Ground, folder: Path) -> list[str]:
    """Names that begin with a dot, and one that does not."""
    try:
        found = [path.name for path, _ in zip(folder.iterdir(), range(MOST_ENTRIES), strict=False)]
    except OSError:
        ground.unseen.add(f"{folder} cannot be listed")
        return []
    return sorted(name for name in found if name.startswith(".") or name in MARKS)


def _placed(asked: Asked) -> Iterator[Sight]:
    for pattern, client in PLACES:
        if found := pattern.search(str(asked.path)):
            evidence = Evidence(str(asked.named), "place of the folder", str(asked.path))
            name = client or found[1]
            yield asked.way(name, "carried elsewhere by", "configured", evidence)


def _repository(ground: Ground, asked: Asked) -> Iterator[Sight]:
    for folder in above(asked.folder):
        settings = folder / ".git" / "config"
        if settings.is_file():
            for address in _REMOTE.findall(ground.text(settings)):
                scp = _SCP.match(address)
                host = host_of(address) or (scp[1] if scp else "") or "another folder"
                evidence = Evidence(asked.shown(settings), "remote repository", host)
                yield asked.way(f"git, to {host}", "could be pushed by", "configured", evidence)
            return


def _shared(ground: Ground, asked: Asked) -> Iterator[Sight]:
    exports = ground.etc / "exports"
    for line in ground.text(exports).splitlines():
        folder = real(line.split("#")[0].split(" ")[0].split("\t")[0], ground.home)
        if folder is not None and asked.touches(folder):
            evidence = Evidence(str(exports), "export", line.strip())
            yield asked.way("other machines, by NFS", "shared with", "configured", evidence)
    shares = [ground.etc / "samba" / "smb.conf"]
    if ground.samba_shares.is_dir():
        shares += sorted(ground.samba_shares.iterdir())
    for settings in shares:
        for told in _SHARE.findall(ground.text(settings)):
            folder = real(told, ground.home)
            if folder is not None and asked.touches(folder):
                evidence = Evidence(str(settings), "path", told)
                yield asked.way("other machines, by SMB", "shared with", "configured", evidence)
