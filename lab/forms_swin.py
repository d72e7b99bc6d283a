"""SwinIR, the light one, written anew in torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE, SHIFT = 8, 4
MEAN = (0.4488, 0.4371, 0.4040)


def parts(picture: Tensor) -> Tensor:
    """[1, rows, columns, channels] as [windows, places, channels]."""
    _, rows, columns, channels = picture.shape
    cut = picture.view(rows // SIDE, SIDE, columns // SIDE, SIDE, channels)
    return cut.permute(0, 2, 1, 3, 4).reshape(-1, SIDE * SIDE, channels)


def whole(windows: Tensor, rows: int, columns: int) -> Tensor:
    """The way back."""
    cut = windows.view(rows // SIDE, columns // SIDE, SIDE, SIDE, -1)
    return cut.permute(0, 2, 1, 3, 4).reshape(1, rows, columns, -1)


def regions(rows: int, columns: int) -> Tensor:
    """What keeps pixels apart that only the shift has brought together."""
    picture = torch.zeros((1, rows, columns, 1))
    cuts = (slice(0, -SIDE), slice(-SIDE, -SHIFT), slice(-SHIFT, None))
    for place in range(9):
        picture[:, cuts[place // 3], cuts[place % 3]] = place
    found = parts(picture)
    apart = found != found.transpose(1, 2)
    return torch.zeros(apart.shape).masked_fill(apart, -100.0)


class Attention(nn.Module):
    """Among the places of a window."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        steps = 2 * SIDE - 1
        self.relative_position_bias_table = nn.Parameter(torch.randn(steps**2, heads))
        places = torch.cartesian_prod(torch.arange(SIDE), torch.arange(SIDE))
        apart = places[:, None] - places[None] + SIDE - 1
        index = apart[..., 0] * steps + apart[..., 1]
        self.register_buffer("relative_position_index", index.short())
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, windows: Tensor, mask: Tensor | None) -> Tensor:
        """Each place as a mix."""
        count, places, width = windows.shape
        asked = self.qkv(windows).view(count, places, 3, self.heads, width // self.heads)
        query, key, given = asked.permute(2, 0, 3, 1, 4)
        index = self.get_buffer("relative_position_index").long()
        near = self.relative_position_bias_table[index].permute(2, 0, 1)
        fit = query @ key.transpose(-2, -1) * (width // self.heads) ** -0.5 + near
        if mask is not None:
            fit = fit + mask[:, None]
        mixed = (fit.softmax(-1) @ given).transpose(1, 2).reshape(count, places, width)
        found: Tensor = self.proj(mixed)
        return found


class Mlp(nn.Module):
    """Wider, and back."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, value: Tensor) -> Tensor:
        """By place."""
        found: Tensor = self.fc2(F.gelu(self.fc1(value)))
        return found


class Block(nn.Module):
    """Attention, then each pixel alone."""

    def __init__(self, width: int, heads: int, shift: int) -> None:
        super().__init__()
        self.shift = shift
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.mlp = Attention(width, heads), Mlp(width)

    def forward(self, picture: Tensor) -> Tensor:
        """[1, rows, columns, channels] in and out."""
        _, rows, columns, _ = picture.shape
        moved = torch.roll(self.norm1(picture), (-self.shift, -self.shift), (1, 2))
        mask = regions(rows, columns) if self.shift else None
        seen = whole(self.attn(parts(moved), mask), rows, columns)
        picture = picture + torch.roll(seen, (self.shift, self.shift), (1, 2))
        found: Tensor = picture + self.mlp(self.norm2(picture))
        return found


class Blocks(nn.Module):
    """Blocks after each other."""

    def __init__(self, width: int, heads: int, depth: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            Block(width, heads, SHIFT if place % 2 else 0) for place in range(depth)
        )

    def forward(self, picture: Tensor) -> Tensor:
        """[1, rows, columns, channels] in and out."""
        for block in self.blocks:
            picture = block(picture)
        return picture


class Group(nn.Module):
    """Blocks, a convolution, and what went in."""

    def __init__(self, width: int, heads: int, depth: int) -> None:
        super().__init__()
        self.residual_group = Blocks(width, heads, depth)
        self.conv = nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """[1, rows, columns, channels] in and out."""
        inner = self.residual_group(picture).permute(0, 3, 1, 2)
        found: Tensor = self.conv(inner).permute(0, 2, 3, 1) + picture
        return found


class Embedded(nn.Module):
    """What normalises the pixels first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)


class Swinir(nn.Module):
    """The whole net."""

    def __init__(self, width: int, heads: int, depths: tuple[int, ...], scale: int) -> None:
        super().__init__()
        self.conv_first = nn.Conv2d(3, width, 3, 1, 1)
        self.patch_embed, self.norm = Embedded(width), nn.LayerNorm(width)
        self.layers = nn.ModuleList(Group(width, heads, depth) for depth in depths)
        self.conv_after_body = nn.Conv2d(width, width, 3, 1, 1)
        wide = nn.Conv2d(width, 3 * scale**2, 3, 1, 1)
        self.upsample = nn.Sequential(wide, nn.PixelShuffle(scale))

    def forward(self, picture: Tensor) -> Tensor:
        """Larger by the scale."""
        mean = torch.tensor(MEAN).view(1, 3, 1, 1)
        first = self.conv_first(picture - mean)
        out = self.patch_embed.norm(first.permute(0, 2, 3, 1))
        for group in self.layers:
            out = group(out)
        out = self.norm(out).permute(0, 3, 1, 2)
        found: Tensor = self.upsample(self.conv_after_body(out) + first) + mean
        return found
