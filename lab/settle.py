"""Go on training a little with 8-bit rounding switched on, so that it costs nothing.

    python -m lab.settle upscale-x4

Only for recipes that ask for it (`settle_steps`). Drawn pictures only: the recipe's own batches,
its own loss at the end of its schedule, a hundredth of the rate.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import torch

from lab.eight_bits import rounded_paths
from lab.folder import add_facts, open_pools, settled_file
from lab.learn import Feeder, tensors, trained
from lab.onnx_file import to_onnx
from lab.pool import CACHE
from lab.recipe import Recipe, drawn_inputs, load_recipe
from lab.rounding import Rounded, entering

PEAK_RATE, AVERAGE = 1e-4, 0.98


def settle(recipe: Recipe, folder: Path) -> None:
    """Fine-tune the folded net under rounding; keeps averaged weights and ranges."""
    contract, steps = recipe.contract, recipe.settle_steps
    if contract is None or steps == 0:
        print(f"{recipe.name}: nothing to settle")
        return
    pools = open_pools(recipe, folder)
    inputs = drawn_inputs(recipe, pools)
    net = trained(recipe, folder)
    paths = rounded_paths(to_onnx(net, contract, inputs[0]), contract.kept_float)
    ranges = entering(net, paths, inputs)
    rounded = Rounded(net, ranges, kept=contract.kept_float)
    schedule = replace(recipe.schedule, steps=steps, seed=recipe.schedule.seed + 1)
    feeder = Feeder(recipe, pools, schedule, late=True)
    adam = torch.optim.Adam(net.parameters(), lr=PEAK_RATE, betas=schedule.betas)
    mean = {name: value.detach().clone() for name, value in net.state_dict().items()}
    for step in range(steps):
        for group in adam.param_groups:
            group["lr"] = PEAK_RATE * 0.5 * (1 + math.cos(math.pi * step / steps))
        loss = recipe.loss(rounded, tensors(feeder(step), "cpu"), progress=1.0)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), schedule.clip)
        adam.step()
        for name, value in net.state_dict().items():
            mean[name].lerp_(value.detach(), 1 - AVERAGE)
    torch.save({"weights": mean, "ranges": ranges}, settled_file(folder, recipe.name))
    add_facts(folder, recipe.name, settled_steps=steps)
    print(f"{recipe.name}: settled in {steps} steps", flush=True)


def main() -> None:
    """Settle one recipe from the command line."""
    parser = argparse.ArgumentParser(description="fine-tune a net under 8-bit rounding")
    parser.add_argument("name")
    parser.add_argument("--folder", type=Path, default=CACHE)
    options = parser.parse_args()
    torch.set_num_threads(1)
    settle(load_recipe(options.name), options.folder)


if __name__ == "__main__":
    main()
