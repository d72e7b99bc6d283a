"""A family: one process and all that descend from it; what the kernel counts for each."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def family(pid: int) -> list[int]:
    """The process and its living descendants."""
    parents: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry.name)] = int(fields[1])
    found = {pid} & parents.keys()
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


def written_bytes(pid: int) -> int:
    """What the process has had written to storage so far; 0 where the kernel does not tell."""
    return _number(PROC / str(pid) / "io", "write_bytes")


def swapped_bytes(pid: int) -> int:
    """How much of the process is swapped out now; 0 where the kernel does not tell."""
    return 1024 * _number(PROC / str(pid) / "status", "VmSwap")


def _number(path: Path, name: str) -> int:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return 0
    for line in lines:
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0])
    return 0
