"""Mounts: does the folder lie on another machine, on a medium that leaves, with a host?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from safelight.proof.dataflow.ground import Asked, Ground
from safelight.proof.dataflow.parts import Evidence, Sight

NETWORK = frozenset(
    "nfs nfs4 cifs smb3 smbfs afs ceph glusterfs lustre beegfs davfs davfs2 ncpfs coda ocfs2 gfs2"
    " sshfs rclone s3fs gcsfuse goofys gvfsd-fuse google-drive-ocamlfuse onedriver pcloud"
    " pcloud.fs seadrive mountpoint-s3 curlftpfs glusterfs juicefs blobfuse2 davfs2 afpfs".split()
)
OF_A_HOST = frozenset("9p virtiofs vboxsf prl_fs vmhgfs vmhgfs-fuse drvfs hgfs".split())
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of mountinfo: device as `major:minor`, place, kind, and what is mounted there."""

    device: str
    place: Path
    kind: str
    source: str

    @property
    def plain_kind(self) -> str:
        return self.kind.removeprefix("fuse.")


def mounts(ground: Ground) -> list[Mount]:
    """What is mounted, in the kernel's order."""
    found = []
    for line in ground.text(ground.proc / "self" / "mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        words, facts = left.split(" "), right.split(" ")
        if len(words) >= 5 and len(facts) >= 2:
            found.append(Mount(words[2], Path(_plain(words[4])), facts[0], _plain(facts[1])))
    return found


def mount_of(path: Path, there: list[Mount]) -> Mount | None:
    """The mount on which a path lies: the innermost, and of several on one place the last."""
    around = [mount for mount in there if path.is_relative_to(mount.place)]
    return max(reversed(around), key=lambda mount: len(mount.place.parts)) if around else None


def sights(ground: Ground, asked: Asked) -> Iterator[Sight]:
    """The mount that holds the root, and those below it, where they are no disk of this machine."""
    there = mounts(ground)
    around = mount_of(asked.folder, there)
    below = [
        mount
        for mount in there
        if mount.place != asked.folder
        and mount.place.is_relative_to(asked.folder)
        and any(folder.is_relative_to(mount.place) for folder in asked.folders)
    ]
    for mount in ([around] if around else []) + below:
        evidence = Evidence(str(mount.place), "mount", f"{mount.kind} {mount.source}")
        kind = mount.plain_kind
        if kind in NETWORK:
            name = f"another machine: {mount.source}"
            yield asked.way(name, "lie on", "observed", evidence, detail=mount.kind)
        elif kind in OF_A_HOST:
            name = "the host of this virtual machine"
            yield asked.way(name, "lie on", "observed", evidence, detail=mount.kind)
        elif mount.kind.startswith("fuse."):
            name = f"the program behind {mount.kind}"
            yield asked.way(name, "pass through", "observed", evidence)
        elif removable(ground, mount.device):
            name = f"a medium that can be carried away: {mount.source}"
            yield asked.way(name, "lie on", "observed", evidence)


def removable(ground: Ground, device: str) -> bool:
    """True for a disk that the kernel calls removable, and for any on USB."""
    place = (ground.sys / "dev" / "block" / device).resolve()
    if re.search(r"/usb\d", str(place)):
        return True
    for folder in (place, place.parent):
        flag = folder / "removable"
        if flag.is_file():
            return ground.text(flag).strip() == "1"
    return False


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)
