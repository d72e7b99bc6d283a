"""The net that cuts out: plain 3x3 convolutions from a half down to a 32nd and back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

WIDTHS = (16, 32, 64, 96, 128)
"""Channels at a half, a quarter, ... of the side."""


class Layer(nn.Module):
    """A convolution, batch norm, ReLU; adds its input where `keeps`."""

    def __init__(self, before: int, after: int, *, stride: int = 1, side: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, side, stride, side // 2, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(after)
        self.keeps = before == after and stride == 1

    def forward(self, value: Tensor) -> Tensor:
        found = functional.relu(self.norm(self.conv(value)))
        return found + value if self.keeps else found

    def fold(self) -> None:
        """Put the norm, as learnt, into the convolution."""
        if not isinstance(self.norm, nn.Identity):
            self.conv = fuse_conv_bn_eval(self.conv, self.norm)
            self.norm = nn.Identity()


class Cutter(nn.Module):
    """Input planes [N, C, H, W], sides multiples of 32, to logits of coverage [N, 1, H, W]."""

    def __init__(self, planes: int) -> None:
        super().__init__()
        a, b, c, d, e = WIDTHS
        self.head = Layer(planes, a, stride=2)
        self.down2 = nn.Sequential(Layer(a, b, stride=2), Layer(b, b))
        self.down3 = nn.Sequential(Layer(b, c, stride=2), Layer(c, c), Layer(c, c))
        self.down4 = nn.Sequential(Layer(c, d, stride=2), Layer(d, d), Layer(d, d))
        self.down5 = nn.Sequential(Layer(d, e, stride=2), Layer(e, e))
        self.whole = nn.Conv2d(e, e, 1)
        self.deepest = Layer(e, e)
        self.from5, self.up4 = Layer(e, d, side=1), Layer(d, d)
        self.from4, self.up3 = Layer(d, c, side=1), Layer(c, c)
        self.from3, self.up2 = Layer(c, b, side=1), Layer(b, b)
        self.from2, self.up1 = Layer(b, a, side=1), Layer(a, a)
        self.tail = nn.Conv2d(a, 4, 3, 1, 1)
        self.coarse = nn.Conv2d(c, 1, 1)

    def forward(self, planes: Tensor) -> Tensor:
        return self.both(planes)[0]

    def both(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """The logits, and coarse ones at an eighth that only training looks at."""
        half = self.head(planes)
        quarter = self.down2(half)
        eighth = self.down3(quarter)
        sixteenth = self.down4(eighth)
        deep = self.down5(sixteenth)
        deep = self.deepest(deep + self.whole(deep.mean((2, 3), keepdim=True)))
        sixteenth = self.up4(_twice(self.from5(deep)) + sixteenth)
        eighth = self.up3(_twice(self.from4(sixteenth)) + eighth)
        quarter = self.up2(_twice(self.from3(eighth)) + quarter)
        half = self.up1(_twice(self.from2(quarter)) + half)
        return functional.pixel_shuffle(self.tail(half), 2), self.coarse(eighth)

    def fold(self) -> Opaque:
        """The net as shipped: norms folded, coverage in 0..1."""
        self.eval()
        for layer in self.modules():
            if isinstance(layer, Layer):
                layer.fold()
        return Opaque(self)


class Opaque(nn.Module):
    """A folded cutter that answers with coverage in 0..1."""

    def __init__(self, cutter: Cutter) -> None:
        super().__init__()
        self.cutter = cutter

    def forward(self, planes: Tensor) -> Tensor:
        return torch.sigmoid(self.cutter(planes))


def _twice(value: Tensor) -> Any:
    return functional.interpolate(value, scale_factor=2, mode="nearest")
