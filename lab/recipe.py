"""Recipe: all that makes one model, as one small file of lab/recipes.

`lab/recipes/<name>.py` defines `recipe`, an object of a subclass of Recipe. The trainer
(`lab.learn`) asks it for its drawn pictures, its net, its batches and its loss, and knows nothing
else of the model.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.pool import Pool

if TYPE_CHECKING:
    from torch import Tensor, nn

Random = np.random.Generator
Pools = Mapping[str, NDArray[Any]]
Arrays = tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class Schedule:
    """How a run goes: Adam with warm-up and a cosine to nearly zero, weights averaged."""

    steps: int
    batch: int
    peak_rate: float = 2e-3
    warm_up_steps: int = 200
    average: float = 0.998
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    clip: float = 0.1
    seed: int = 1
    half: bool = True
    """Convolutions in bfloat16 where the processor has it; weights stay in float32."""


class Recipe:
    """What one model is made of. Batch number i depends on the seed and i alone."""

    name: str
    schedule: Schedule
    pools: tuple[Pool, ...]

    def net(self) -> nn.Module:
        """The net, untrained."""
        raise NotImplementedError

    def batch(self, pools: Pools, random: Random, *, size: int, progress: float) -> Arrays:
        """One batch as numpy arrays, from drawn pictures alone; progress goes from 0 to 1."""
        raise NotImplementedError

    def loss(self, net: nn.Module, batch: tuple[Tensor, ...], *, progress: float) -> Tensor:
        """What the run makes small: a scalar."""
        raise NotImplementedError


def load_recipe(name: str) -> Recipe:
    """The recipe called `name`, with hyphens or underscores."""
    module = importlib.import_module(f"lab.recipes.{name.replace('-', '_')}")
    found: Recipe = module.recipe
    return found
