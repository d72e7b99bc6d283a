"""Write a trained net as ONNX files: in float32, and with 8-bit convolutions.

    python -m lab.export cutout

From the averaged weights of the checkpoint, or from the settled ones where the recipe settles.
Refused where the float32 file differs from torch, or the 8-bit file from it, by more than the
bounds below, on inputs that the recipe draws.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from lab.eight_bits import Ranges, eight_bits, rounded_paths
from lab.folder import add_facts, open_pools, settled_file
from lab.learn import trained
from lab.onnx_file import Shipped, bare, halved, run, to_onnx, write
from lab.pool import CACHE
from lab.recipe import Contract, Recipe, drawn_inputs, load_recipe
from lab.rounding import entering

BUILTIN = Path(__file__).resolve().parents[1] / "src/safelight/models/builtin"
LARGEST_DIFFERENCE, LARGEST_HALVED_DIFFERENCE = 1e-4, 1e-2
LARGEST_MEAN_ROUNDED_DIFFERENCE = 2e-2
Inputs = Sequence[NDArray[np.float32]]


def exact_form(net: nn.Module, contract: Contract, inputs: Inputs) -> tuple[onnx.ModelProto, float]:
    """The float32 file and its largest difference from torch."""
    model = to_onnx(net, contract, inputs[0])
    model = halved(model) if contract.halved else model
    with torch.no_grad():
        wanted = Shipped(net, contract)(torch.from_numpy(inputs[-1])).numpy()
    difference = float(np.abs(wanted - run(model, inputs[-1])).max())
    if difference > (LARGEST_HALVED_DIFFERENCE if contract.halved else LARGEST_DIFFERENCE):
        raise SystemExit(f"the float32 file differs from torch by {difference:.2e}")
    return model, difference


def small_form(
    net: nn.Module, contract: Contract, inputs: Inputs, ranges: Ranges | None
) -> tuple[onnx.ModelProto, float]:
    """The 8-bit file and its mean difference from the net in float32.

    ranges: what enters each convolution, where `lab.settle` fixed it; measured now if None.
    """
    exact = to_onnx(net, contract, inputs[0])
    if ranges is None:
        ranges = entering(net, rounded_paths(exact, contract.kept_float), inputs)
    rounded = eight_bits(exact, inputs, kept_float=contract.kept_float, ranges=ranges)
    model = bare(rounded)
    gaps = [np.abs(run(exact, value) - run(model, value)).mean() for value in inputs[-4:]]
    difference = float(np.mean(gaps))
    if difference > LARGEST_MEAN_ROUNDED_DIFFERENCE:
        raise SystemExit(f"the 8-bit file differs by {difference:.2e} in the mean")
    return model, difference


def export(recipe: Recipe, folder: Path, target: Path) -> dict[str, Any]:
    """Write the files of one recipe; returns what the card says of them."""
    contract = recipe.contract
    if contract is None:
        raise SystemExit(f"{recipe.name} has no contract: it was made to measure, not to ship")
    inputs = drawn_inputs(recipe, open_pools(recipe, folder))
    net = trained(recipe, folder)
    exact, difference = exact_form(net, contract, inputs)
    suffix = "-fp32" if contract.eight_bits else ""
    write(exact, target / f"{recipe.name}{suffix}.onnx")
    print(f"{recipe.name}: float32 within {difference:.1e} of torch", flush=True)
    facts: dict[str, Any] = {"float_difference": difference}
    facts["parameters"] = sum(value.numel() for value in net.parameters())
    if contract.eight_bits:
        ranges = None
        if recipe.settle_steps:
            settled = torch.load(settled_file(folder, recipe.name), weights_only=True)
            net.load_state_dict(settled["weights"])
            ranges = settled["ranges"]
        small, rounded = small_form(net, contract, inputs, ranges)
        write(small, target / f"{recipe.name}.onnx")
        print(f"{recipe.name}: 8 bits within {rounded:.1e} of it in the mean", flush=True)
        facts |= {"eight_bit_difference": rounded, "calibrated_on": len(inputs)}
    return facts


def main() -> None:
    """Export one recipe from the command line."""
    parser = argparse.ArgumentParser(description="write a trained net as ONNX files")
    parser.add_argument("name")
    parser.add_argument("--folder", type=Path, default=CACHE)
    parser.add_argument("--target", type=Path, default=BUILTIN)
    options = parser.parse_args()
    torch.set_num_threads(1)
    recipe = load_recipe(options.name)
    facts = export(recipe, options.folder, options.target)
    add_facts(options.folder, recipe.name, export=facts)


if __name__ == "__main__":
    main()
