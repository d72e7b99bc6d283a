"""Write the trained upscalers as ONNX files, in float32 and with an 8-bit body.

    python -m lab.export

Calibrated on drawn pictures only, of a seed that training never saw.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from lab.draw import CACHE, CALIBRATION_SEED, draw_picture
from lab.graph import Quantised, build
from lab.net import Upscaler
from lab.train import reduce_bicubic

BUILTIN = Path(__file__).resolve().parents[1] / "src/safelight/models/builtin"
CALIBRATION_PICTURES, WEIGHT_BITS = 24, 8
LARGEST_DIFFERENCE, LARGEST_FILE_BYTES = 1e-5, 1_000_000


def load_net(folder: Path, scale: int) -> Upscaler:
    """The averaged weights of a finished or running training, folded."""
    state = torch.load(folder / f"upscale-x{scale}.state.pt", weights_only=True)
    net = Upscaler(scale)
    net.load_state_dict(state["mean"])
    return net.fold()


def calibration_pictures(scale: int) -> list[NDArray[np.uint8]]:
    """Small drawn pictures, each in 8 bits."""
    side = 512 // scale
    pictures = (draw_picture(i, CALIBRATION_SEED) for i in range(CALIBRATION_PICTURES))
    return [reduce_bicubic(picture, side) for picture in pictures]


def measure_peaks(net: Upscaler, pictures: list[NDArray[np.uint8]]) -> list[float]:
    """For each body input and the last output: the ceiling with the least squared error."""
    seen: list[list[Tensor]] = [[] for _ in range(len(net.body) + 1)]
    with torch.no_grad():
        for picture in pictures:
            value = torch.relu(net.head(as_input(picture)))
            seen[0].append(value[..., ::3, ::3].flatten())
            for index, layer in enumerate(net.body):
                value = torch.relu(layer(value))
                seen[index + 1].append(value[..., ::3, ::3].flatten())
    return [best_peak(torch.cat(values)) for values in seen]


def best_peak(values: Tensor) -> float:
    """The top of the 8-bit range that loses least, between a third and all of the maximum."""
    largest = float(values.max())
    trials = [largest * share for share in np.linspace(0.3, 1.0, 29)]

    def loss(peak: float) -> float:
        step = peak / 255
        rounded = torch.clamp(torch.round(values / step), 0, 255) * step
        return float((rounded - values).square().mean())

    return min(trials, key=loss)


def as_input(picture: NDArray[np.uint8]) -> Tensor:
    """[1,1,H,W] in 0..1."""
    return torch.from_numpy(picture.astype(np.float32)[None, None] / 255)


def open_session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """One thread, on the processor."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def check_same(net: Upscaler, model: onnx.ModelProto, picture: NDArray[np.uint8]) -> float:
    """The largest difference between torch and the float32 file, refused above 1e-5."""
    luma = as_input(picture)
    with torch.no_grad():
        wanted = net(luma).clamp(0, 1).numpy()
    got = open_session(model).run(None, {"luma": luma.numpy()})[0]
    difference = float(np.abs(wanted - got).max())
    if difference > LARGEST_DIFFERENCE:
        raise SystemExit(f"the exported net differs from the trained one by {difference:.2e}")
    return difference


def write(model: onnx.ModelProto, path: Path) -> None:
    """Save without external data, under 1 MB, all or nothing."""
    data = model.SerializeToString(deterministic=True)
    if len(data) >= LARGEST_FILE_BYTES:
        raise SystemExit(f"{path.name} is {len(data)} bytes, too large to ship")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def export(folder: Path, scale: int, target: Path, *, weight_bits: int) -> None:
    """Write both files of one scale."""
    net = load_net(folder, scale)
    weights = {name: value.numpy() for name, value in net.state_dict().items()}
    pictures = calibration_pictures(scale)
    exact = build(weights, scale)
    difference = check_same(net, exact, pictures[0])
    write(exact, target / f"upscale-x{scale}-fp32.onnx")
    quantised = Quantised(measure_peaks(net, pictures), weight_bits)
    write(build(weights, scale, quantised), target / f"upscale-x{scale}.onnx")
    print(f"x{scale}: float32 within {difference:.1e} of torch")


def main() -> None:
    """Export both scales."""
    parser = argparse.ArgumentParser(description="write the trained nets as ONNX files")
    parser.add_argument("--folder", type=Path, default=CACHE)
    parser.add_argument("--target", type=Path, default=BUILTIN)
    parser.add_argument("--weight-bits", type=int, default=WEIGHT_BITS)
    options = parser.parse_args()
    for scale in (2, 4):
        export(options.folder, scale, options.target, weight_bits=options.weight_bits)


if __name__ == "__main__":
    main()
