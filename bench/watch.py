"""What a process and all that it started hold in memory, while pictures come out of it."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

PROC = Path("/proc")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SAMPLES_PER_S = 8


@dataclass(frozen=True)
class Sample:
    """Pictures done so far, and bytes held by the whole family at that moment."""

    done: int
    held_bytes: int


def family(process: int) -> list[int]:
    """The process and all below it that are alive."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            parent = _parent(entry)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry.name))
    found, rest = [], [process]
    while rest:
        found.append(rest.pop())
        rest += children.get(found[-1], [])
    return found


def _parent(entry: Path) -> int | None:
    try:
        # The name of a process stands in brackets and may hold anything.
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def set_size(process: int) -> int:
    """Proportional set size in bytes; 0 once the process has ended.

    The resident size, which is never smaller, where the kernel does not show the proportional one.
    """
    try:
        lines = (PROC / str(process) / "smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1_024 for line in lines if line.startswith("Pss:"))
    except (FileNotFoundError, ProcessLookupError):
        return 0
    except PermissionError:
        return int((PROC / str(process) / "statm").read_text().split()[1]) * PAGE_BYTES


def sheets(process: int) -> Iterator[tuple[int, int]]:
    """Files without a name that the process holds in memory: inode, bytes."""
    try:
        for entry in (PROC / str(process) / "fd").iterdir():
            if os.readlink(entry).startswith("/memfd:"):
                facts = entry.stat()
                if stat.S_ISREG(facts.st_mode):
                    yield facts.st_ino, facts.st_blocks * 512
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return


def held_bytes(process: int) -> int:
    """Sum over the family: set sizes, and once each the files in memory (at most counted twice
    where they are mapped as well).
    """
    members = family(process)
    files = {inode: size for member in members for inode, size in sheets(member)}
    return sum(map(set_size, members)) + sum(files.values())


def watched(
    command: Sequence[str],
    output: Path,
    environment: dict[str, str],
    *,
    per_s: float = SAMPLES_PER_S,
) -> list[Sample]:
    """Run a command that writes pictures into a folder; what it held, so often a second."""
    samples = []
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            held = held_bytes(child.pid)
            if held:
                samples.append(Sample(pictures_in(output), held))
            time.sleep(1 / per_s)
    if child.returncode:
        raise SystemExit(f"the command ended with {child.returncode}")
    return samples


def pictures_in(folder: Path) -> int:
    """Finished files, hidden ones not counted."""
    if not folder.is_dir():
        return 0
    return sum(not entry.name.startswith(".") for entry in os.scandir(folder))


def slope_bytes(samples: Sequence[Sample]) -> float:
    """Bytes that each picture leaves behind: the straight line of least squares."""
    middle, level = fmean(s.done for s in samples), fmean(s.held_bytes for s in samples)
    spread = sum((s.done - middle) ** 2 for s in samples)
    if not spread:
        raise ValueError("a slope needs samples at more than one count")
    return sum((s.done - middle) * (s.held_bytes - level) for s in samples) / spread


def settled(samples: Sequence[Sample], warm_up: int, total: int) -> list[Sample]:
    """Those while pictures were worked on: after the first ones, before the last one."""
    return [one for one in samples if warm_up <= one.done < total]


def level_bytes(samples: Sequence[Sample], first: int, last: int) -> float:
    """The middle of what was held between two counts of pictures."""
    found = [one.held_bytes for one in samples if first <= one.done < last]
    if not found:
        raise ValueError(f"no sample between pictures {first} and {last}")
    return median(found)
