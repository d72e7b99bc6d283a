"""The recipe that all upscalers share: drawn patches, reduced, and enlarged again by the net."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lab.draw import CALIBRATION_SEED, TRAINING_SEED
from lab.pool import Pool
from lab.recipe import Arrays, Contract, Pools, Random, Recipe, Schedule
from lab.scene import draw_scene

if TYPE_CHECKING:
    from torch import Tensor, nn

GREY = Pool("grey", draw_scene, count=320, seed=TRAINING_SEED)
UNSEEN = Pool("grey-unseen", draw_scene, count=24, seed=CALIBRATION_SEED)
MARGIN_PX, LATE, SQUARED_WEIGHT = 8, 0.9, 10.0

Bytes = NDArray[np.uint8]


@dataclass
class Upscaling(Recipe):
    """An upscaler of luma, trained on clean reductions; colour and damage are for subclasses."""

    name: str
    title: str
    scale: int
    schedule: Schedule
    aliases: tuple[str, ...] = ()
    channels: int = 32
    layers: int = 10
    patch_px: int = 48
    on_gpu: Schedule | None = None
    settle_steps: int = 800
    pools: tuple[Pool, ...] = (GREY, UNSEEN)
    card: str = "upscale"
    contract: Contract | None = field(init=False)

    def __post_init__(self) -> None:
        self.contract = Contract(
            task="upscale",
            title=self.title,
            card=self.card,
            aliases=self.aliases,
            input_name="luma",
            input_kind="luma",
            channels=1,
            output_name="luma_up",
            output_kind="luma",
            scale=self.scale,
            tile=256,
            halo=self.layers + 2,
        )

    def net(self) -> nn.Module:
        """The net, which begins as bicubic interpolation."""
        from lab.mender import Enlarger

        return Enlarger(self.scale, planes=1, channels=self.channels, layers=self.layers)

    def batch(self, pools: Pools, random: Random, *, size: int, progress: float) -> Arrays:
        """Small and whole patches in 8 bits, each pair flipped and turned at random."""
        pairs = [self.pair(pools[self.pools[0].name], random) for _ in range(size)]
        low, high = zip(*pairs, strict=True)
        return np.stack(low)[:, None], np.stack(high)[:, None]

    def pair(self, pictures: Bytes, random: Random) -> tuple[Bytes, Bytes]:
        """One patch, reduced and whole."""
        picture = pictures[int(random.integers(len(pictures)))]
        low, high = reduced_patch(picture, random, scale=self.scale, patch_px=self.patch_px)
        turns, flip = int(random.integers(4)), random.random() < 0.5
        low, high = np.rot90(low, turns), np.rot90(high, turns)
        return (low[:, ::-1], high[:, ::-1]) if flip else (low, high)

    def loss(self, net: nn.Module, batch: tuple[Tensor, ...], *, progress: float) -> Tensor:
        """The absolute difference, with a share of the squared one at the end."""
        low, high = (value.float() / 255 for value in batch)
        gap = net(low).float() - high
        absolute = gap.abs().mean()
        late = progress > LATE
        return absolute + SQUARED_WEIGHT * gap.square().mean() if late else absolute

    def calibration(self, pools: Pools, random: Random, *, size: int) -> NDArray[np.float32]:
        """Whole small pictures that training never saw."""
        pictures = pools[UNSEEN.name]
        side = pictures.shape[1] // self.scale
        low = [reduce_bicubic(pictures[i % len(pictures)], side) for i in range(size)]
        return np.stack(low)[:, None].astype(np.float32) / np.float32(255)


def reduced_patch(
    picture: Bytes, random: Random, *, scale: int, patch_px: int
) -> tuple[Bytes, Bytes]:
    """A patch anywhere and its reduction, exactly as the reduction of the whole picture has it."""
    side = picture.shape[0] // scale
    y, x = (int(v) for v in random.integers(0, side - patch_px + 1, 2))
    top, left = max(0, y - MARGIN_PX), max(0, x - MARGIN_PX)
    bottom, right = min(side, y + patch_px + MARGIN_PX), min(side, x + patch_px + MARGIN_PX)
    around = Image.fromarray(picture[top * scale : bottom * scale, left * scale : right * scale])
    small = np.asarray(around.resize((right - left, bottom - top), Image.Resampling.BICUBIC))
    low = small[y - top : y - top + patch_px, x - left : x - left + patch_px]
    whole = slice(y * scale, (y + patch_px) * scale), slice(x * scale, (x + patch_px) * scale)
    return low, picture[whole]


def reduce_bicubic(picture: Bytes, side: int) -> Bytes:
    """Pillow's bicubic reduction to `side` pixels, 8 bits: how the upscaler is scored."""
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))
