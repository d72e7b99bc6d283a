"""Small versions of a 12 MP JPEG: Safelight in this process beside bare pyvips, in one run.

    python bench/export.py [--rounds 9] [--check]

Both make a 400-pixel thumbnail and a 2048-pixel version, in JPEG of quality 85, one after the other
in every round. Printed: median wall and processor time in ms, and the ratio of the medians of the
processor time. --check: exit 1 when a ratio is above 1.1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from statistics import median

import pyvips

from bench.drawing import jpeg
from safelight.codecs.decode import open_image
from safelight.codecs.encode import encode
from safelight.limits import Limits
from safelight.operation import Context, ModelNeed, Session
from safelight.ops.resize import Resize

WIDTH, HEIGHT = 4_000, 3_000
SIDES = (400, 2_048)
QUALITY = 85
LARGEST_RATIO = 1.1


def no_session(need: ModelNeed) -> Session:
    raise LookupError(need)


def ours(data: bytes, side: int) -> int:
    """The whole way: header, limits, metadata, decode, reduce, encode. Gives the size in bytes."""
    view, limits = memoryview(data), Limits()
    wish = Resize(fit=f"{side}x{side}", quality=QUALITY)
    image = wish.apply(open_image(view, limits), Context(limits, no_session))
    return sum(map(len, encode(image, view, limits).pieces))


def bare(data: bytes, side: int) -> int:
    """What one would write by hand."""
    picture = pyvips.Image.thumbnail_buffer(data, side, height=side, size="down")
    return len(picture.jpegsave_buffer(Q=QUALITY, keep="none"))


def timed(work: Callable[[bytes, int], int], data: bytes, side: int) -> tuple[float, float, int]:
    wall, processor = time.perf_counter(), time.process_time()
    size = work(data, side)
    return (time.perf_counter() - wall) * 1e3, (time.process_time() - processor) * 1e3, size


def compare(data: bytes, side: int, rounds: int) -> float:
    """Print a row for each way; give the ratio of ours to the bare one."""
    runs: dict[str, list[tuple[float, float, int]]] = {"safelight": [], "pyvips": []}
    for _ in range(rounds + 1):
        runs["safelight"].append(timed(ours, data, side))
        runs["pyvips"].append(timed(bare, data, side))
    middle = {}
    for name, rows in runs.items():
        wall, processor = (median(row[index] for row in rows[1:]) for index in (0, 1))
        middle[name] = processor
        print(f"{side:>5} px  {name:<10} {wall:8.1f} {processor:8.1f}  {rows[0][2] / 1e3:8.1f} kB")
    return middle["safelight"] / middle["pyvips"]


def main() -> None:
    parser = argparse.ArgumentParser(description="small versions of a 12 MP JPEG")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    pyvips.cache_set_max(0)
    data = jpeg(WIDTH, HEIGHT)
    print(f"{WIDTH}x{HEIGHT}, {len(data) / 1e6:.1f} MB        wall ms   cpu ms      size")
    ratios = [compare(data, side, options.rounds) for side in SIDES]
    for side, ratio in zip(SIDES, ratios, strict=True):
        print(f"{side:>5} px  {ratio:.2f} times the processor time of bare pyvips")
    if options.check and max(ratios) > LARGEST_RATIO:
        sys.exit(f"a ratio is above {LARGEST_RATIO}")


if __name__ == "__main__":
    main()
