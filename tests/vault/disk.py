"""A disk to look at from below: every byte of the device under a folder, deleted or not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE_BYTES = 24 << 20


@dataclass(frozen=True)
class Disk:
    """A folder, and what lies below it: the raw device where the system lets one be mounted, else
    the bytes of every file that has a name.
    """

    folder: Path
    raw: Callable[[], bytes]
    is_device: bool


@contextmanager
def disk(place: Path) -> Iterator[Disk]:
    """An empty one, gone on leaving."""
    image, folder = place / "disk.img", place / "disk"
    folder.mkdir()
    is_mounted = _made(image) and _done("mount", "-o", "loop", image, folder)
    try:
        yield Disk(folder, lambda: _read(image if is_mounted else folder), is_mounted)
    finally:
        if is_mounted:
            _done("umount", folder)


def _made(image: Path) -> bool:
    with image.open("wb") as file:
        file.truncate(SIZE_BYTES)
    return _done("mkfs.ext4", "-q", "-F", image)


def _done(command: str, *arguments: object) -> bool:
    found = shutil.which(command, path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin")
    if found is None:
        return False
    words = [found, *map(str, arguments)]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def _read(place: Path) -> bytes:
    os.sync()
    if place.is_file():
        return place.read_bytes()
    return b"\0".join(path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file())
