"""Methods that mend or enlarge worn pictures, and the wear itself, for bench/restore.py.

Pictures are [H, W, 3], 8 bits. OpenCV's non-local means is the plain method people use today; it
is loaded only here.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from lab.degrade import Compression, Hardship, compress, make_small

ROOT = Path(__file__).resolve().parents[1]
BUILTIN = ROOT / "src/safelight/models/builtin"

Picture = NDArray[np.uint8]
Mend = Callable[[Picture, float], NDArray[np.floating[Any]]]
Enlarge = Callable[[Picture, int], Picture]

HARDSHIPS = {
    "soft, light noise, JPEG 75": Hardship(1.0, 4.0, Compression(75, "4:2:0")),
    "soft, noisy, JPEG 50": Hardship(1.6, 8.0, Compression(50, "4:2:0")),
    "JPEG 40": Hardship(0.0, 0.0, Compression(40, "4:2:0")),
}
"""Blur in pixels of the large picture, noise in 8-bit steps, then how it is compressed."""


def pictures_of(folder: Path, count: int) -> list[Picture]:
    """The first pictures of a folder by name, with even sides."""
    found = []
    for path in sorted(folder.glob("*.png"))[:count]:
        with Image.open(path) as opened:
            whole = np.asarray(opened.convert("RGB"))
        found.append(whole[: whole.shape[0] // 4 * 4, : whole.shape[1] // 4 * 4])
    return found


def greyed(picture: Picture) -> Picture:
    """Pillow's luma in three channels."""
    return np.asarray(Image.fromarray(picture).convert("L").convert("RGB"))


def luma(picture: NDArray[Any]) -> NDArray[np.float64]:
    """BT.601 luma, 16..235."""
    value: NDArray[np.float64] = 16 + picture.astype(np.float64) @ [65.481, 128.553, 24.966] / 255
    return value


def psnr_db(one: NDArray[Any], other: NDArray[Any], *, border_px: int = 0) -> float:
    """Against 255, after rounding both."""
    cut = np.s_[border_px : one.shape[0] - border_px, border_px : one.shape[1] - border_px]
    gap = np.rint(one[cut].astype(np.float64)) - np.rint(other[cut].astype(np.float64))
    return float(10 * np.log10(255**2 / max(float(np.mean(gap**2)), 1e-12)))


@lru_cache(maxsize=16)
def session_of(file: Path) -> Any:
    """A model on one thread of the processor."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def answer(name: str, tensor: NDArray[np.float32]) -> NDArray[np.float64]:
    """What a built-in model makes of [1, C, H, W], as [H, W, C] in 8-bit steps, not rounded."""
    session = session_of(BUILTIN / f"{name}.onnx")
    out = session.run(None, {session.get_inputs()[0].name: tensor})[0]
    steps: NDArray[np.float64] = np.asarray(out[0], np.float64).transpose(1, 2, 0) * 255
    return steps


def net(name: str) -> Mend:
    """Mend with a built-in model; the second argument is what its plane tells, in hundredths."""

    def mend(picture: Picture, told: float) -> NDArray[np.floating[Any]]:
        height, width = picture.shape[:2]
        even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        tensor = np.full((1, 4, *even.shape[:2]), told / 100, np.float32)
        tensor[0, :3] = even.transpose(2, 0, 1) / np.float32(255)
        return answer(name, tensor)[:height, :width]

    return mend


def opencv() -> Any:
    """OpenCV on one thread."""
    found = importlib.import_module("cv2")
    found.setNumThreads(1)
    return found


def non_local_means(picture: Picture, sigma: float) -> NDArray[np.floating[Any]]:
    """OpenCV's, with the noise level as its strength, windows 7 and 21."""
    cv2 = opencv()
    if (picture[:, :, 0] == picture[:, :, 1]).all():
        grey = cv2.fastNlMeansDenoising(np.ascontiguousarray(picture[:, :, 0]), None, sigma, 7, 21)
        return np.repeat(grey[:, :, None], 3, axis=2).astype(np.float64)
    out = cv2.fastNlMeansDenoisingColored(picture, None, sigma, sigma, 7, 21)
    return np.asarray(out, np.float64)


def bilateral(picture: Picture, _: float) -> NDArray[np.floating[Any]]:
    """OpenCV's bilateral filter, mild: the plain way to soften blocks."""
    return np.asarray(opencv().bilateralFilter(picture, 5, 18, 2), np.float64)


def unchanged(picture: Picture, _: float) -> NDArray[np.floating[Any]]:
    """The picture as it is."""
    return picture.astype(np.float64)


def worn(picture: Picture, scale: int, hardship: Hardship, seed: int) -> Picture:
    """The small worn copy of a picture; the same for the same seed."""
    random = np.random.default_rng([seed, scale])
    return make_small(random, picture, scale, hardship, white=True)


def recompressed(picture: Picture, quality: int, subsampling: str = "4:2:0") -> Picture:
    """The picture after a JPEG by Pillow."""
    return compress(picture, Compression(quality, subsampling))


def plain(resample: Image.Resampling) -> Enlarge:
    """Enlarge with one of Pillow's filters."""

    def enlarge(small: Picture, scale: int) -> Picture:
        image = Image.fromarray(small)
        return np.asarray(image.resize((image.width * scale, image.height * scale), resample))

    return enlarge


def by_luma(small: Picture, scale: int) -> Picture:
    """The built-in `fast` upscaler on luma, chroma by Pillow's bicubic filter."""
    planes = np.asarray(Image.fromarray(small).convert("YCbCr"))
    tensor = planes[None, None, :, :, 0].astype(np.float32) / np.float32(255)
    large = Image.fromarray(planes).resize(
        (small.shape[1] * scale, small.shape[0] * scale), Image.Resampling.BICUBIC
    )
    made = np.array(large)
    made[:, :, 0] = np.rint(answer(f"upscale-x{scale}", tensor)[:, :, 0])
    return np.asarray(Image.fromarray(made, "YCbCr").convert("RGB"))


def by_photo(small: Picture, scale: int) -> Picture:
    """The built-in `photo` upscaler."""
    tensor = small.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    made: Picture = np.rint(answer(f"upscale-x{scale}-photo", tensor)).astype(np.uint8)
    return made
