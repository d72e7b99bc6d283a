"""The net of bench/graphs.py's srvgg in ncnn, run in an environment of its own.

Not started by hand: bench/rivals.py starts it with build/rivals/bin/python. Each line on standard
input is the side of a square tile; the answer is the processor seconds that the net took for it.
"""

from __future__ import annotations

import importlib
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

CHANNELS, BODY, SCALE = 64, 32, 4
SEED = 2026
FP32_TAG = struct.pack("<I", 0)


def parameters() -> tuple[str, bytes]:
    """The two files of an ncnn model: its layers, and random weights."""
    draw = np.random.default_rng(SEED)
    lines = ["Input in 0 1 in0", "Split copy 1 2 in0 a0 base"]
    weights: list[bytes] = []
    came = 3
    for place in range(BODY + 2):
        goes = CHANNELS if place <= BODY else 3 * SCALE**2
        count = came * goes * 9
        size = f"0={goes} 1=3 4=1 5=1 6={count}"
        lines.append(f"Convolution conv{place} 1 1 a{place} b{place} {size}")
        spread = (2 / (came * 9)) ** 0.5
        weights += [FP32_TAG, draw.normal(0, spread, count).astype("<f4").tobytes()]
        weights.append(np.zeros(goes, "<f4").tobytes())
        if place <= BODY:
            lines.append(f"PReLU relu{place} 1 1 b{place} a{place + 1} 0={goes}")
            weights.append(np.full(goes, 0.1, "<f4").tobytes())
        came = goes
    lines += [
        f"PixelShuffle up 1 1 b{BODY + 1} up 0={SCALE}",
        f"Interp near 1 1 base near 0=1 1={SCALE}.0 2={SCALE}.0",
        "BinaryOp add 2 1 up near out0 0=0",
    ]
    blobs = 3 + 2 * (BODY + 1) + 1 + 3
    return f"7767517\n{len(lines)} {blobs}\n" + "\n".join(lines) + "\n", b"".join(weights)


def opened() -> tuple[Any, Any]:
    """The module and the net, one thread, everything else as ncnn has it."""
    ncnn = importlib.import_module("ncnn")
    net = ncnn.Net()
    net.opt.num_threads = 1
    layers, weights = parameters()
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / name) for name in ("net.param", "net.bin")]
        Path(names[0]).write_text(layers)
        Path(names[1]).write_bytes(weights)
        if net.load_param(names[0]) or net.load_model(names[1]):
            raise SystemExit("ncnn cannot read the net")
    return ncnn, net


def seconds(ncnn: Any, net: Any, side: int) -> float:
    """Processor seconds of one tile."""
    tile = np.random.default_rng(side).random((3, side, side), np.float32)
    extractor = net.create_extractor()
    extractor.input("in0", ncnn.Mat(tile))
    start = time.process_time()
    failed, answer = extractor.extract("out0")
    spent = time.process_time() - start
    if failed or np.array(answer).shape != (3, side * SCALE, side * SCALE):
        raise SystemExit("ncnn gave no picture")
    return spent


def main() -> None:
    ncnn, net = opened()
    print(ncnn.__version__, flush=True)
    for line in sys.stdin:
        print(seconds(ncnn, net, int(line)), flush=True)


if __name__ == "__main__":
    main()
