"""The recipe of `cutout`: composites of drawn objects, and the coverage to be found in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.colour import COLOUR
from lab.compose import Mask, composite
from lab.grounds import GROUNDS, HELD_OUT_GROUNDS
from lab.objects import HELD_OUT_OBJECTS, OBJECTS
from lab.pool import Pool
from lab.recipe import Arrays, Contract, Pools, Random, Recipe, Schedule
from safelight.ops.cutting.surface import PLANES, tensor

if TYPE_CHECKING:
    from torch import Tensor, nn

SIDE_PX = 320
SOLID, LIKE_GROUND = 200, 0.5
"""Coverage of the object's inside; the distance plane where its colour passes for the ground's."""
SMALL, MIDDLE, COMMIT = 0.5, 0.85, 0.7
"""Shares of the run: until when views are small, until when middling, from when it must decide."""


@dataclass
class CuttingOut(Recipe):
    """Background removal for product shots."""

    schedule: Schedule
    name: str = "cutout"
    pools: tuple[Pool, ...] = (OBJECTS, GROUNDS, COLOUR, HELD_OUT_OBJECTS, HELD_OUT_GROUNDS)
    contract: Contract | None = Contract(
        task="cutout",
        title="Cutout for product shots, drawn",
        aliases=("products",),
        card="cutout",
        input_name="planes",
        input_kind="rgb+surface",
        channels=PLANES,
        output_name="alpha",
        output_kind="alpha",
        side=SIDE_PX,
        input_range=(-1.0, 1.0),
        kept_float=("cutter.head", "cutter.tail"),
        halved=True,
    )

    def net(self) -> nn.Module:
        """The net, untrained."""
        from lab.cutter import Cutter

        return Cutter(PLANES)

    def batch(self, pools: Pools, random: Random, *, size: int, progress: float) -> Arrays:
        """Planes, coverage and weights; half of the views are mirror images of the others."""
        side = _side(random, progress)
        count = max(2, round(size * (192 / side) ** 2 / 2))
        views = [view(pools, random, side) for _ in range(count)]
        planes, cover, weights = (np.stack(part) for part in zip(*views, strict=True))
        both = [np.concatenate([part, part[..., ::-1]]) for part in (planes, cover, weights)]
        return tuple(both)

    def loss(self, net: nn.Module, batch: tuple[Tensor, ...], *, progress: float) -> Tensor:
        """Coverage by cross entropy and difference, its edges, the overlap, and a coarse look."""
        from lab.cutting_loss import cutting_loss

        planes, cover, weights = batch
        fine, coarse = net.both(planes)
        return cutting_loss(
            fine.float(),
            coarse.float(),
            cover.float() / 255,
            weights.float() / 64,
            commit=progress > COMMIT,
        )

    def calibration(self, pools: Pools, random: Random, *, size: int) -> NDArray[np.float32]:
        """Inputs at the shipped size, of objects and grounds that training never saw."""
        unseen = held_out(pools)
        pictures = [composite(unseen, random, SIDE_PX)[0] for _ in range(size)]
        return np.stack([tensor(picture) for picture in pictures])


def held_out(pools: Pools) -> Pools:
    """The pools of objects and grounds that training never sees, under the names it knows."""
    return {
        "objects": pools[HELD_OUT_OBJECTS.name],
        "grounds": pools[HELD_OUT_GROUNDS.name],
        "colour": pools["colour"],
    }


def view(pools: Pools, random: Random, side: int) -> tuple[NDArray[np.float32], Mask, Mask]:
    """One view: the net's input, the coverage [1, side, side], the weights (64 is one)."""
    picture, cover = composite(pools, random, side)
    planes = tensor(picture)
    weights = weights_of(cover)
    weights[(cover > SOLID) & (planes[6] < LIKE_GROUND)] = 130
    return planes, cover[None], weights[None]


def weights_of(cover: Mask) -> Mask:
    """Ground enclosed by the object, or nearly so, counts most, then its surroundings."""
    side = cover.shape[0] // 2
    small = (cv2.resize(cover, (side, side), interpolation=cv2.INTER_AREA) > 100).astype(np.uint8)
    reach = max(3, side // 6) | 1
    wide = cv2.copyMakeBorder(small, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    closed = closed[reach:-reach, reach:-reach]
    weights = np.full(small.shape, 64, np.uint8)
    weights[(closed > 0) & (small == 0)] = 90
    outside = 1 - small
    flooded = np.pad(outside, 1, constant_values=1)
    cv2.floodFill(flooded, None, (0, 0), 2)
    weights[flooded[1:-1, 1:-1] == 1] = 120
    whole: Mask = cv2.resize(weights, cover.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return whole


def _side(random: Random, progress: float) -> int:
    if progress < SMALL:
        return int(random.choice([128, 160, 192]))
    if progress < MIDDLE:
        return int(random.choice([192, 256, 256]))
    return int(random.choice([256, SIDE_PX, SIDE_PX]))
