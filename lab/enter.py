"""Write the catalogue entries of the built-in upscalers from the files themselves.

python -m lab.enter
"""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

MODELS = Path(__file__).resolve().parents[1] / "src/safelight/models"
TILE_PX, HALO_PX, MEBIBYTE = 256, 12, 1 << 20

ENTRY = """\
name = "{name}"
title = "{title}"
task = "upscale"
aliases = {aliases}
file = "{name}.onnx"
sha256 = "{sha256}"
size_bytes = {size_bytes}
licence = "Apache-2.0"
source = "drawn and trained by lab/"
card = "docs/models/upscale.md"
runtime = "onnx"
precision = "{precision}"
peak_bytes = {peak_bytes}
{exact}
[input]
name = "luma"
layout = "NCHW"
channels = 1
kind = "luma"
range = [0.0, 1.0]
mean = [0.0]
std = [1.0]
tile = {tile}
halo = {halo}

[output]
name = "luma_up"
kind = "luma"
scale = {scale}
range = [0.0, 1.0]
"""


def entry(file: Path, *, scale: int, precision: str) -> str:
    """The entry of one built-in file, as TOML."""
    data = file.read_bytes()
    small = precision == "int8"
    return ENTRY.format(
        name=file.stem,
        title=f"Upscaler x{scale}, drawn" + ("" if small else ", full precision"),
        aliases='["fast"]' if small else "[]",
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        precision=precision,
        peak_bytes=measure_peak(file),
        exact=f'exact = "{file.stem}-fp32"\n' if small else "",
        tile=TILE_PX,
        halo=HALO_PX,
        scale=scale,
    )


def measure_peak(file: Path) -> int:
    """Bytes that one session adds to a process over one tile with its halo, in whole MiB."""
    command = [sys.executable, "-m", "lab.enter", "--peak", str(file)]
    root = MODELS.parents[2]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=root)
    return -(-int(answer.stdout) // MEBIBYTE) * MEBIBYTE


def run_one_tile(file: Path) -> int:
    """Bytes by which the peak of this process rises; meant for a fresh process."""
    import onnxruntime

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    side = TILE_PX + 2 * HALO_PX
    session.run(None, {"luma": np.full((1, 1, side, side), 0.5, np.float32)})
    return 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)


def main() -> None:
    """Write every entry, or answer `--peak FILE` with one figure."""
    if sys.argv[1:2] == ["--peak"]:
        print(run_one_tile(Path(sys.argv[2])))
        return
    for scale in (2, 4):
        for suffix, precision in (("", "int8"), ("-fp32", "fp32")):
            name = f"upscale-x{scale}{suffix}"
            text = entry(MODELS / f"builtin/{name}.onnx", scale=scale, precision=precision)
            target = MODELS / f"catalogue/{name}.toml"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
            print(target.name)


if __name__ == "__main__":
    main()
