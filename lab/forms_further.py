"""EDSR and SPAN, written anew in torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MEAN = (0.4488, 0.4371, 0.4040)


class Shift(nn.Conv2d):
    """The mean colour taken away, or added again."""

    def __init__(self, sign: int) -> None:
        super().__init__(3, 3, 1)
        self.weight.data = torch.eye(3).view(3, 3, 1, 1)
        self.bias = nn.Parameter(sign * 255 * torch.tensor(MEAN))


class Repair(nn.Module):
    """Two convolutions, and what went in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers = (nn.Conv2d(width, width, 3, 1, 1) for _ in range(2))
        first, second = layers
        self.body = nn.Sequential(first, nn.ReLU(), second)

    def forward(self, value: Tensor) -> Tensor:
        """The value, and what was found."""
        found: Tensor = self.body(value)
        return found + value


class Edsr(nn.Module):
    """The baseline; scale 4 in two steps."""

    def __init__(self, width: int, blocks: int, scale: int) -> None:
        super().__init__()
        self.sub_mean, self.add_mean = Shift(-1), Shift(1)
        self.head = nn.Sequential(nn.Conv2d(3, width, 3, 1, 1))
        body: list[nn.Module] = [Repair(width) for _ in range(blocks)]
        self.body = nn.Sequential(*body, nn.Conv2d(width, width, 3, 1, 1))
        steps: list[nn.Module] = []
        for one in (2, 2) if scale == 4 else (scale,):
            steps += [nn.Conv2d(width, width * one**2, 3, 1, 1), nn.PixelShuffle(one)]
        self.tail = nn.Sequential(nn.Sequential(*steps), nn.Conv2d(width, 3, 3, 1, 1))

    def forward(self, picture: Tensor) -> Tensor:
        """0..255 in and out."""
        features = self.head(self.sub_mean(picture))
        found: Tensor = self.add_mean(self.tail(self.body(features) + features))
        return found


class Parts(nn.Module):
    """A convolution as it is trained: three after each other, and a shortcut."""

    def __init__(self, given: int, out: int) -> None:
        super().__init__()
        self.sk = nn.Conv2d(given, out, 1)
        self.conv = nn.Sequential(
            nn.Conv2d(given, 2 * given, 1),
            nn.Conv2d(2 * given, 2 * out, 3),
            nn.Conv2d(2 * out, out, 1),
        )
        self.eval_conv = nn.Conv2d(given, out, 3, 1, 1)

    def forward(self, value: Tensor) -> Tensor:
        """As one kernel gives it: what it makes of one pixel, and the answer to nothing."""
        given = self.sk.in_channels
        one = torch.zeros((given, given, 5, 5))
        one[range(given), range(given), 2, 2] = 1
        nothing = self.conv(torch.zeros((1, given, 3, 3)))[0, :, 0, 0]
        seen = self.conv(one) - nothing.view(1, -1, 1, 1)
        kernel = seen.flip(2, 3).transpose(0, 1)
        whole = F.conv2d(value, kernel, nothing, padding=1)
        found: Tensor = whole + self.sk(value)
        return found


class Self(nn.Module):
    """Three convolutions whose answer weighs itself."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = (Parts(width, width) for _ in range(3))

    def forward(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """The answer, and what was found first."""
        first = self.c1_r(value)
        third = self.c3_r(F.silu(self.c2_r(F.silu(first))))
        return (third + value) * (torch.sigmoid(third) - 0.5), first


class Span(nn.Module):
    """SPAN; a plain one takes the picture as it is, and says so in its file."""

    def __init__(self, width: int, blocks: int, scale: int, *, is_plain: bool = False) -> None:
        super().__init__()
        self.blocks, self.is_plain = blocks, is_plain
        if is_plain:
            self.register_buffer("no_norm", torch.zeros(1))
        self.conv_1, self.conv_2 = Parts(3, width), Parts(width, width)
        for place in range(1, self.blocks + 1):
            self.add_module(f"block_{place}", Self(width))
        self.conv_cat = nn.Conv2d(4 * width, width, 1)
        wide = nn.Conv2d(width, 3 * scale**2, 3, 1, 1)
        self.upsampler = nn.Sequential(wide, nn.PixelShuffle(scale))

    def forward(self, picture: Tensor) -> Tensor:
        """0..1 in, larger out."""
        if not self.is_plain:
            picture = (picture - torch.tensor(MEAN).view(1, 3, 1, 1)) * 255
        features = self.conv_1(picture)
        outs, out, first = [], features, features
        for place in range(1, self.blocks + 1):
            out, first = self.get_submodule(f"block_{place}")(out)
            outs.append(out)
        gathered = [features, self.conv_2(out), outs[0], first]
        found: Tensor = self.upsampler(self.conv_cat(torch.cat(gathered, 1)))
        return found
