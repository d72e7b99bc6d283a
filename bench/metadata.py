"""Metadata removal: the JPEG walker in this process beside ExifTool, in one run.

ExifTool is given all files in one process (its start is shared by all of them). The walker is timed
twice: as a call on bytes in memory, and with reading the file, writing the clean one and the list
of changes.

python bench/metadata.py [--rounds 5] [--files 8]

Files are drawn here: noise at JPEG quality 90 with EXIF (GPS, camera, thumbnail), XMP, IPTC and a
profile. Exit 1 when a ratio is below what the project promises: 20 for small files (about 0.6 MB),
3 for large ones (about 4.4 MB).
"""

from __future__ import annotations

import argparse
import io
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image, ImageCms, ImageFilter

from safelight.codecs import scrub
from safelight.image import Wish

SIZES = {"small": (1000, 720, 20.0), "large": (2700, 1950, 3.0)}
XMP = (
    b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf="
    b"'http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' xmlns:dc="
    b"'http://purl.org/dc/elements/1.1/'><dc:creator><rdf:Seq><rdf:li>A. Person</rdf:li></rdf:Seq>"
    b"</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"
)
IPTC = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0e\x1c\x02\x50\0\x09A. Person"


def picture(width: int, height: int, seed: int) -> bytes:
    """A JPEG of soft noise with metadata of every usual kind."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(noise).filter(ImageFilter.GaussianBlur(0.6))
    exif = image.getexif()
    exif.update({0x010F: "Maker", 0x0110: "Model", 0x013B: "A. Person", 0x0112: 6})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    exif.get_ifd(0x8769).update({0x9003: "2026:01:02 03:04:05", 0xA431: "123456", 0x829A: 0.01})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90, exif=exif, icc_profile=profile)
    data = out.getvalue()
    extra = b"".join(
        struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
        for marker, body in ((0xE1, XMP), (0xED, IPTC))
    )
    return data[:2] + extra + data[2:] + b"trailer"


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of wall clock that one call takes."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1_000


def in_memory(data: list[bytes]) -> None:
    for one in data:
        scrub.rewrite(memoryview(one), "jpeg", Wish())


def with_files(files: list[Path], folder: Path) -> None:
    for file in files:
        pieces, _ = scrub.rewrite(memoryview(file.read_bytes()), "jpeg", Wish())
        with (folder / file.name).open("wb") as out:
            out.writelines(pieces)


def with_exiftool(files: list[Path], folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    line = ["exiftool", "-q", "-all=", "-o", f"{folder}/", *map(str, files)]
    subprocess.run(line, check=True, capture_output=True)


def compare(name: str, folder: Path, count: int, rounds: int) -> bool:
    width, height, wanted = SIZES[name]
    source, ours, theirs = (folder / name / part for part in ("in", "ours", "theirs"))
    for part in (source, ours, theirs):
        part.mkdir(parents=True)
    data = [picture(width, height, seed) for seed in range(count)]
    files = [source / f"{number}.jpg" for number in range(count)]
    for file, one in zip(files, data, strict=True):
        file.write_bytes(one)
    runs = [
        (
            timed(lambda: in_memory(data)) / count,
            timed(lambda: with_files(files, ours)) / count,
            timed(lambda: with_exiftool(files, theirs)) / count,
        )
        for _ in range(rounds)
    ]
    memory, whole, exiftool = (median(column) for column in zip(*runs, strict=True))
    mega = sum(map(len, data)) / count / 1e6
    ratio = exiftool / memory
    print(
        f"{name:6} {mega:5.2f} MB  walker {memory:6.2f} ms  with files {whole:6.2f} ms  "
        f"exiftool {exiftool:7.2f} ms  ratio {ratio:5.1f} (with files {exiftool / whole:4.1f}), "
        f"wanted {wanted:.0f}: {'ok' if ratio >= wanted else 'MISSED'}"
    )
    return bool(ratio >= wanted)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=8)
    options = parser.parse_args()
    if shutil.which("exiftool") is None:
        print("exiftool is not installed: it is what this is compared with", file=sys.stderr)
        return 7
    print(f"medians of {options.rounds} rounds over {options.files} files, ms of wall per file")
    with tempfile.TemporaryDirectory() as folder:
        verdicts = [compare(name, Path(folder), options.files, options.rounds) for name in SIZES]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    raise SystemExit(main())
