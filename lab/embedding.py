"""What the vectors of `embed` are learnt from: copies of one drawn scene."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lab.embedding_copies import copy_of
from lab.embedding_scenes import MOMENTS
from lab.recipe import Arrays, Contract, Pools, Random, Recipe, Schedule

if TYPE_CHECKING:
    from torch import Tensor, nn

SIDE_PX, LEARNING_SIDE_PX = 128, 96
LATE = 0.75
"""From this share of the run on, pictures have the side that the model is used at."""


class EmbedRecipe(Recipe):
    """Tell the copies of one scene from the copies of all others (SimCLR's loss)."""

    name = "embed"
    schedule = Schedule(
        steps=1100,
        batch=128,
        peak_rate=2e-3,
        warm_up_steps=60,
        average=0.99,
        weight_decay=0.02,
        clip=1.0,
        minutes=14,
    )
    on_gpu = replace(schedule, steps=20_000, batch=1_024, minutes=30)
    pools = (MOMENTS,)
    contract = Contract(
        task="embed",
        title="Vectors for look-alikes, drawn",
        card="embed",
        aliases=("alike",),
        input_name="rgb",
        input_kind="rgb",
        channels=3,
        output_name="vector",
        output_kind="vector",
        side=SIDE_PX,
        output_range=(-1.0, 1.0),
        clip=False,
        kept_float=("body.0",),
        halved=True,
    )
    temperature = 0.1

    def net(self) -> nn.Module:
        """Untrained."""
        from lab.embedder import EmbedNet

        return EmbedNet()

    def batch(self, pools: Pools, random: Random, *, size: int, progress: float) -> Arrays:
        """Copies [2 * size, 3, side, side] in 8 bits; number i and number size + i belong
        together.
        """
        side = SIDE_PX if progress >= LATE else LEARNING_SIDE_PX
        scenes = pools["moments"]
        copies = np.empty((2, size, 3, side, side), np.uint8)
        for at, index in enumerate(random.choice(len(scenes), size, replace=False)):
            moments = scenes[int(index)]
            later = int(random.random() < 0.4)
            for which, moment in enumerate((0, later)):
                copy = copy_of(moments[moment], random, side_px=side)
                copies[which, at] = copy.transpose(2, 0, 1)
        return (copies.reshape(2 * size, 3, side, side),)

    def loss(self, net: nn.Module, batch: tuple[Tensor, ...], *, progress: float) -> Tensor:
        """Cross-entropy of picking the partner among all others by likeness."""
        import torch
        from torch.nn import functional

        from lab.embedder import EmbedNet

        copies = batch[0].float() / 255
        if not isinstance(net, EmbedNet):
            raise TypeError("this loss is of the embedding net alone")
        vectors = net.matched(copies.contiguous(memory_format=torch.channels_last))
        likeness = (vectors @ vectors.T).float() / self.temperature
        likeness = likeness.masked_fill(
            torch.eye(len(vectors), dtype=torch.bool, device=vectors.device), -1e4
        )
        partner = torch.arange(len(vectors), device=vectors.device).roll(len(vectors) // 2)
        return functional.cross_entropy(likeness, partner)
