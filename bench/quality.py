"""How close the enlarged picture comes to the original, beside plain and published methods.

    python bench/quality.py            print the table
    python bench/quality.py --check    also exit 1 where a floor is missed

Reference pictures are reduced with Pillow's bicubic filter, enlarged again, and compared by
PSNR on BT.601 luma (16..235, as in the papers) with a border of `scale` pixels cut.
Needs the pictures of Set5, BSD100 and Urban100, which the project does not ship.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from PIL import Image

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

ROOT = Path(__file__).resolve().parents[1]
BUILTIN = ROOT / "src/safelight/models/builtin"
PICTURES = ROOT.parent / "shared/data/superres"
SETS = {"Set5": "set5", "BSD100 (20)": "bsd100", "Urban100 (10)": "urban100"}
FLOORS_DB = {2: 36.5, 4: 30.8}
LARGEST_INT8_LOSS_DB = 0.03

Luma = NDArray[np.float64]
Method = Callable[[Image.Image], Luma]


@dataclass(frozen=True)
class Published:
    """A figure from a paper, not measured here; whole sets, MATLAB's bicubic reduction."""

    method: str
    scale: int
    set5_db: float
    source: str


PUBLISHED = (
    Published("FSRCNN", 2, 37.00, "Dong et al., ECCV 2016"),
    Published("FSRCNN", 4, 30.71, "Dong et al., ECCV 2016"),
    Published("VDSR", 2, 37.53, "Kim et al., CVPR 2016"),
    Published("VDSR", 4, 31.35, "Kim et al., CVPR 2016"),
    Published("ECBSR-M10C32", 4, 31.66, "Zhang et al., ACM MM 2021, not re-checked"),
)


def luma(picture: Image.Image) -> Luma:
    """BT.601 luma of an 8-bit picture, 16..235."""
    red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB"), np.float64), 2, 0)
    value: Luma = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255
    return value


def psnr_db(one: Luma, other: Luma, *, border_px: int) -> float:
    """Peak signal-to-noise ratio against 255, borders cut, both sides rounded to 8 bits."""
    cut = slice(border_px, -border_px)
    gap = np.rint(one[cut, cut]) - np.rint(other[cut, cut])
    return float(10 * np.log10(255**2 / max(float(np.mean(gap**2)), 1e-12)))


def plain(scale: int, resample: Image.Resampling) -> Method:
    """Enlarge with one of Pillow's filters."""
    return lambda low: luma(low.resize((low.width * scale, low.height * scale), resample))


def net(name: str) -> Method:
    """Enlarge the luma with a built-in model, whole and on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(BUILTIN / name), options, providers=["CPUExecutionProvider"]
    )

    def enlarge(low: Image.Image) -> Luma:
        full_range = ((luma(low) - 16) / 219).astype(np.float32)
        large = session.run(None, {"luma": full_range[None, None]})[0]
        restored: Luma = 16 + 219 * np.asarray(large, np.float64)[0, 0]
        return restored

    return enlarge


def methods(scale: int) -> dict[str, Method]:
    """Everything measured at this scale, plain first."""
    return {
        "bicubic (Pillow)": plain(scale, Image.Resampling.BICUBIC),
        "Lanczos (Pillow)": plain(scale, Image.Resampling.LANCZOS),
        "ours, float32": net(f"upscale-x{scale}-fp32.onnx"),
        "ours, int8": net(f"upscale-x{scale}.onnx"),
    }


def measure(method: Method, folder: Path, scale: int) -> float:
    """Mean PSNR over the pictures of a folder."""
    scores = []
    for path in sorted(folder.glob("*_HR.png")):
        with Image.open(path) as opened:
            whole = opened.convert("RGB")
        width, height = whole.width // scale, whole.height // scale
        high = whole.crop((0, 0, width * scale, height * scale))
        low = high.resize((width, height), Image.Resampling.BICUBIC)
        scores.append(psnr_db(method(low), luma(high), border_px=scale))
    return fmean(scores)


def table(scale: int, pictures: Path) -> dict[str, dict[str, float]]:
    """PSNR in dB by method and set."""
    return {
        name: {title: measure(method, pictures / folder, scale) for title, folder in SETS.items()}
        for name, method in methods(scale).items()
    }


def as_table(scale: int, scores: dict[str, dict[str, float]]) -> list[str]:
    """One scale as the lines of a Markdown table, published figures last."""
    lines = ["", f"x{scale}, PSNR-Y in dB", "", "| method | " + " | ".join(SETS) + " |"]
    lines.append("| --- " * (len(SETS) + 1) + "|")
    for name, row in scores.items():
        lines.append(f"| {name} | " + " | ".join(f"{score:.2f}" for score in row.values()) + " |")
    for figure in PUBLISHED:
        if figure.scale == scale:
            name = f"{figure.method}, published ({figure.source})"
            lines.append(f"| {name} | {figure.set5_db:.2f} |" + " |" * (len(SETS) - 1))
    return lines


def misses(scale: int, scores: dict[str, dict[str, float]]) -> list[str]:
    """What falls short of the promise at this scale."""
    exact, small = scores["ours, float32"], scores["ours, int8"]
    found = []
    if small["Set5"] < FLOORS_DB[scale]:
        found.append(f"x{scale} Set5 {small['Set5']:.2f} dB is below {FLOORS_DB[scale]}")
    for title in SETS:
        loss = exact[title] - small[title]
        if loss > LARGEST_INT8_LOSS_DB:
            found.append(f"x{scale} {title}: int8 loses {loss:.3f} dB")
    return found


def main() -> int:
    """Print both tables; with --check, 1 where something is missed or cannot be measured."""
    parser = argparse.ArgumentParser(description="measure the quality of the built-in upscalers")
    parser.add_argument("--check", action="store_true", help="exit 1 where a floor is missed")
    parser.add_argument("--pictures", type=Path, default=PICTURES)
    options = parser.parse_args()
    missing = [f for f in SETS.values() if not list((options.pictures / f).glob("*_HR.png"))]
    if missing:
        print(
            f"not measured: no pictures for {', '.join(missing)}; give --pictures FOLDER",
            file=sys.stderr,
        )
        return 1 if options.check else 0
    found = []
    for scale in FLOORS_DB:
        scores = table(scale, options.pictures)
        print("\n".join(as_table(scale, scores)))
        found += misses(scale, scores)
    for line in found:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if options.check and found else 0


if __name__ == "__main__":
    sys.exit(main())
