"""Recipes shared by the models that mend a picture: its noise, its compression, its size."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.colour import COLOUR
from lab.degrade import (
    LARGEST_PLANE_SIGMA,
    LARGEST_SIGMA,
    add_noise,
    any_compression,
    any_hardship,
    as_grey,
    as_tensor,
    compress,
    make_small,
    patch_of,
)
from lab.recipe import Arrays, Contract, Pools, Random, Recipe, Schedule

if TYPE_CHECKING:
    from torch import Tensor, nn

TILE_PX, RESTORER_HALO_PX, ENLARGER_LAYERS = 256, 22, 10
SQUARED_FROM, SQUARED_WEIGHT = 0.8, 10.0


def likeness_loss(gap: Tensor, *, progress: float) -> Tensor:
    """Absolute gap, with a squared share towards the end."""
    absolute = gap.abs().mean()
    if progress < SQUARED_FROM:
        return absolute
    return absolute + SQUARED_WEIGHT * gap.square().mean()


@dataclass(frozen=True)
class Worsened:
    """A worse patch, what the plane tells of it, and the patch as it should be; all in 0..1."""

    worse: NDArray[Any]
    told: float
    wanted: NDArray[Any]


class Mending(Recipe):
    """A model that turns a worsened drawn patch back into the patch."""

    # Kernels with their identity folded in lose 0.017 in the mean to 7 bits; settling mends that.
    settle_steps = 200

    def loss(self, net: nn.Module, batch: tuple[Tensor, ...], *, progress: float) -> Tensor:
        """How far the mended patch is from the drawn one."""
        worse, wanted = batch
        return likeness_loss(net(worse).float() - wanted, progress=progress)


class Restoring(Mending):
    """Same size: RGB and a plane that tells how bad it is."""

    pools = (COLOUR,)
    patch_px = 64
    grey_share = 0.3

    def net(self) -> nn.Module:
        """The shared shape of both restorers."""
        from lab.mender import Restorer

        return Restorer()

    @abstractmethod
    def worsen(self, random: Random, pool: NDArray[np.uint8]) -> Worsened:
        """One patch made worse."""

    def batch(self, pools: Pools, random: Random, *, size: int, progress: float) -> Arrays:
        """Worse patches with their plane, and the drawn ones."""
        inputs, wanted = [], []
        for _ in range(size):
            one = self.worsen(random, pools["colour"])
            plane = np.full((*one.wanted.shape[:2], 1), one.told, np.float32)
            worse = np.broadcast_to(one.worse, one.wanted.shape)
            inputs.append(np.concatenate([worse, plane], axis=2))
            wanted.append(one.wanted)
        return as_tensor(inputs), as_tensor(wanted)

    def patch(self, random: Random, pool: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
        """A drawn patch, in grey as often as `grey_share` says."""
        patch = patch_of(random, pool, side_px)
        return as_grey(patch) if random.random() < self.grey_share else patch


def restoring_contract(task: str, title: str, input_kind: str, *, eight_bits: bool) -> Contract:
    """What both restorers take and give: any even size, in tiles."""
    return Contract(
        task=task,
        title=title,
        card="restore",
        input_kind=input_kind,
        channels=4,
        output_kind="rgb",
        aliases=("fast",),
        tile=TILE_PX,
        halo=RESTORER_HALO_PX,
        multiple=2,
        eight_bits=eight_bits,
    )


class Denoising(Restoring):
    """Noise whose level the plane tells: sigma / 100, in 8-bit steps.

    It stays in float32: settled in 8 bits it lost 0.4 dB, for large activations are what it weighs.
    """

    settle_steps = 0

    def __init__(self, schedule: Schedule) -> None:
        self.name, self.schedule = "restore-noise", schedule
        self.contract = restoring_contract(
            "denoise", "Denoiser, drawn", "rgb+sigma", eight_bits=False
        )

    def worsen(self, random: Random, pool: NDArray[np.uint8]) -> Worsened:
        """Sigma 0 to 60; the plane is sometimes off; a plane of 0 asks for no change."""
        patch = self.patch(random, pool, self.patch_px)
        sigma = random.uniform(0, LARGEST_SIGMA)
        noisy = add_noise(random, patch, sigma, stored=random.random() < 0.7)
        if random.random() < 0.05:
            return Worsened(noisy, 0.0, np.broadcast_to(noisy, patch.shape))
        wrong = random.uniform(0.8, 1.25) if random.random() < 0.3 else 1.0
        told = min(sigma * wrong, LARGEST_PLANE_SIGMA) / 100
        return Worsened(noisy, told, patch / np.float32(255))


class JpegRepair(Restoring):
    """Compression whose quality the plane tells: quality / 100, or 0 where nobody knows."""

    margin_px = 16
    settle_steps = 500

    def __init__(self, schedule: Schedule) -> None:
        self.name, self.schedule = "restore-jpeg", schedule
        self.contract = restoring_contract(
            "dejpeg", "JPEG repair, drawn", "rgb+quality", eight_bits=True
        )

    def worsen(self, random: Random, pool: NDArray[np.uint8]) -> Worsened:
        """Quality 5 to 95, sometimes twice, cut anywhere on the grid; a few are untouched."""
        patch = self.patch(random, pool, self.patch_px + self.margin_px)
        step = 8 if random.random() < 0.5 else 1
        y, x = (int(v) * step for v in random.integers(0, self.margin_px // step + 1, 2))
        place = np.s_[y : y + self.patch_px, x : x + self.patch_px]
        how = any_compression(random, 5, 95)
        known = random.random() < 0.5
        if random.random() < 0.04:
            clean = patch[place] / np.float32(255)
            return Worsened(clean, 0.0, clean)
        first = patch
        if random.random() < 0.08:
            first = np.roll(compress(patch, any_compression(random, 40, 95)), (3, 5), (0, 1))
            patch = np.roll(patch, (3, 5), (0, 1))
        worse = compress(first, how)[place] / np.float32(255)
        return Worsened(worse, how.quality / 100 if known else 0.0, patch[place] / np.float32(255))


class PhotoUpscaling(Mending):
    """RGB pictures that were blurred, noisy and compressed before somebody enlarges them."""

    pools = (COLOUR,)
    margin_px = 8

    def __init__(self, scale: int, schedule: Schedule, *, small_px: int) -> None:
        self.name, self.schedule = f"upscale-x{scale}-photo", schedule
        self.scale, self.small_px, self.begun_from = scale, small_px, f"upscale-x{scale}"
        self.contract = Contract(
            task="upscale",
            title=f"Upscaler x{scale} for worn photographs, drawn",
            card="upscale-photo",
            input_kind="rgb",
            channels=3,
            output_kind="rgb",
            aliases=("photo",),
            tile=TILE_PX,
            halo=ENLARGER_LAYERS + 2,
            scale=scale,
        )

    def net(self) -> nn.Module:
        """Ten body layers of 48 channels, begun from the upscaler of clean luma."""
        from lab.growing import begin
        from lab.mender import Enlarger

        net = Enlarger(self.scale, planes=3, channels=48, layers=ENLARGER_LAYERS)
        begin(net, self.begun_from)
        return net

    def batch(self, pools: Pools, random: Random, *, size: int, progress: float) -> Arrays:
        """Small pictures after a hard life, and what they were."""
        lows, highs = [], []
        for _ in range(size):
            patch = patch_of(random, pools["colour"], (self.small_px + self.margin_px) * self.scale)
            low = make_small(random, patch, self.scale, any_hardship(random, self.scale))
            y, x = (int(v) for v in random.integers(0, self.margin_px + 1, 2))
            lows.append(low[y : y + self.small_px, x : x + self.small_px])
            top, left, side = y * self.scale, x * self.scale, self.small_px * self.scale
            highs.append(patch[top : top + side, left : left + side])
        return as_tensor(lows), as_tensor(highs)
