"""Peak memory of large pictures: the proportional set size of a fresh process, sampled at 50 Hz.

    python bench/memory.py [--check]

A 100 MP JPEG is reduced to 2048 pixels; a 12 MP JPEG is enlarged four times to a JPEG of 192 MP.
The peak includes the interpreter, libvips, the runtime, the input and the encoded result.
--check: exit 1 when a peak is above 200 MB for the first, 500 MB for the second.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.drawing import jpeg
from bench.watch import set_size

CASES = {
    "resize": ((11_600, 8_700), 200, "100 MP JPEG to 2048 px"),
    "upscale": ((4_000, 3_000), 500, "12 MP JPEG x4 to JPEG"),
}
SAMPLES_PER_S = 50


def work(case: str, path: Path) -> None:
    """The job itself, in the process that is watched."""
    from safelight.codecs.decode import open_image
    from safelight.codecs.encode import encode
    from safelight.limits import Limits
    from safelight.models.runtimes import open_session
    from safelight.models.store import Store
    from safelight.operation import Context, ModelNeed, Operation, Session
    from safelight.ops.resize import Resize
    from safelight.ops.upscale import Upscale

    def session(need: ModelNeed) -> Session:
        with Store().load(need) as model:
            return open_session(model.entry, model.view(), threads=1)

    operation: Operation = Resize(fit="2048x2048") if case == "resize" else Upscale(scale=4)
    view, limits = memoryview(path.read_bytes()), Limits()
    image = operation.apply(open_image(view, limits), Context(limits, session))
    made = encode(image, view, limits)
    print(f"{made.width}x{made.height}, {sum(map(len, made.pieces)) / 1e6:.1f} MB", end=", ")


def peak(case: str, path: Path) -> float:
    """Run the job in a fresh process; its highest set size in MB."""
    highest, start = 0, time.perf_counter()
    command = [sys.executable, "-m", "bench.memory", "--case", case, "--input", str(path)]
    with subprocess.Popen(command) as child:
        while child.poll() is None:
            highest = max(highest, set_size(child.pid))
            time.sleep(1 / SAMPLES_PER_S)
    if child.returncode:
        sys.exit(f"{case} failed")
    print(f"{time.perf_counter() - start:.1f} s", end=", ")
    return highest / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description="peak memory of large pictures")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--case", choices=sorted(CASES), help=argparse.SUPPRESS)
    parser.add_argument("--input", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        work(options.case, options.input)
        sys.stdout.flush()
        return
    over = []
    with tempfile.TemporaryDirectory() as folder:
        for case, (size, most, words) in CASES.items():
            path = Path(folder) / f"{case}.jpg"
            path.write_bytes(jpeg(*size))
            print(f"{words}: ", end="", flush=True)
            highest = peak(case, path)
            print(f"peak {highest:.0f} MB, at most {most}")
            over += [case] * (highest > most)
    if options.check and over:
        sys.exit(f"too much memory: {', '.join(over)}")


if __name__ == "__main__":
    main()
