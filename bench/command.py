"""The whole command, as a user runs it: start-up, one cold scrub, and 200 files beside ExifTool.

ExifTool pays its start once for a whole process, and neither cages nor flushes nor signs anything.
The goal is against 8 files a process; the other two rows say what a start each, and one start for
all, would give.

    python bench/command.py [--check]

Prints medians, and the ratio of each pair of runs taken in turn. --check exits 1 when a goal is
missed.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

FILES = 200
SMALL, LARGE = (1200, 900, 88), (4000, 3000, 87)
SIZES = {"small": SMALL, "large": LARGE}
Row = tuple[str, str, str, bool]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=FILES)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= {"SAFELIGHT_STATE_DIR": str(folder / "state"), "ORT_DISABLE_TELEMETRY": "1"}
        rows = [version_row(chosen.rounds), cold_row(folder, chosen.rounds)]
        for name, goal in (("small", 4.0), ("large", 1.5)):
            rows += folder_rows(
                folder, name, goal=goal, files=chosen.files, rounds=max(2, chosen.rounds // 2)
            )
    for what, measured, wanted, is_met in rows:
        verdict = "" if wanted == "for comparison" else "met" if is_met else "MISSED"
        print(f"{what:54} {measured:42} {wanted:16} {verdict}")
    return 1 if chosen.check and not all(row[3] for row in rows) else 0


def safelight(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "safelight.cli", *arguments]


def version_row(rounds: int) -> Row:
    def cpu_s() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        quiet(safelight("version"))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    seconds = statistics.median(cpu_s() for _ in range(rounds))
    return "version, CPU", f"{seconds:.3f} s", "under 0.2 s", seconds < 0.2


def cold_row(folder: Path, rounds: int) -> Row:
    photo = folder / "one.jpg"
    photo.write_bytes(photograph(*SMALL, seed=1))
    arguments = ("scrub", str(photo), "--existing", "overwrite", "-q")
    quiet(safelight(*arguments))
    seconds = statistics.median(wall_s(lambda: quiet(safelight(*arguments))) for _ in range(rounds))
    return "scrub one.jpg, cold, wall", f"{seconds:.3f} s", "under 0.8 s", seconds < 0.8


def folder_rows(folder: Path, name: str, *, goal: float, files: int, rounds: int) -> list[Row]:
    """Our command over all files in turn with ExifTool: a process each 8, each 1, one for all."""
    source = folder / name
    source.mkdir()
    for number in range(files):
        path = source / f"{number}.jpg"
        if number < 8:
            path.write_bytes(photograph(*SIZES[name], seed=number))
        else:
            shutil.copy(source / f"{number % 8}.jpg", path)
    paths = sorted(source.iterdir())
    ours: list[float] = []
    theirs: dict[int, list[float]] = {8: [], 1: [], files: []}
    for _ in range(rounds):
        ours.append(wall_s(lambda: scrub_folder(source, folder / "ours")) / files)
        for group, row in theirs.items():
            some = paths[: max(group, 4 * group if group < files else group)]
            row.append(wall_s(lambda: exiftool(some, group, folder / "theirs")) / len(some))  # noqa: B023 - called at once
    shutil.rmtree(source)
    return [
        row_of(f"scrub of {files} {name} files", ours, each, group, goal=goal if group == 8 else 0)
        for group, each in theirs.items()
    ]


def row_of(what: str, ours: list[float], theirs: list[float], group: int, *, goal: float) -> Row:
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    each = [statistics.median(row) * 1e3 for row in (ours, theirs)]
    measured = f"{ratio:.2f}x ({each[0]:.1f} against {each[1]:.1f} ms a file)"
    wanted = f"at least {goal}x" if goal else "for comparison"
    return f"{what}, ExifTool {group} a process", measured, wanted, ratio >= goal


def scrub_folder(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    quiet(safelight("scrub", str(source), "-o", f"{target}/", "-q"))


def exiftool(paths: list[Path], group: int, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    command = ["exiftool", "-q", "-all=", "--icc_profile:all", "-o", f"{target}/"]
    for start in range(0, len(paths), group):
        quiet([*command, *map(str, paths[start : start + group])])


def quiet(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def wall_s(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def photograph(width: int, height: int, quality: int, *, seed: int) -> bytes:
    """A JPEG of smooth shapes and grain with EXIF, GPS and an embedded thumbnail."""
    draw = np.random.default_rng(seed)
    coarse = draw.integers(0, 255, (height // 40 + 1, width // 40 + 1, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    grain = draw.normal(0, 7, (height, width, 1))
    picture = Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B] = "Maker", "Model", "A. Person"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (16.0, 22.0, 0.0)})
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
