"""The luma upscaler: ten convolutions beside a bicubic one, then a pixel shuffle."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS, BODY_LAYERS = 32, 10
HALO_PX = BODY_LAYERS + 2
"""Low-resolution pixels that one output pixel sees beyond its own, each side."""


class Upscaler(nn.Module):
    """Luma in 0..1, [N,1,H,W], to luma [N,1,sH,sW]; zero-padded; begins as bicubic."""

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(1, CHANNELS, 3, padding=1)
        self.body = nn.ModuleList(
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1) for _ in range(BODY_LAYERS)
        )
        self.tail = nn.Conv2d(CHANNELS, scale * scale, 3, padding=1)
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
        return functional.pixel_shuffle(self.tail(value) + self.skip(luma), self.scale)

    def fold(self) -> Upscaler:
        """The same function with each identity moved into its convolution's weights."""
        other = Upscaler(self.scale)
        other.load_state_dict(self.state_dict())
        with torch.no_grad():
            for layer in other.body:
                for channel in range(CHANNELS):
                    layer.weight[channel, channel, 1, 1] += 1
        other.folded = True
        other.eval()
        return other


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
