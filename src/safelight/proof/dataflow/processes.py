"""Processes: which running programs watch the folder, hold files of it open, or serve it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from safelight.proof.dataflow.ground import Asked, Ground
from safelight.proof.dataflow.mounts import mount_of, mounts
from safelight.proof.dataflow.parts import Evidence, Sight

_INOTIFY = re.compile(r"^inotify wd:\w+ ino:([0-9a-f]+) sdev:([0-9a-f]+)", re.M)
_FANOTIFY_INODE = re.compile(r"^fanotify ino:([0-9a-f]+) sdev:([0-9a-f]+)", re.M)
_FANOTIFY_WHOLE = re.compile(r"^fanotify (?:mnt_id:[0-9a-f]+|sdev:[0-9a-f]+)", re.M)
# Major and minor number of a device, and an inode.
Key = tuple[int, int, int]
LISTENING = "0A"
UNTOLD = "this system does not tell which programs watch, hold or serve files, nor what is mounted"
MINOR_BITS = 20
SHARING = {
    21: "FTP", 22: "SSH", 80: "HTTP", 111: "NFS", 139: "SMB", 443: "HTTPS", 445: "SMB",
    548: "AFP", 873: "rsync", 2049: "NFS", 2283: "Immich", 2342: "PhotoPrism", 8080: "HTTP",
    8200: "DLNA", 8384: "Syncthing", 17500: "Dropbox on the local network", 22000: "Syncthing",
    32400: "Plex",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Process:
    """A running program of which we may look at the files."""

    number: int
    name: str
    folder: Path

    @property
    def shown(self) -> str:
        return f"process {self.number}"


@dataclass(frozen=True, slots=True)
class Listener:
    """A TCP socket that takes connections: its port, if from this machine alone, its inode."""

    port: int
    is_local: bool
    inode: str


def sights(ground: Ground, asked: Asked) -> Iterator[Sight]:
    """What running programs have to do with the root. Those of other users cannot be looked at."""
    if not any(ground.proc.glob("[0-9]*")):  # not there, or hidden from here
        ground.unseen.add(UNTOLD)
    listening = {one.inode: one for one in listeners(ground)}
    keys = set(_keys(ground, asked))
    owners: set[str] = set()
    for process in processes(ground):
        links = list(_links(process))
        yield from _watching(process, links, keys, asked)
        yield from _holding(process, links, asked)
        sockets = [(link[8:-1]) for _, link in links if link.startswith("socket:[")]
        owners.update(sockets)
        served = [listening[inode] for inode in sockets if inode in listening]
        yield from _serving(ground, process, served, asked)
    yield from _unowned((one for one in listening.values() if one.inode not in owners), asked)


def processes(ground: Ground) -> Iterator[Process]:
    """Every process but this one; those that may not be looked at are counted in ground.unseen."""
    closed = 0
    for folder in sorted(ground.proc.glob("[0-9]*"), key=lambda path: int(path.name)):
        number = int(folder.name)
        if number == os.getpid():
            continue
        try:
            os.listdir(folder / "fd")
            name = (folder / "comm").read_text(errors="replace").strip()
        except PermissionError:
            closed += 1
            continue
        except OSError:  # it has ended
            continue
        yield Process(number, name, folder)
    if closed:
        ground.unseen.add(
            f"{closed} processes of other users: what they watch or hold cannot be seen from here"
        )


def listeners(ground: Ground) -> Iterator[Listener]:
    """Every TCP socket of this machine that takes connections."""
    for table in ("tcp", "tcp6"):
        for line in ground.text(ground.proc / "net" / table).splitlines()[1:]:
            words = line.split()
            if len(words) > 9 and words[3] == LISTENING:
                address, _, port = words[1].partition(":")
                yield Listener(int(port, 16), _is_local(address), words[9])


def _is_local(address: str) -> bool:
    """The kernel writes words of four bytes in the order of the machine."""
    raw = b"".join(
        bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8)
    )  # fmt: skip
    if len(raw) == 16 and raw[:12] != bytes(10) + b"\xff\xff":
        return raw == bytes(15) + b"\1"
    return raw[-4] == 127


def _keys(ground: Ground, asked: Asked) -> Iterator[Key]:
    """Every folder and file of the root as the kernel knows it: device and inode. Some file systems
    tell a program another device than the kernel tells of its watches; that one is the mount's.
    """
    there = mounts(ground)
    for path in (*asked.folders, *asked.files):
        with suppress(OSError):
            facts = path.stat()
            yield os.major(facts.st_dev), os.minor(facts.st_dev), facts.st_ino
            mount = mount_of(path.resolve(), there)
            if mount is not None:
                major, _, minor = mount.device.partition(":")
                yield int(major), int(minor), facts.st_ino


def _links(process: Process) -> Iterator[tuple[str, str]]:
    """Number and target of every open descriptor."""
    with suppress(OSError):  # it has ended
        for number in os.listdir(process.folder / "fd"):
            with suppress(OSError):  # this one was closed
                yield number, os.readlink(process.folder / "fd" / number)


def _watching(
    process: Process,
    links: Iterable[tuple[str, str]],
    keys: set[Key],
    asked: Asked,
) -> Iterator[Sight]:
    for number, link in links:
        if "inotify" not in link and "fanotify" not in link:
            continue
        told = _info(process, number)
        marks = [*_INOTIFY.findall(told), *_FANOTIFY_INODE.findall(told)]
        met = [mark for mark in marks if _mark(*mark) in keys]
        if met:
            value = f"{len(met)} of the folders and files here"
            evidence = Evidence(process.shown, "inotify", value)
            yield asked.way(process.name, "watched by", "observed", evidence)
        elif _FANOTIFY_WHOLE.search(told):
            evidence = Evidence(process.shown, "fanotify", "a whole file system")
            yield asked.way(process.name, "may be watched by", "possible", evidence)


def _mark(inode: str, device: str) -> Key:
    """The kernel's own number of a device has twenty bits of minor number."""
    number = int(device, 16)
    return number >> MINOR_BITS, number & ((1 << MINOR_BITS) - 1), int(inode, 16)


