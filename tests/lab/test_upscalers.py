"""The shipped upscalers: what the catalogue says, and better than what they replace."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lab.draw import TEST_SEED
from lab.scene import draw_scene

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

MODELS = Path(__file__).resolve().parents[2] / "src/safelight/models"
NAMES = ("upscale-x2", "upscale-x2-fp32", "upscale-x4", "upscale-x4-fp32")
LEAST_GAIN_DB = {2: 2.0, 4: 1.0}
LARGEST_INT8_LOSS_DB = 0.1

Luma = NDArray[np.floating[Any]]


@cache
def entry(name: str) -> dict[str, Any]:
    return tomllib.loads((MODELS / f"catalogue/{name}.toml").read_text())


@cache
def session(name: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = str(MODELS / "builtin" / entry(name)["file"])
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def enlarge(name: str, low: Luma) -> Luma:
    return np.asarray(session(name).run(["luma_up"], {"luma": low[None, None]})[0][0, 0])


@cache
def pairs(scale: int) -> list[tuple[Image.Image, NDArray[np.uint8]]]:
    """Drawn pictures of a seed that neither training nor calibration used, small and whole."""
    whole = [draw_scene((TEST_SEED, index))[:256, :256] for index in range(3)]
    size = (256 // scale, 256 // scale)
    return [(Image.fromarray(p).resize(size, Image.Resampling.BICUBIC), p) for p in whole]


def psnr_db(large: NDArray[Any], whole: NDArray[np.uint8], scale: int) -> float:
    cut = slice(scale, -scale)
    gap = np.clip(np.rint(large[cut, cut]), 0, 255) - whole[cut, cut]
    return float(10 * np.log10(255**2 / np.mean(gap**2)))


def mean_psnr_db(name: str, scale: int) -> float:
    return float(np.mean([
        psnr_db(255 * enlarge(name, np.asarray(low, np.float32) / np.float32(255)), whole, scale)
        for low, whole in pairs(scale)
    ]))  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_shapes_and_range_are_those_of_the_contract(name: str) -> None:
    scale = entry(name)["output"]["scale"]
    for height, width in ((1, 1), (5, 17)):
        low = np.random.default_rng(1).random((height, width), np.float32)
        large = enlarge(name, low)
        assert large.shape == (height * scale, width * scale)
        assert large.dtype == np.float32
        assert large.min() >= 0
        assert large.max() <= 1


@pytest.mark.parametrize("scale", [2, 4])
def test_beats_bicubic_on_drawn_pictures_it_never_saw(scale: int) -> None:
    plain = float(np.mean([
        psnr_db(np.asarray(low.resize((256, 256), Image.Resampling.BICUBIC)), whole, scale)
        for low, whole in pairs(scale)
    ]))  # fmt: skip
    assert mean_psnr_db(f"upscale-x{scale}", scale) > plain + LEAST_GAIN_DB[scale]


@pytest.mark.parametrize("scale", [2, 4])
def test_eight_bits_lose_almost_nothing(scale: int) -> None:
    exact = mean_psnr_db(f"upscale-x{scale}-fp32", scale)
    assert mean_psnr_db(f"upscale-x{scale}", scale) > exact - LARGEST_INT8_LOSS_DB


@pytest.mark.parametrize("name", NAMES)
def test_one_pixel_sees_no_further_than_the_halo(name: str) -> None:
    halo, scale = entry(name)["input"]["halo"], entry(name)["output"]["scale"]
    low = np.random.default_rng(2).random((48, 80), np.float32)
    part = enlarge(name, np.ascontiguousarray(low[:, : 40 + halo]))
    whole = enlarge(name, low)
    assert np.abs(part[:, : 40 * scale] - whole[:, : 40 * scale]).max() <= 1 / 255


@pytest.mark.parametrize("name", NAMES)
def test_white_black_and_grey_stay_so(name: str) -> None:
    for tone in (0.0, 0.5, 1.0):
        large = enlarge(name, np.full((64, 64), tone, np.float32))
        middle = large[large.shape[0] // 2, large.shape[1] // 2]
        assert middle == pytest.approx(tone, abs=1.5 / 255)
