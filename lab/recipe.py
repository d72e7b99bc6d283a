"""Recipe: all that makes one model, as one small file of lab/recipes.

`lab/recipes/<name>.py` defines `recipe`, an object of a subclass of Recipe. The trainer
(`lab.learn`) and the exporter (`lab.export`) ask it for its drawn pictures, its net, its batches,
its loss and its contract, and know nothing else of the model.

Torch is imported inside methods only: the tests draw every recipe's batches without it.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.pool import Pool

if TYPE_CHECKING:
    from torch import Tensor, nn

CALIBRATION_SEED = 77
RECIPES = Path(__file__).resolve().parent / "recipes"
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
    minutes: float = 0.0
    """About how long it takes, for whoever asks before starting it."""


@dataclass(frozen=True)
class Contract:
    """What the shipped model takes and gives; the export and the catalogue entry follow it.

    Either `tile` and `halo` (any size, in tiles, input pixels; sides are multiples of `multiple`)
    or `side` (the picture is stretched to side x side). Pictures lie in 0..1.
    """

    task: str
    title: str
    card: str
    """docs/models/<card>.md"""
    input_kind: str
    channels: int
    output_kind: str
    aliases: tuple[str, ...] = ()
    input_name: str = "input"
    output_name: str = "output"
    tile: int = 0
    halo: int = 0
    side: int = 0
    multiple: int = 1
    scale: int = 1
    input_range: tuple[float, float] = (0.0, 1.0)
    output_range: tuple[float, float] = (0.0, 1.0)
    clip: bool = True
    """The file ends in a clip to the output's range; off for vectors."""
    eight_bits: bool = True
    """Ships an 8-bit file with its float32 twin; off: the float32 file alone, as NAME.onnx."""
    halved: bool = False
    """The float32 file keeps its kernels in 16 bits and computes in 32: half the size."""
    kept_float: tuple[str, ...] = ("head", "tail", "skip")
    """Convolutions (modules, not functions) that stay in float32, with all below them."""
    calibrate_on: int = 32
    """How many drawn inputs set the ranges of the 8-bit file."""
    experimental: bool = False
    """Marked so in the catalogue, and said wherever it is used."""


class Recipe(ABC):
    """What one model is made of. Batch number i depends on the seed and i alone."""

    name: str
    schedule: Schedule
    on_gpu: Schedule | None = None
    """The schedule where there is a graphics card; the same one if None."""
    pools: tuple[Pool, ...]
    contract: Contract | None = None
    """None: the model is trained to measure something and never ships."""
    begun_from: str = ""
    """Another recipe, whose checkpoint the net begins from."""
    settle_steps: int = 0
    """Steps of training with 8-bit rounding switched on, after the run; 0 needs none."""

    @abstractmethod
    def net(self) -> nn.Module:
        """The net, untrained."""

    @abstractmethod
    def batch(self, pools: Pools, random: Random, *, size: int, progress: float) -> Arrays:
        """One batch as numpy arrays, from drawn pictures alone; progress goes from 0 to 1."""

    @abstractmethod
    def loss(self, net: nn.Module, batch: tuple[Tensor, ...], *, progress: float) -> Tensor:
        """What the run makes small: a scalar."""

    def shipped(self, net: nn.Module) -> nn.Module:
        """The trained net as it is exported: one tensor in, one out; folded if it can be."""
        folded: nn.Module = net.fold() if hasattr(net, "fold") else net
        return folded

    def calibration(self, pools: Pools, random: Random, *, size: int) -> NDArray[np.float32]:
        """Inputs of the shipped net [size, channels, H, W]: those of a batch, unless redefined."""
        first = self.batch(pools, random, size=size, progress=1.0)[0]
        whole = np.float32(255 if first.dtype == np.uint8 else 1)
        scaled: NDArray[np.float32] = first.astype(np.float32) / whole
        return scaled


def drawn_inputs(recipe: Recipe, pools: Pools) -> list[NDArray[np.float32]]:
    """Inputs of one picture each, from random numbers that no training batch had."""
    count = recipe.contract.calibrate_on if recipe.contract else 1
    random = np.random.default_rng([recipe.schedule.seed, CALIBRATION_SEED, 2**31])
    whole = recipe.calibration(pools, random, size=count)
    return [np.ascontiguousarray(value[None], np.float32) for value in whole]


def load_recipe(name: str) -> Recipe:
    """The recipe called `name`, with hyphens or underscores."""
    module = importlib.import_module(f"lab.recipes.{name.replace('-', '_')}")
    found: Recipe = module.recipe
    return found


def recipe_names() -> list[str]:
    """Every model that has a recipe, as it is called in the catalogue."""
    files = sorted(RECIPES.glob("*.py"))
    return [file.stem.replace("_", "-") for file in files if file.stem != "__init__"]
