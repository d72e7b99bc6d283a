"""What is left of metadata after Safelight, ExifTool `-all=` and mat2, on the same files.

    python -m bench.left_behind [--quick] [--check] [--markdown]

Real files of many cameras and programs, read by ExifTool afterwards, with one list of what may stay
for all three, and those of a kind that we know and refuse, where it is only told who took them; and
small files with a canary in every place of their container, searched for it afterwards. Whether a
picture still looks the same is told by libvips, upright and in sRGB.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyvips

from bench.cleaners import Cleaner, cleaners, version_of
from bench.tables import Goal, Table, missing, show
from safelight.codecs import routing
from safelight.formats import EXTENSIONS, TABLE
from tests.codecs.oracle import leftovers
from tests.codecs.planting_pdf import everything_in
from tests.codecs.test_canaries import reveals
from tests.fuzz.seeds import drawn

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared/data"
QUICK = 3
LARGEST_GAP = 6.0
# Not on our own list, for we do not write them; and yet they tell nothing of anybody.
BENIGN = re.compile(
    r"ExifTool:Warning|QuickTime:Free|Composite:|Track\d:((Max|Average)Bitrate|BufferSize|Unknown_)"
)
# A format of ours, or the title of one that is known and refused; a file's ending; its bytes.
Files = list[tuple[str, str, bytes]]
UNSEEN = {format for format in TABLE if TABLE[format].kind != "picture"}
TITLES: dict[str, str] = {format: facts.title for format, facts in TABLE.items()}
FOLDERS = ("metadata", "formats")


@dataclass
class Result:
    """Of one program: files by format in which something is left, that it did not do, that look
    otherwise; and the names of what is left.
    """

    left: Counter[str] = field(default_factory=Counter)
    undone: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)


def real_files(most: int | None) -> Files:
    """The files that are known by name, read or refused, at most so many of each format."""
    found: dict[str, Files] = {}
    for path in sorted(one for name in FOLDERS for one in (DATA / name).rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        first = data[: routing.ROUTE_BYTES]
        format, foreign = routing.route(first), routing.foreign(first)
        if format is not None and TABLE[format].scrubs:
            found.setdefault(format, []).append((format, EXTENSIONS[format], data))
        elif foreign is not None and data:
            ending = path.suffix.lower().removeprefix(".") or foreign.endings[0]
            found.setdefault(foreign.title, []).append((foreign.title, ending, data))
    order = [*TABLE, *(foreign.title for foreign in routing.FOREIGN)]
    return [file for kind in order for file in found.get(kind, [])[:most]]


def planted_files(most: int | None) -> Files:
    """Small files with a canary each."""
    return [
        (format, EXTENSIONS[format], data)
        for format in TABLE
        for data in [one for one in drawn(format) if is_told(format, one)][:most]
    ]


def cleaned(cleaner: Cleaner, files: Files, folder: Path) -> Iterator[tuple[str, bytes, bytes]]:
    """Format, the file as it was, and what was made of it: nothing where it was not done."""
    source, target = folder / "in", folder / "out"
    for one in (source, target):
        shutil.rmtree(one, ignore_errors=True)
        one.mkdir(parents=True)
    names = [f"{n:04}.{ending}" for n, (_, ending, _) in enumerate(files)]
    for name, (_, _, data) in zip(names, files, strict=True):
        (source / name).write_bytes(data)
    cleaner(source, target)
    for name, (format, _, data) in zip(names, files, strict=True):
        made = target / name
        yield format, data, made.read_bytes() if made.exists() else b""


def on_real_files(cleaner: Cleaner, files: Files, folder: Path) -> Result:
    """Counted by ExifTool, and by how the pictures look."""
    result, seen = Result(), folder / "seen"
    seen.mkdir(parents=True)
    for number, (format, before, after) in enumerate(cleaned(cleaner, files, folder)):
        if not after:
            result.undone[format] += 1
            continue
        if format not in TABLE:  # what may stay in it is on no list here
            continue
        (seen / f"{number:04}.{format}").write_bytes(after)
        if format not in UNSEEN and not look_alike(before, after):
            result.other[format] += 1
    for name, tags in leftovers(seen).items():
        tags = [tag for tag in tags if BENIGN.match(tag) is None]
        if tags:
            result.left[files[int(name[:4])][0]] += 1
            result.names.update({tag.partition("=")[0] for tag in tags})
    return result


def on_planted_files(cleaner: Cleaner, files: Files, folder: Path) -> Result:
    """Counted by searching for the canary."""
    result = Result()
    for format, _, after in cleaned(cleaner, files, folder):
        result.undone[format] += not after
        result.left[format] += bool(after) and is_told(format, after)
    return result


def is_told(format: str, data: bytes) -> bool:
    """Whether the canary is found; in a PDF, in its unpacked streams too."""
    return reveals(data + everything_in(data) if format == "pdf" else data)


def look_alike(before: bytes, after: bytes) -> bool:
    """Whether small copies, upright and in sRGB, are the same but for rounding; so too where this
    reader knows neither.
    """
    one, other = small_copy(before), small_copy(after)
    if one is None:
        return True
    if other is None or one.shape != other.shape:
        return False
    return float(np.abs(one - other).mean()) <= LARGEST_GAP


def small_copy(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None:
    try:
        small = pyvips.Image.thumbnail_buffer(data, 64, export_profile="srgb")
        if small.hasalpha():
            small = small.flatten(background=[128] * (small.bands - 1))
        return np.asarray(small.colourspace("srgb").numpy(), np.float64)
    except pyvips.Error:
        return None


def compared(title: str, files: Files, *, is_real: bool) -> Table:
    """One row a format; a cell of each program says left, not done, and looks otherwise."""
    results: dict[str, Result | None] = {}
    with tempfile.TemporaryDirectory() as name:
        for word, cleaner in cleaners().items():
            folder = Path(name) / word.split()[0]
            count = on_real_files if is_real else on_planted_files
            results[word] = count(cleaner, files, folder) if cleaner else None
    counts = Counter(format for format, _, _ in files)
    rows = [
        (
            TITLES.get(format, format),
            str(count),
            *(cell(result, format, is_real=is_real) for result in results.values()),
        )
        for format, count in counts.items()
    ]
    notes = [
        f"left by {word}: {named(result)}" for word, result in results.items() if result and is_real
    ]
    ours = results["safelight scrub"]
    left = sum(ours.left.values()) if ours else len(files)
    goals = [Goal("files in which safelight leaves anything", left, 0, digits=0)]
    if ours and is_real:
        goals.append(Goal("files that look otherwise", sum(ours.other.values()), 0, digits=0))
    head = ("format", "files" if is_real else "places", *results)
    return Table(title, head, tuple(rows), tuple(notes), tuple(goals))


def cell(result: Result | None, format: str, *, is_real: bool) -> str:
    if result is None:
        return "missing"
    if format not in TABLE:
        return f"- / {result.undone[format]} / -"
    numbers = [result.left[format], result.undone[format]]
    return " / ".join(map(str, [*numbers, result.other[format]] if is_real else numbers))


def named(result: Result, most: int = 14) -> str:
    """The tags that are most often left."""
    words = [f"{name} ({count})" for name, count in result.names.most_common(most)]
    more = len(result.names) - most
    return ", ".join(words) + (f" and {more} more" if more > 0 else "") or "nothing"


def tables(quick: bool) -> list[Table]:
    """Both comparisons."""
    most = QUICK if quick else None
    versions = ", ".join(f"{name} {version_of(name)}" for name in ("exiftool", "mat2"))
    planted_title = f"Canaries: left in so many places / not done. {versions}"
    made = [compared(planted_title, planted_files(most), is_real=False)]
    if not DATA.is_dir():
        return [missing("Real files", "the pictures are not ours to ship"), *made]
    title = "Real files: something is left / not done / looks otherwise"
    return [compared(title, real_files(most), is_real=True), *made]


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
