"""Go on training a little with the body's rounding switched on, so that 8 bits cost nothing.

    python -m lab.settle --scale 4

Weights get 7 bits and activations 8 unsigned bits: then no sum of two products overflows 16 bits,
as it would on processors without the newer integer instructions. Drawn pictures only.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from lab.draw import CACHE, CALIBRATION_SEED, draw_picture, draw_pool
from lab.net import Upscaler
from lab.train import Patches, Plan, reduce_bicubic

CALIBRATION_PICTURES, WEIGHT_BITS = 24, 7
STEPS, PEAK_RATE = 800, 1e-4


def load_folded(folder: Path, scale: int) -> Upscaler:
    """The averaged weights of a finished or running training, folded."""
    state = torch.load(folder / f"upscale-x{scale}.state.pt", weights_only=True)
    net = Upscaler(scale)
    net.load_state_dict(state["mean"])
    return net.fold()


def calibration_pictures(scale: int) -> list[NDArray[np.uint8]]:
    """Small drawn pictures that training never saw, each in 8 bits."""
    side = 512 // scale
    pictures = (draw_picture(i, CALIBRATION_SEED) for i in range(CALIBRATION_PICTURES))
    return [reduce_bicubic(picture, side) for picture in pictures]


def measure_peaks(net: Upscaler, pictures: list[NDArray[np.uint8]]) -> list[float]:
    """For each body input and the last output: the ceiling with the least squared error."""
    seen: list[list[Tensor]] = [[] for _ in range(len(net.body) + 1)]
    with torch.no_grad():
        for picture in pictures:
            luma = torch.from_numpy(picture.astype(np.float32)[None, None] / 255)
            value = torch.relu(net.head(luma))
            seen[0].append(value[..., ::3, ::3].flatten())
            for index, layer in enumerate(net.body):
                value = torch.relu(layer(value))
                seen[index + 1].append(value[..., ::3, ::3].flatten())
    return [best_peak(torch.cat(values)) for values in seen]


def best_peak(values: Tensor) -> float:
    """The top of the 8-bit range that loses least, between a third and all of the maximum."""
    largest = float(values.max())
    trials: list[float] = [largest * share for share in np.linspace(0.3, 1.0, 29).tolist()]

    def loss(peak: float) -> float:
        step = peak / 255
        rounded = torch.clamp(torch.round(values / step), 0, 255) * step
        return float((rounded - values).square().mean())

    return min(trials, key=loss)


def rounded_weight(kernel: Tensor) -> Tensor:
    """The kernel on its grid, a step per output channel; gradients pass as if untouched."""
    limit = 2 ** (WEIGHT_BITS - 1) - 1
    steps = kernel.detach().abs().amax(dim=(1, 2, 3), keepdim=True) / limit
    return kernel + (torch.round(kernel / steps) * steps - kernel).detach()


def rounded_value(value: Tensor, peak: float) -> Tensor:
    """Activations in 8 bits from 0 to `peak`; gradients pass inside the range."""
    step = peak / 255
    clipped = value.clamp(0, peak)
    return clipped + (torch.round(clipped / step) * step - clipped).detach()


def forward_rounded(net: Upscaler, luma: Tensor, peaks: list[float]) -> Tensor:
    """What the 8-bit file will compute."""
    value = rounded_value(net.head(luma), peaks[0])
    for layer, peak in zip(net.body, peaks[1:], strict=True):
        grown = functional.conv2d(value, rounded_weight(layer.weight), layer.bias, padding=1)
        value = rounded_value(grown, peak)
    return functional.pixel_shuffle(net.tail(value) + net.skip(luma), net.scale)


def settle(folder: Path, scale: int, *, steps: int = STEPS) -> None:
    """Fine-tune the folded net under rounding; keeps averaged weights and ranges."""
    torch.set_num_threads(1)
    net = load_folded(folder, scale)
    peaks = measure_peaks(net, calibration_pictures(scale))
    plan = Plan(scale=scale)
    patches = Patches(np.load(draw_pool(plan.pool_count, seed=plan.pool_seed)), plan)
    random = np.random.default_rng([plan.seed, scale, WEIGHT_BITS])
    adam = torch.optim.Adam(net.parameters(), lr=PEAK_RATE, betas=plan.betas)
    mean = [value.detach().clone() for value in net.parameters()]
    for step in range(steps):
        for group in adam.param_groups:
            group["lr"] = PEAK_RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
        low, high = patches.take(random)
        gap = forward_rounded(net, low, peaks) - high
        loss = gap.abs().mean() + plan.squared_weight * gap.square().mean()
        adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), plan.clip)
        adam.step()
        with torch.no_grad():
            for kept, value in zip(mean, net.parameters(), strict=True):
                kept.lerp_(value, 0.02)
    names = [name for name, _ in net.named_parameters()]
    weights = dict(zip(names, mean, strict=True))
    facts = folder / f"upscale-x{scale}.json"
    known = json.loads(facts.read_text()) | {"settled_steps": steps}
    facts.write_text(json.dumps(known, indent=1) + "\n")
    torch.save({"weights": weights, "peaks": peaks}, settled_file(folder, scale))
    print(f"x{scale}: settled in {steps} steps", flush=True)


def settled_file(folder: Path, scale: int) -> Path:
    """Where the weights and ranges of the 8-bit file are kept."""
    return folder / f"upscale-x{scale}.settled.pt"


def main() -> None:
    """Settle one scale."""
    parser = argparse.ArgumentParser(description="fine-tune an upscaler under 8-bit rounding")
    parser.add_argument("--scale", type=int, choices=(2, 4), required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--folder", type=Path, default=CACHE)
    options = parser.parse_args()
    settle(options.folder, options.scale, steps=options.steps)


if __name__ == "__main__":
    main()
