"""The luma upscaler: a chain of convolutions beside a bicubic one, then a pixel shuffle.

One output pixel sees as many low-resolution pixels beyond its own, each side, as there are
convolutions in the chain.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


class Upscaler(nn.Module):
    """Luma in 0..1, [N,1,H,W], to luma [N,1,sH,sW]; zero-padded; begins as bicubic."""

    def __init__(self, scale: int, *, features: int = 32, layers: int = 10) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(1, features, 3, padding=1)
        self.body = nn.ModuleList(
            nn.Conv2d(features, features, 3, padding=1) for _ in range(layers)
        )
        self.tail = nn.Conv2d(features, scale * scale, 3, padding=1)
        self.skip = nn.Conv2d(1, scale * scale, 5, padding=2, bias=False)
        self.folded = False
        with torch.no_grad():
            nn.init.kaiming_normal_(self.head.weight)
            for layer in self.body:
                nn.init.kaiming_normal_(layer.weight).mul_(0.25)
                layer.bias.zero_()
            self.head.bias.zero_()
            self.tail.weight.mul_(0.05)
            self.tail.bias.zero_()
            self.skip.weight.copy_(bicubic_kernel(scale))

    def forward(self, luma: Tensor) -> Tensor:
        """Enlarge; values may leave 0..1 by a little."""
        value = functional.relu(self.head(luma))
        for layer in self.body:
            grown = layer(value) if self.folded else layer(value) + value
            value = functional.relu(grown)
        # In half precision the skip alone would cost a step of 8 bits.
        with torch.autocast(luma.device.type, enabled=False):
            large = self.tail(value.float()) + self.skip(luma.float())
        return functional.pixel_shuffle(large, self.scale)

    def fold(self) -> Upscaler:
        """The same function with each identity moved into its convolution's weights."""
        other = copy.deepcopy(self)
        with torch.no_grad():
            for layer in other.body:
                for channel in range(layer.out_channels):
                    layer.weight[channel, channel, 1, 1] += 1
        other.folded = True
        return other.eval()


def bicubic_kernel(scale: int) -> Tensor:
    """Weights [s*s,1,5,5] that make the skip exact bicubic interpolation (a = -0.5)."""
    rows = np.zeros((scale, 5))
    for phase in range(scale):
        centre = (phase + 0.5) / scale - 0.5
        rows[phase] = [_cubic(tap - centre) for tap in range(-2, 3)]
        rows[phase] /= rows[phase].sum()
    kernel = np.einsum("ai,bj->abij", rows, rows).reshape(scale * scale, 1, 5, 5)
    return torch.from_numpy(kernel.astype(np.float32))


def _cubic(distance: float) -> float:
    d = abs(distance)
    if d < 1:
        return 1.5 * d**3 - 2.5 * d**2 + 1
    if d < 2:
        return -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return 0.0
