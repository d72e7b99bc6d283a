"""The whole command, as a user runs it: start-up, one cold scrub, and 200 files beside ExifTool.

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
        rows.append(folder_row(folder, "small", goal=4.0, files=chosen.files, rounds=chosen.rounds))
        rows.append(folder_row(folder, "large", goal=1.5, files=chosen.files, rounds=chosen.rounds))
    for what, measured, goal, is_met in rows:
        print(f"{what:44} {measured:34} {goal:16} {'met' if is_met else 'MISSED'}")
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


def folder_row(folder: Path, name: str, *, goal: float, files: int, rounds: int) -> Row:
    source = folder / name
    source.mkdir()
    size = SIZES[name]
    for number in range(min(files, 8)):
        (source / f"{number}.jpg").write_bytes(photograph(*size, seed=number))
    for number in range(8, files):
        shutil.copy(source / f"{number % 8}.jpg", source / f"{number}.jpg")
    ours, theirs = [], []
    for _ in range(max(2, rounds // 2)):
        ours.append(wall_s(lambda: scrub_folder(source, folder / "ours")))
        theirs.append(wall_s(lambda: exiftool_folder(source, folder / "theirs")))
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    each = f"{statistics.median(ours) / files * 1e3:.1f} against "
    each += f"{statistics.median(theirs) / files * 1e3:.1f} ms a file"
    shutil.rmtree(source)
    return (
        f"scrub of {files} {name} files against ExifTool",
        f"{ratio:.2f}x ({each})",
        f"at least {goal}x",
        ratio >= goal,
    )


def scrub_folder(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    quiet(safelight("scrub", str(source), "-o", f"{target}/", "-q"))


def exiftool_folder(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    quiet(["exiftool", "-q", "-all=", "--icc_profile:all", "-o", f"{target}/", str(source)])


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
