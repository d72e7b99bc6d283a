"""The recipe of a prompted cutout: cluttered drawn scenes, one thing in a box, and its coverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.colour import COLOUR
from lab.compose import _palette, _photographed, _placed
from lab.cutting_out import held_out, weights_of
from lab.grounds import GROUNDS, HELD_OUT_GROUNDS
from lab.objects import HELD_OUT_OBJECTS, OBJECTS
from lab.pool import CACHE, Pool
from lab.prompt_planes import PLANES, Box, tensor, view_of
from lab.recipe import Arrays, Contract, Pools, Random, Recipe, Schedule
from lab.setting import Colours, Mask, crop, ground, shadow

if TYPE_CHECKING:
    from torch import Tensor, nn

SIDE_PX, SMALL_SIDE_PX, SCENE_PX = 192, 128, 224
LATE, COMMIT = 0.6, 0.7
"""Shares of the run: from when views have their full size, from when the net must decide."""
LEAST_SEEN, LEAST_SHARE = 0.55, 0.015
BLIND = 0.25
"""Share of views without guesses from colour: shape has to do."""


@dataclass
class Prompted(Recipe):
    """Cut out the one thing that a box was drawn around, in front of anything."""

    schedule: Schedule
    name: str = "cutout-prompt"
    pools: tuple[Pool, ...] = (OBJECTS, GROUNDS, COLOUR, HELD_OUT_OBJECTS, HELD_OUT_GROUNDS)
    contract: Contract | None = Contract(
        task="cutout",
        title="Cutout of what a box was drawn around, drawn",
        card="cutout-prompt",
        input_name="planes",
        input_kind="rgb+surface+prompt",
        channels=PLANES,
        output_name="alpha",
        output_kind="alpha",
        side=SIDE_PX,
        input_range=(-1.0, 1.0),
        experimental=True,
        halved=True,
    )

    begun_from: str = "cutout"

    def net(self) -> nn.Module:
        """The net of the cutout without a prompt, as it was learnt, with other planes."""
        from lab.cutter import Cutter

        net = Cutter(PLANES)
        begin(net, self.begun_from)
        return net

    def batch(self, pools: Pools, random: Random, *, size: int, progress: float) -> Arrays:
        """Planes, coverage and weights; half of the views are mirror images of the others."""
        side = SIDE_PX if progress >= LATE else SMALL_SIDE_PX
        views = [prompted_view(pools, random, side) for _ in range(size // 2)]
        planes, cover = (np.stack(part) for part in zip(*views, strict=True))
        weights = np.stack([weights_of(one[0])[None] for one in cover])
        both = [np.concatenate([part, part[..., ::-1]]) for part in (planes, cover, weights)]
        return tuple(both)

    def loss(self, net: nn.Module, batch: tuple[Tensor, ...], *, progress: float) -> Tensor:
        """As for the cutout without a prompt."""
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
        return np.stack([prompted_view(unseen, random, SIDE_PX)[0] for _ in range(size)])


def begin(net: nn.Module, name: str) -> None:
    """Give the net the averaged weights of the cutout called `name`, in place.

    Its plane of distance from the ground becomes that of the second guess; the box and the first
    guess begin at nothing. Raises SystemExit where that cutout was not trained here.
    """
    import torch

    file = CACHE / f"{name}.state.pt"
    if not file.exists():
        raise SystemExit(f"this model begins from {name}: learn that one first")
    weights: dict[str, Tensor] = torch.load(file, weights_only=True)["mean"]
    head = weights["head.conv.weight"]
    fresh = torch.zeros_like(head[:, :PLANES])
    fresh[:, :3] = head[:, :3]
    fresh[:, -1] = head[:, -1]
    net.load_state_dict(weights | {"head.conv.weight": fresh})


def prompted_view(pools: Pools, random: Random, side: int) -> tuple[NDArray[np.float32], Mask]:
    """The net's input for one drawn scene and box, and the coverage [1, side, side]."""
    picture, cover = scene(pools, random)
    box = drawn_box(random, cover)
    view = view_of(box)
    across, down = view.width / side, view.height / side
    matrix = np.array([[across, 0, view.left + across / 2 - 0.5],
                       [0, down, view.top + down / 2 - 0.5]])  # fmt: skip
    way = cv2.WARP_INVERSE_MAP | (cv2.INTER_AREA if across > 1 else cv2.INTER_LINEAR)
    seen = cv2.warpAffine(picture, matrix, (side, side), flags=way, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(cover, matrix, (side, side), flags=way)
    whole = view.inside((0, 0, SCENE_PX, SCENE_PX))
    planes = tensor(np.asarray(seen, np.uint8), view.inside(box), whole)
    if random.random() < BLIND:
        planes[4:] = 0.5
    return planes, mask[None]


def drawn_box(random: Random, cover: Mask) -> Box:
    """A box around what is covered, drawn by hand: seldom too small, often a little large."""
    rows = np.flatnonzero(cover.max(axis=1) > 127)
    columns = np.flatnonzero(cover.max(axis=0) > 127)
    bounds = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float64)
    across, down = bounds[2] - bounds[0], bounds[3] - bounds[1]
    slack = random.uniform(-0.03, 0.14, 4) * np.array([across, down, across, down])
    bounds = np.clip(bounds + slack * (-1, -1, 1, 1), 0, SCENE_PX)
    return (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3]))


