"""Two ways to see every byte that reaches a disk, also of files that are gone: a file system of its
own, read raw; and, where nobody may mount one, a trace of every write.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from safelight.proof.remanence.canary import Mark
from safelight.proof.remanence.search import Found, search_file

SIZE_BYTES = 96 << 20
CALLS = "write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,splice"
# A descriptor that leads to a disk: neither memory, nor a pipe, nor a socket, nor a device.
TO_A_DISK = re.compile(rb"(?:write|writev|pwrite64|pwritev2?)\(\d+<(?!/memfd:|/dev/|pipe:|socket:)")

BYTE = re.compile(rb"\\x([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Disk:
    """A mounted file system and the file that it lies in."""

    mounted: Path
    raw: Path

    def copies(self, mark: Mark) -> int:
        """Canaries anywhere on it, in files or where files were."""
        for _ in range(2):
            os.sync()
        return sum(search_file(mark, self.raw, Found()).values())


@contextmanager
def disk(folder: Path, size_bytes: int = SIZE_BYTES) -> Iterator[Disk]:
    """An ext4 file system of its own, mounted below this folder. Raises OSError where that is
    refused.
    """
    raw, mounted = folder / "disk.img", folder / "disk"
    mounted.mkdir()
    with raw.open("wb") as file:
        file.truncate(size_bytes)
    _run("mkfs.ext4", "-q", "-F", str(raw))
    _run("mount", "-o", "loop", str(raw), str(mounted))
    try:
        yield Disk(mounted, raw)
    finally:
        _run("umount", "--lazy", str(mounted))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{command[0]}: {done.stderr.strip()}")


@cache
def can_mount() -> bool:
    """Whether this user may mount a file system here."""
    with TemporaryDirectory() as name:
        try:
            with disk(Path(name), 8 << 20):
                return True
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class Trace:
    """Every write of a process and its children, as the kernel was asked for it. What is written
    through a mapping of a file is not seen.
    """

    log: Path

    @property
    def command(self) -> tuple[str, ...]:
        """What to put before a command."""
        hexadecimal = ("-xx", "-y", "-s", str(1 << 24))
        return ("strace", "-f", "-qq", *hexadecimal, "-e", f"trace={CALLS}", "-o", str(self.log))

    def copies(self, mark: Mark) -> int:
        """Canaries in what was written to a disk."""
        return sum(sum(mark.count(line).values()) for line in self._writes())

    def writes(self) -> int:
        """How many writes to a disk were seen at all."""
        return len(self._writes())

    def _writes(self) -> list[bytes]:
        lines = self.log.read_bytes().splitlines()
        plain = (BYTE.sub(lambda found: bytes((int(found[1], 16),)), line) for line in lines)
        return [line for line in plain if TO_A_DISK.search(line)]
