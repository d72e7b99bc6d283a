"""The net that gives a picture a vector: what is drawn in it, and beside that its colours.

The first part is learnt and sees light and dark alone, evened out: it knows a picture again when it
was made grey, darker or harder. The second part is counted: the shares of 125 colours. It knows a
picture again when it was turned or cut.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

VECTOR = 128
WIDTHS = (32, 48, 96, 160)
LUMA = (0.299, 0.587, 0.114)
LEAST_CONTRAST = 0.03
LEVELS, COUNTED_PX = 5, 4
"""Colours are counted on 5 levels of red, green and blue, each spot of 4 x 4 pixels shared out."""
DRAWN_SHARE = 0.9
"""How much the learnt part counts in the likeness of two vectors; the rest is the colours."""


def _convolve(before: int, after: int, *, step: int = 1, relu: bool = True) -> nn.Sequential:
    parts: list[nn.Module] = [
        nn.Conv2d(before, after, 3, stride=step, padding=1, bias=False),
        nn.BatchNorm2d(after),
    ]
    return nn.Sequential(*parts, nn.ReLU()) if relu else nn.Sequential(*parts)


class Block(nn.Module):
    """Two convolutions beside the way straight through."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolve(width, width)
        self.second = _convolve(width, width, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        """[n, width, h, w] to the same shape."""
        return functional.relu(x + self.second(self.first(x)))


class EmbedNet(nn.Module):
    """RGB [n, 3, h, w] in 0..1 to a vector of length 1: 128 numbers of what is drawn, 125 of
    colours.
    """

    def __init__(self) -> None:
        super().__init__()
        stages: list[nn.Module] = [_convolve(1, 24, step=2)]
        before = 24
        for width in WIDTHS:
            stages.append(_convolve(before, width, step=2))
            if width > WIDTHS[0]:
                stages.append(Block(width))
            before = width
        self.body = nn.Sequential(*stages)
        self.widen = nn.Sequential(nn.Conv2d(before, 256, 1, bias=False), nn.BatchNorm2d(256))
        self.vector = nn.Linear(256, VECTOR)
        self.project = nn.Sequential(nn.ReLU(), nn.Linear(VECTOR, 128))

    def forward(self, x: Tensor) -> Tensor:
        """The vector."""
        drawn = functional.normalize(self.drawn(x), dim=1)
        counted = colours(x)
        # Not joined by a concatenation: in the 8-bit file that would round what comes out.
        behind = functional.pad(drawn * DRAWN_SHARE**0.5, (0, counted.shape[1]))
        before = functional.pad(counted * -((1 - DRAWN_SHARE) ** 0.5), (drawn.shape[1], 0))
        return behind - before

    def drawn(self, x: Tensor) -> Tensor:
        """[n, 128]: the learnt part, of any length."""
        seen = functional.relu(self.widen(self.body(evened(x))))
        found: Tensor = self.vector(seen.mean(dim=(2, 3)))
        return found

    def matched(self, x: Tensor) -> Tensor:
        """What learning compares: the learnt part, one layer further."""
        return functional.normalize(self.project(self.drawn(x)).float(), dim=1)

    def fold(self) -> EmbedNet:
        """The net as shipped: norms folded, without what only learning needs."""
        self.eval()
        for module in list(self.modules()):
            if isinstance(module, nn.Sequential) and len(module) > 1:
                convolution, norm = module[0], module[1]
                if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    module[0] = fuse_conv_bn_eval(convolution, norm)
                    module[1] = nn.Identity()
        self.project = nn.Sequential()
        return self


def evened(x: Tensor) -> Tensor:
    """[n, 1, h, w]: luma with the mean 0 and, where it has contrast, the deviation 1."""
    luma = (x * x.new_tensor(LUMA).reshape(1, 3, 1, 1)).sum(1, keepdim=True)
    apart = luma - luma.mean((2, 3), keepdim=True)
    return apart / (apart.square().mean((2, 3), keepdim=True).sqrt() + LEAST_CONTRAST)


def colours(x: Tensor) -> Tensor:
    """[n, 125] of length 1: the roots of the shares of colours, each pixel among its neighbours."""
    small = functional.avg_pool2d(x, COUNTED_PX)
    places = torch.arange(LEVELS, dtype=x.dtype, device=x.device).reshape(1, 1, LEVELS, 1, 1)
    near = (1 - (small.unsqueeze(2) * (LEVELS - 1) - places).abs()).clamp(min=0)
    red, green, blue = near[:, 0], near[:, 1], near[:, 2]
    both = red.unsqueeze(2) * green.unsqueeze(1)
    shares = (both.unsqueeze(3) * blue.unsqueeze(1).unsqueeze(1)).mean((4, 5)).flatten(1)
    return functional.normalize((shares + 1e-6).sqrt(), dim=1)