def _info(process: Process, number: str) -> str:
    try:
        return (process.folder / "fdinfo" / number).read_text()
    except OSError:
        return ""


def _holding(
    process: Process, links: Iterable[tuple[str, str]], asked: Asked
) -> Iterator[Sight]:  # fmt: skip
    files = {str(file.resolve()): file for file in asked.files}
    for _, link in links:
        if link in files:
            shown = str(files[link])
            evidence = Evidence(shown, "open file", process.shown)
            yield asked.way(process.name, "open in", "observed", evidence, picture=shown)


def _serving(
    ground: Ground, process: Process, served: list[Listener], asked: Asked
) -> Iterator[Sight]:
    for listener in served:
        reach = "this machine alone" if listener.is_local else "other machines"
        tie = _tie(process, asked)
        name = f"{process.name}, port {listener.port}"
        if tie:
            evidence = Evidence(process.shown, f"listens for {reach}", tie)
            yield asked.way(name, "could be served by", "observed", evidence, detail=reach)
        elif not listener.is_local:
            evidence = Evidence(process.shown, "listens for other machines", name)
            yield _untied(listener, process.name, evidence, asked)


def _unowned(listeners: Iterable[Listener], asked: Asked) -> Iterator[Sight]:
    """Those whose program cannot be seen: of another user, or of the kernel."""
    for listener in listeners:
        if not listener.is_local:
            evidence = Evidence(f"port {listener.port}", "listens for other machines", "")
            yield _untied(listener, "a program that cannot be seen", evidence, asked)


def _untied(listener: Listener, program: str, evidence: Evidence, asked: Asked) -> Sight:
    service = SHARING.get(listener.port)
    detail = f"{program}, port {listener.port}"
    if service:
        name = f"{service} on this machine"
        return asked.way(name, "could be given out by", "possible", evidence, detail=detail)
    name = "other programs that listen"
    return asked.way(name, "could be given out by", "possible", evidence, detail=detail)


def _tie(process: Process, asked: Asked) -> str:
    """What ties a process to the root: it works there, or was started with its path."""
    home = Path("/")
    try:
        works = Path(os.readlink(process.folder / "cwd"))
        words = (process.folder / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    if works != home and asked.touches(works):
        return "works in this folder" if works == asked.folder else f"works in {works}"
    for word in words[1:]:
        named = Path(os.path.join(works, os.fsdecode(word)))
        if word and named != home and named.is_dir() and asked.touches(named.resolve()):
            return f"was started with {named}"
    return ""
