"""BSRN of the NTIRE 2022 challenge, written anew in torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def last(layer: nn.Linear, value: Tensor) -> Tensor:
    """A layer over the channels, which come second."""
    found: Tensor = layer(value.movedim(1, -1))
    return found.movedim(-1, 1)


class Blueprint(nn.Module):
    """Across channels, then each alone."""

    def __init__(self, given: int, out: int) -> None:
        super().__init__()
        self.pw = nn.Linear(given, out)
        self.dw = nn.Conv2d(out, out, 3, 1, 1, groups=out)

    def forward(self, value: Tensor) -> Tensor:
        """As many channels as out."""
        found: Tensor = self.dw(last(self.pw, value))
        return found


class Attention(nn.Module):
    """Each pixel by what a coarse look at its surroundings says."""

    def __init__(self, width: int) -> None:
        super().__init__()
        narrow = width // 4
        self.conv1, self.conv_f = nn.Linear(width, narrow), nn.Linear(narrow, narrow)
        self.conv_max, self.conv3 = Blueprint(narrow, narrow), Blueprint(narrow, narrow)
        self.conv3_ = Blueprint(narrow, narrow)
        self.conv2 = nn.Conv2d(narrow, narrow, 3, 2)
        self.conv4 = nn.Linear(narrow, width)

    def forward(self, value: Tensor) -> Tensor:
        """The value, weighed."""
        narrow = last(self.conv1, value)
        coarse = F.max_pool2d(self.conv2(narrow), 7, 3)
        coarse = F.gelu(self.conv3(F.gelu(self.conv_max(coarse))))
        coarse = self.conv3_(coarse)
        wide = F.interpolate(coarse, value.shape[2:], mode="bilinear", align_corners=False)
        both = wide + last(self.conv_f, narrow)
        return value * torch.sigmoid(last(self.conv4, both))


class Distilled(nn.Module):
    """Half of the channels set aside at each step."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half = width // 2
        for step in (1, 2, 3):
            self.add_module(f"c{step}_d", nn.Linear(width, half))
            self.add_module(f"c{step}_r", Blueprint(width, width))
        self.c4, self.c5 = Blueprint(width, half), nn.Linear(half * 4, width)
        self.esa = Attention(width)
        self.cw = nn.Parameter(torch.randn(1, width) * 0.2 + 1)
        self.conv_out = nn.Linear(width, width)

    def forward(self, value: Tensor) -> Tensor:
        """The value, and what was found."""
        aside, out = [], value
        for step in (1, 2, 3):
            linear = self.get_submodule(f"c{step}_d")
            aside.append(F.gelu(linear(out.movedim(1, -1))).movedim(-1, 1))
            out = F.gelu(self.get_submodule(f"c{step}_r")(out) + out)
        aside.append(F.gelu(self.c4(out)))
        found = self.esa(last(self.c5, torch.cat(aside, 1)))
        return value + last(self.conv_out, found * self.cw[..., None, None])


class Steps(nn.Module):
    """The last convolution, and the pixels."""

    def __init__(self, width: int, scale: int) -> None:
        super().__init__()
        layers = (nn.Conv2d(width, 3 * scale**2, 3, 1, 1), nn.PixelShuffle(scale))
        self.upsampleOneStep = nn.Sequential(*layers)

    def forward(self, value: Tensor) -> Tensor:
        """Larger by the scale."""
        found: Tensor = self.upsampleOneStep(value)
        return found


class Bsrn(nn.Module):
    """The whole net."""

    def __init__(self, width: int, blocks: int, scale: int) -> None:
        super().__init__()
        self.fea_conv = Blueprint(3 * 4, width)
        self.blocks = blocks
        for place in range(1, blocks + 1):
            self.add_module(f"B{place}", Distilled(width))
        self.c1, self.c2 = nn.Linear(width * blocks, width), Blueprint(width, width)
        self.upsampler = Steps(width, scale)

    def forward(self, picture: Tensor) -> Tensor:
        """Larger by the scale."""
        features = self.fea_conv(picture.repeat(1, 4, 1, 1))
        out, outs = features, []
        for place in range(1, self.blocks + 1):
            out = self.get_submodule(f"B{place}")(out)
            outs.append(out)
        gathered = F.gelu(last(self.c1, torch.cat(outs, 1)))
        found: Tensor = self.upsampler(self.c2(gathered) + features)
        return found
