"""Three programs that remove metadata, over the same folder: ours, ExifTool and mat2.

Each takes a folder of files and writes what it made under the same names into another; a file that
it refuses or cannot write is not there afterwards.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from safelight.codecs import routing, scrub
from safelight.errors import InputRefused
from safelight.image import Wish

Cleaner = Callable[[Path, Path], None]
MOST_FILES = 40
MOST_S = 600


def by_us(source: Path, target: Path) -> None:
    """The walkers as `safelight scrub` calls them, with the usual profile."""
    for path in sorted(source.iterdir()):
        data = path.read_bytes()
        format = routing.route(data[: routing.ROUTE_BYTES])
        if format is None:
            continue
        try:
            pieces, _ = scrub.rewrite(memoryview(data), format, Wish())
        except InputRefused:
            continue
        (target / path.name).write_bytes(b"".join(pieces))


def by_exiftool(source: Path, target: Path) -> None:
    """`exiftool -all=`, all files in one process."""
    line = ["exiftool", "-q", "-q", "-m", "-all=", "-o", f"{target}/", str(source)]
    subprocess.run(line, check=False, capture_output=True, timeout=MOST_S)


def by_mat2(source: Path, target: Path) -> None:
    """`mat2`, as it comes. What it writes stands beside the file that it was given."""
    paths = sorted(source.iterdir())
    for start in range(0, len(paths), MOST_FILES):
        line = ["mat2", *map(str, paths[start : start + MOST_FILES])]
        subprocess.run(line, check=False, capture_output=True, timeout=MOST_S)
    for path in paths:
        made = path.with_name(f"{path.stem}.cleaned{path.suffix}")
        if made.exists():
            made.rename(target / path.name)


def cleaners() -> dict[str, Cleaner | None]:
    """By what they are called in the table; None for one that is not installed here."""
    found: dict[str, Cleaner | None] = {"safelight scrub": by_us}
    for word, program, cleaner in (
        ("exiftool -all=", "exiftool", by_exiftool),
        ("mat2", "mat2", by_mat2),
    ):
        found[word] = cleaner if shutil.which(program) else None
    return found


def version_of(program: str) -> str:
    """What it says of itself in one line; empty if it is not here."""
    if shutil.which(program) is None:
        return ""
    flag = "-ver" if program == "exiftool" else "--version"
    ran = subprocess.run([program, flag], capture_output=True, text=True, check=False)
    return ran.stdout.strip().removeprefix(program).strip()
