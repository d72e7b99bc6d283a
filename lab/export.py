"""Write the trained upscalers as ONNX files, in float32 and with an 8-bit body.

python -m lab.export
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from lab.draw import CACHE
from lab.graph import Quantised, build
from lab.net import Upscaler
from lab.settle import WEIGHT_BITS, calibration_pictures, forward_rounded, load_folded, settled_file

BUILTIN = Path(__file__).resolve().parents[1] / "src/safelight/models/builtin"
LARGEST_DIFFERENCE, LARGEST_MEAN_ROUNDED_DIFFERENCE = 1e-5, 1e-3
LARGEST_FILE_BYTES = 1_000_000


def run(model: onnx.ModelProto, luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the runtime computes, on one thread of the processor."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(None, {"luma": luma})[0], np.float32)


def calibration_luma(scale: int) -> NDArray[np.float32]:
    """One drawn picture as the net takes it."""
    return (calibration_pictures(scale)[0][None, None] / np.float32(255)).astype(np.float32)


def arrays(values: dict[str, Any]) -> dict[str, NDArray[np.float32]]:
    """Weights as numpy."""
    return {name: value.detach().numpy() for name, value in values.items()}


def write(model: onnx.ModelProto, path: Path) -> None:
    """Save without external data, under 1 MB, all or nothing."""
    data = model.SerializeToString(deterministic=True)
    if len(data) >= LARGEST_FILE_BYTES:
        raise SystemExit(f"{path.name} is {len(data)} bytes, too large to ship")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def export_exact(folder: Path, scale: int, target: Path) -> None:
    """Write the float32 file; refused where it differs from torch by more than 1e-5."""
    net = load_folded(folder, scale)
    model = build(arrays(net.state_dict()), scale)
    luma = calibration_luma(scale)
    with torch.no_grad():
        wanted = net(torch.from_numpy(luma)).clamp(0, 1).numpy()
    difference = float(np.abs(wanted - run(model, luma)).max())
    if difference > LARGEST_DIFFERENCE:
        raise SystemExit(f"x{scale}: the file differs from the net by {difference:.2e}")
    write(model, target / f"upscale-x{scale}-fp32.onnx")
    print(f"x{scale}: float32 within {difference:.1e} of torch")


def export_small(folder: Path, scale: int, target: Path) -> None:
    """Write the 8-bit file; refused where it is not what `lab.settle` trained."""
    settled = torch.load(settled_file(folder, scale), weights_only=True)
    quantised = Quantised(settled["peaks"], WEIGHT_BITS)
    model = build(arrays(settled["weights"]), scale, quantised)
    net = Upscaler(scale)
    net.load_state_dict(settled["weights"])
    luma = calibration_luma(scale)
    with torch.no_grad():
        wanted = forward_rounded(net, torch.from_numpy(luma), settled["peaks"])
    difference = float(np.abs(wanted.clamp(0, 1).numpy() - run(model, luma)).mean())
    if difference > LARGEST_MEAN_ROUNDED_DIFFERENCE:
        raise SystemExit(f"x{scale}: the 8-bit file differs from the net by {difference:.2e}")
    write(model, target / f"upscale-x{scale}.onnx")
    print(f"x{scale}: 8-bit body within {difference:.1e} of torch in the mean")


def main() -> None:
    """Export both scales."""
    parser = argparse.ArgumentParser(description="write the trained nets as ONNX files")
    parser.add_argument("--folder", type=Path, default=CACHE)
    parser.add_argument("--target", type=Path, default=BUILTIN)
    options = parser.parse_args()
    for scale in (2, 4):
        export_exact(options.folder, scale, options.target)
        export_small(options.folder, scale, options.target)


if __name__ == "__main__":
    main()
