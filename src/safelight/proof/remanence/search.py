"""Search: every place where bytes of a job could have stayed, and what of the canaries is there.

    memory       of every living process of a family, by /proc/PID/mem
    descriptors  files without a name that one of them holds open: memfds, deleted files
    files        contents of everything below the folders that are watched, and of other devices
    names        of the same files

The one who searches holds the mark itself, so it must not belong to the family.
"""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from safelight.proof.remanence.canary import LONGEST_BYTES, Mark

WINDOW_BYTES = 1 << 23
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
# What the kernel tells of a page: 8 bytes, whose highest two bits say that it is in memory or
# swapped out.
ENTRY_BYTES, PAGES_AT_ONCE = 8, 1 << 18
IS_IN_USE = bytes(bool(top & 0xC0) for top in range(256))
RUN = re.compile(rb"\x01+")
UNREADABLE = ("[vvar]", "[vvar_vclock]", "[vsyscall]", "[vdso]")


@dataclass
class Found:
    """What one search saw: copies by detector and place, processes that were read and those that
    the kernel closes to this user, and how many bytes were looked through. waited_s is how long
    after it was asked for it began, where earlier ones still found something.
    """

    copies: dict[str, Counter[str]] = field(default_factory=dict)
    read: int = 0
    closed: int = 0
    bytes_searched: int = 0
    waited_s: float = 0.0

    def add(self, detector: str, found: Counter[str]) -> None:
        self.copies.setdefault(detector, Counter()).update(found)

    def of(self, detector: str) -> int:
        """Copies of all places that this detector saw."""
        return sum(self.copies.get(detector, Counter()).values())

    @property
    def total(self) -> int:
        return sum(map(self.of, self.copies))


def search(mark: Mark, pids: Iterable[int], folders: Sequence[Path]) -> Found:
    """Look through these processes, what they hold open, and everything below the folders."""
    found = Found()
    seen: set[tuple[int, int]] = set()
    for pid in pids:
        search_process(mark, pid, found, seen)
    for folder in folders:
        search_folder(mark, folder, found)
    return found


def search_process(mark: Mark, pid: int, found: Found, seen: set[tuple[int, int]]) -> None:
    """Its memory, and files without a name that it holds; each such file once for all in seen."""
    try:
        found.add("memory", _memory(mark, pid, found))
        found.read += 1
    except FileNotFoundError:
        return
    except PermissionError:
        found.closed += 1
    except ProcessLookupError:
        return
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                facts = entry.stat()
                identity = (facts.st_dev, facts.st_ino)
                if stat.S_ISREG(facts.st_mode) and not facts.st_nlink and identity not in seen:
                    seen.add(identity)
                    found.add("descriptors", search_file(mark, entry, found))


def search_folder(mark: Mark, folder: Path, found: Found) -> None:
    """Contents and names of everything below the folder."""
    text = mark.text
    for place, folders, files in os.walk(folder):
        named = sum(text in name for name in (*folders, *files))
        found.add("names", +Counter(name=named))
        for name in files:
            path = Path(place, name)
            with suppress(OSError):
                if stat.S_ISREG(path.lstat().st_mode):
                    found.add("files", search_file(mark, path, found))


def search_file(mark: Mark, path: Path, found: Found) -> Counter[str]:
    """All data of a file or a block device; holes are passed over. Raises OSError."""
    copies: Counter[str] = Counter()
    with path.open("rb", buffering=0) as file:
        fd = file.fileno()
        for part in _extents(fd):
            copies += _windows(mark, fd, part, found)
    return copies


def _extents(fd: int) -> Iterator[tuple[int, int]]:
    """Where there are data, found without the code that overwrites them: what one overlooked the
    other must not.
    """
    size = os.lseek(fd, 0, os.SEEK_END)
    end = 0
    while end < size:
        try:
            start = os.lseek(fd, end, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(fd, start, os.SEEK_HOLE)
        yield start, end


def _memory(mark: Mark, pid: int, found: Found) -> Counter[str]:
    copies: Counter[str] = Counter()
    with (
        open(f"/proc/{pid}/mem", "rb", buffering=0) as memory,
        open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pages,
    ):
        for low, high, is_whole in _regions(pid):
            runs = [(low, high)] if is_whole else _present(pages.fileno(), low, high)
            for part in runs:
                copies += _windows(mark, memory.fileno(), part, found)
    return copies


def _regions(pid: int) -> Iterator[tuple[int, int, bool]]:
    """What is mapped and could hold bytes of a job, and whether all of it may be there without
    having been looked at: what is shared, and files without a name. Code and data of programs as
    they lie on the disk, which nobody can write to, are left out.
    """
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        ends, rights, _, _, _, *rest = line.split(maxsplit=5)
        name = rest[0] if rest else ""
        is_nameless = name.endswith("(deleted)")
        is_file = name.startswith("/") and not is_nameless
        if "r" not in rights or name in UNREADABLE or (is_file and "w" not in rights):
            continue
        low, high = (int(end, 16) for end in ends.split("-"))
        yield low, high, is_nameless or rights.endswith("s")


def _present(pagemap: int, low: int, high: int) -> Iterator[tuple[int, int]]:
    """The parts of private memory that are in use, in memory or swapped out."""
    for begin in range(low, high, PAGES_AT_ONCE * PAGE_BYTES):
        count = min(PAGES_AT_ONCE, (high - begin) // PAGE_BYTES)
        entries = os.pread(pagemap, ENTRY_BYTES * count, begin // PAGE_BYTES * ENTRY_BYTES)
        in_use = entries[ENTRY_BYTES - 1 :: ENTRY_BYTES].translate(IS_IN_USE)
        for run in RUN.finditer(in_use):
            yield begin + run.start() * PAGE_BYTES, begin + run.end() * PAGE_BYTES


def _windows(mark: Mark, fd: int, part: tuple[int, int], found: Found) -> Counter[str]:
    """Canaries that begin within this part, however they lie across two windows."""
    copies: Counter[str] = Counter()
    overlap, (start, end) = b"", part
    while start < end:
        try:
            data = os.pread(fd, min(WINDOW_BYTES, end - start), start)
        except OSError:  # a page that even the kernel does not read
            data, start = b"", start + PAGE_BYTES
            copies, overlap = copies + mark.count(overlap), b""
            continue
        if not data:
            break
        found.bytes_searched += len(data)
        start += len(data)
        held = overlap + data
        until = max(0, len(held) - LONGEST_BYTES)
        copies += mark.count(held, until)
        overlap = held[until:]
    return copies + mark.count(overlap)