def scene(pools: Pools, random: Random) -> tuple[Mask, Mask]:
    """A photographed scene [224, 224, 3] of several things, and the coverage of one of them."""
    while True:
        palette = _palette(random)
        plane = _behind(pools, random, palette)
        for _ in range(int(random.integers(0, 4))):
            other = palette if random.random() < 0.25 else _palette(random)
            _lay(plane, *_placed(pools, random, SCENE_PX, other, alone=False))
        if random.random() < 0.35:
            plane = cv2.GaussianBlur(plane, (0, 0), random.uniform(0.5, 3.5))
        colours, cover = _placed(pools, random, SCENE_PX, palette, alone=random.random() < 0.5)
        light = shadow(random, cover) if random.random() < 0.6 else None
        if light is not None:
            plane *= light
        whole = max(1, int(np.count_nonzero(cover > 127)))
        _lay(plane, colours, cover)
        if random.random() < 0.25:
            before, mask = _placed(pools, random, SCENE_PX, _palette(random), alone=False)
            _lay(plane, before, mask)
            cover = cv2.multiply(cover, 255 - mask, scale=1 / 255)
        seen = int(np.count_nonzero(cover > 127))
        if seen > LEAST_SEEN * whole and seen > LEAST_SHARE * SCENE_PX**2:
            return _photographed(random, plane), cover


def _behind(pools: Pools, random: Random, palette: NDArray[np.float32]) -> Colours:
    """Anything: a drawn scene, two of them that meet, or a ground of its own."""
    kind = random.random()
    scenes = pools["colour"]
    if kind < 0.25:
        own: Colours = ground(
            random, SCENE_PX, palette[1:8], grounds=pools["grounds"], scenes=scenes
        )
        return own
    plane = _piece(random, scenes)
    if kind < 0.6:
        line = int(SCENE_PX * random.uniform(0.3, 0.8))
        other = _piece(random, scenes)
        if random.random() < 0.6:
            other = ground(random, SCENE_PX, palette[1:8], grounds=pools["grounds"], scenes=scenes)
        plane[line:] = other[line:]
    return plane


def _piece(random: Random, scenes: Mask) -> Colours:
    piece = crop(random, scenes[int(random.integers(len(scenes)))], SCENE_PX, closest=0.2)
    calm = random.uniform(0, 0.7) if random.random() < 0.5 else 0.0
    plane = piece.astype(np.float32)
    middle = plane.reshape(-1, 3).mean(axis=0)
    calmer: Colours = (plane + (middle - plane) * np.float32(calm)).astype(np.float32)
    return calmer


def _lay(plane: Colours, colours: Colours, cover: Mask) -> None:
    share = cover.astype(np.float32)[..., None] * np.float32(1 / 255)
    plane += share * (colours - plane)
