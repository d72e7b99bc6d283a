"""The JPEG walker beside a plain copy of the same large files, hashing apart.

    python -m bench.copying [--quick] [--check] [--markdown]

Both read a file that lies in the page cache and write another one; neither flushes. The walker
finds the metadata, reads it, and writes the container anew around the coded pixels. The two take
turns, and the least of the rounds counts. SHA-256 over the same bytes is shown beside: the engine
hashes what it reads and what it writes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.command import photograph
from bench.metadata import XMP
from bench.tables import Goal, Table, show
from safelight.codecs import scrub
from safelight.image import Wish

SIZES = {"12 megapixels": (4_000, 3_000, 95), "48 megapixels": (8_000, 6_000, 95)}
ROUNDS, QUICK_ROUNDS = 15, 5
MOST = 2.0


def large_jpeg(width: int, height: int, quality: int) -> bytes:
    """A photograph with EXIF, an XMP packet and bytes behind its end."""
    data = photograph(width, height, quality, seed=3)
    packet = b"\xff\xe1" + (len(XMP) + 2).to_bytes(2) + XMP
    return data[:2] + packet + data[2:] + bytes(np.random.default_rng(1).bytes(4_000))


def walked(source: Path, target: Path) -> None:
    pieces, _ = scrub.rewrite(memoryview(source.read_bytes()), "jpeg", Wish())
    with target.open("wb", buffering=0) as out:
        os.writev(out.fileno(), pieces)


def copied(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def read_and_written(source: Path, target: Path) -> None:
    """A copy through the program's own memory, as anything that looks at the bytes has to do it."""
    target.write_bytes(source.read_bytes())


def hashed(source: Path, target: Path) -> None:
    hashlib.sha256(source.read_bytes()).digest()


WORK: dict[str, Callable[[Path, Path], None]] = {
    "walker": walked,
    "plain copy (in the kernel)": copied,
    "read and written": read_and_written,
    "SHA-256 alone": hashed,
}


def timed_ms(work: Callable[[Path, Path], None], source: Path, target: Path) -> float:
    target.unlink(missing_ok=True)
    started = time.perf_counter()
    work(source, target)
    return (time.perf_counter() - started) * 1e3


def tables(quick: bool) -> list[Table]:
    """Milliseconds of each, and the walker's as a multiple of the copy's."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    rows, goals = [], []
    with tempfile.TemporaryDirectory() as name:
        for words, size in SIZES.items():
            source = Path(name) / "in.jpg"
            source.write_bytes(large_jpeg(*size))
            best = dict.fromkeys(WORK, float("inf"))
            for _ in range(rounds):
                for what, work in WORK.items():
                    spent = timed_ms(work, source, Path(name) / "out.jpg")
                    best[what] = min(best[what], spent)
            ratio = best["walker"] / best["plain copy (in the kernel)"]
            mega = source.stat().st_size / 1e6
            cells = (f"{best[what]:.1f}" for what in WORK)
            rows.append((f"{words}, {mega:.1f} MB", *cells, f"{ratio:.2f}"))
            goals.append(Goal(f"{words}: walker, times a copy", ratio, MOST, "x"))
    head = ("JPEG", *WORK, "walker over copy")
    return [Table("Milliseconds a file", head, tuple(rows), goals=tuple(goals))]


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
