"""What 8 bits do to a net, in torch: ranges of activations, rounded kernels, rounded values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

WEIGHT_LIMIT, LEVELS = 64, 255
LARGEST_SAMPLE = 50_000
Range = tuple[float, float]


def convolutions(net: nn.Module) -> dict[str, nn.Module]:
    """The convolutions of a net, by path."""
    return {path: layer for path, layer in net.named_modules() if isinstance(layer, nn.Conv2d)}


def entering(
    net: nn.Module, paths: Collection[str], inputs: Sequence[NDArray[np.float32]]
) -> dict[str, Range]:
    """For each named convolution: the range of its input that loses least in 8 bits."""
    seen: dict[str, list[Tensor]] = {path: [] for path in paths}

    def listen(path: str) -> Any:
        def keep(_: nn.Module, values: tuple[Tensor, ...]) -> None:
            flat = values[0].detach().flatten()
            seen[path].append(flat[:: 1 + flat.numel() // LARGEST_SAMPLE])

        return keep

    layers = convolutions(net)
    hooks = [layers[path].register_forward_pre_hook(listen(path)) for path in paths]
    with torch.no_grad():
        for value in inputs:
            net(torch.from_numpy(value))
    for hook in hooks:
        hook.remove()
    return {path: best_range(torch.cat(values)) for path, values in seen.items()}


def best_range(values: Tensor) -> Range:
    """Between a third and all of what was seen: the range whose 256 levels lose least."""
    low, high = min(0.0, float(values.min())), max(1e-6, float(values.max()))
    trials = [(low * share, high * share) for share in np.linspace(0.3, 1.0, 29).tolist()]

    def loss(trial: Range) -> float:
        return float((rounded_value(values, trial) - values).square().mean())

    return min(trials, key=loss)


def rounded_value(value: Tensor, bounds: Range) -> Tensor:
    """Values in 8 bits between the bounds, 0 exact; gradients pass inside them."""
    step = (bounds[1] - bounds[0]) / LEVELS
    zero = round(-bounds[0] / step)
    low, high = -zero * step, (LEVELS - zero) * step
    clipped = value.clamp(low, high)
    return clipped + (torch.round(clipped / step) * step - clipped).detach()


def rounded_kernel(kernel: Tensor) -> Tensor:
    """The kernel in 7 bits, a step per output channel; gradients pass as if untouched."""
    steps = kernel.detach().abs().amax(dim=(1, 2, 3), keepdim=True) / WEIGHT_LIMIT
    steps = steps.clamp_min(1e-12)
    return kernel + (torch.round(kernel / steps) * steps - kernel).detach()


class Rounded(nn.Module):
    """A net as its 8-bit file computes it: kernels and what enters them rounded, trainable."""

    def __init__(self, net: nn.Module, ranges: dict[str, Range], kept: Collection[str]) -> None:
        super().__init__()
        self.net = net
        self.kernels = {f"{path}.weight" for path in ranges if path not in kept}
        layers = convolutions(net)
        for path, bounds in ranges.items():
            layers[path].register_forward_pre_hook(self._rounding(bounds))

    @staticmethod
    def _rounding(bounds: Range) -> Any:
        return lambda _, values: (rounded_value(values[0], bounds), *values[1:])

    def forward(self, *values: Tensor) -> Tensor:
        """The net with rounded kernels."""
        weights = {
            name: rounded_kernel(value) if name in self.kernels else value
            for name, value in self.net.named_parameters()
        }
        out: Tensor = functional_call(self.net, weights, values)
        return out
