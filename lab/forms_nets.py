"""Architectures of others, written anew in torch: what our graphs are held against.

Random weights, a few channels wide, with the names that the published weights have.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Srvgg(nn.Module):
    """The compact upscaler of Real-ESRGAN."""

    def __init__(self, width: int, depth: int, scale: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 3, 1, 1), nn.PReLU(width)]
        for _ in range(depth):
            layers += [nn.Conv2d(width, width, 3, 1, 1), nn.PReLU(width)]
        layers.append(nn.Conv2d(width, 3 * scale**2, 3, 1, 1))
        self.body = nn.ModuleList(layers)
        self.scale = scale

    def forward(self, picture: Tensor) -> Tensor:
        """Larger by the scale."""
        out = picture
        for layer in self.body:
            out = layer(out)
        larger = F.interpolate(picture, scale_factor=self.scale, mode="nearest")
        return F.pixel_shuffle(out, self.scale) + larger


class Dense(nn.Module):
    """Five convolutions, each of which sees what all before it gave."""

    def __init__(self, width: int, grown: int) -> None:
        super().__init__()
        for place in range(1, 6):
            out = grown if place < 5 else width
            self.add_module(f"conv{place}", nn.Conv2d(width + grown * (place - 1), out, 3, 1, 1))

    def forward(self, value: Tensor) -> Tensor:
        """The value, and a fifth of what was found."""
        seen = [value]
        for place in range(1, 5):
            found = self.get_submodule(f"conv{place}")(torch.cat(seen, 1))
            seen.append(F.leaky_relu(found, 0.2))
        return value + 0.2 * self.get_submodule("conv5")(torch.cat(seen, 1))


class Residual(nn.Module):
    """Three dense blocks."""

    def __init__(self, width: int, grown: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (Dense(width, grown) for _ in range(3))

    def forward(self, value: Tensor) -> Tensor:
        """The value, and a fifth of what was found."""
        return value + 0.2 * self.rdb3(self.rdb2(self.rdb1(value)))


class Rrdb(nn.Module):
    """The large upscaler of Real-ESRGAN; fold 2 looks at squares of four pixels, and gives x2."""

    def __init__(self, width: int, grown: int, blocks: int, fold: int) -> None:
        super().__init__()
        self.fold = fold
        self.conv_first = nn.Conv2d(3 * fold**2, width, 3, 1, 1)
        self.body = nn.ModuleList(Residual(width, grown) for _ in range(blocks))
        names = ("conv_body", "conv_up1", "conv_up2", "conv_hr")
        for name in names:
            self.add_module(name, nn.Conv2d(width, width, 3, 1, 1))
        self.conv_last = nn.Conv2d(width, 3, 3, 1, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """Four times larger than what it looks at."""
        layer = self.get_submodule
        features = self.conv_first(F.pixel_unshuffle(picture, self.fold))
        out = features
        for block in self.body:
            out = block(out)
        out = features + layer("conv_body")(out)
        for name in ("conv_up1", "conv_up2"):
            larger = F.interpolate(out, scale_factor=2, mode="nearest")
            out = F.leaky_relu(layer(name)(larger), 0.2)
        found: Tensor = self.conv_last(F.leaky_relu(layer("conv_hr")(out), 0.2))
        return found


class Dncnn(nn.Module):
    """A denoiser that gives the noise."""

    def __init__(self, channels: int, width: int, depth: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, 1, 1), nn.ReLU()]
        for _ in range(depth):
            layers += [nn.Conv2d(width, width, 3, 1, 1), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.Conv2d(width, channels, 3, 1, 1))

    def forward(self, picture: Tensor) -> Tensor:
        """The picture without it."""
        noise: Tensor = self.model(picture)
        return picture - noise


def plain(*sides: int, groups: int = 1) -> nn.Conv2d:
    """A convolution without bias that keeps the size."""
    given, out, kernel = sides
    return nn.Conv2d(given, out, kernel, 1, kernel // 2, groups=groups, bias=False)


class Weighed(nn.Module):
    """Half of the channels by a coarse look at them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = plain(width, width, 3)
        self.dwconv = plain(width // 2, width // 2, 3, groups=width // 2)
        self.out = plain(width, width, 1)

    def forward(self, value: Tensor) -> Tensor:
        """All channels, mixed."""
        rows, columns = value.shape[-2:]
        first, second = self.proj(value).chunk(2, 1)
        coarse = self.dwconv(F.adaptive_max_pool2d(first, (rows // 8, columns // 8)))
        wide = F.interpolate(coarse, size=(rows, columns), mode="bilinear")
        weighed = F.gelu(wide) * first
        found: Tensor = self.out(F.gelu(torch.cat([second, weighed], 1)))
        return found


class Mixed(nn.Module):
    """Channels mixed, wider in between."""

    def __init__(self, width: int, wider: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(plain(width, wider, 3), nn.GELU(), plain(wider, width, 1))

    def forward(self, value: Tensor) -> Tensor:
        """The mix."""
        found: Tensor = self.conv(value)
        return found


class Block(nn.Module):
    """One block of SAFMN++ light."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = Weighed(width), Mixed(width, width * 3 // 2)

    def forward(self, value: Tensor) -> Tensor:
        """Both after each other."""
        found: Tensor = self.conv2(self.conv1(value))
        return found


class Safmn(nn.Module):
    """SAFMN++ light."""

    def __init__(self, width: int, blocks: int, scale: int) -> None:
        super().__init__()
        self.to_feat = plain(3, width, 3)
        self.feats = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.to_img = nn.Sequential(plain(width, 3 * scale**2, 3), nn.PixelShuffle(scale))

    def forward(self, picture: Tensor) -> Tensor:
        """Larger by the scale."""
        features = self.to_feat(picture)
        found: Tensor = self.to_img(self.feats(features) + features)
        return found
