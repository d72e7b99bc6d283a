"""The nets of restore and upscale: plain convolutions whose identities fold away."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from lab.bicubic import bicubic_kernel


def body_of(channels: int, layers: int) -> nn.ModuleList:
    """Convolutions that begin as small changes beside their identity."""
    body = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(layers))
    with torch.no_grad():
        for layer in body:
            nn.init.kaiming_normal_(layer.weight).mul_(0.25)
            layer.bias.zero_()
    return body


def fold_body(body: nn.ModuleList) -> None:
    """Move each layer's identity into its weights, in place."""
    with torch.no_grad():
        for layer in body:
            for channel in range(layer.weight.shape[0]):
                layer.weight[channel, channel, 1, 1] += 1


class Restorer(nn.Module):
    """RGB in 0..1 and a condition plane, [N,4,H,W], to RGB of the same even size.

    Works on quarter-size planes (pixel unshuffle by 2); begins as the identity.
    """

    channels, layers = 48, 8

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(16, self.channels, 3, padding=1)
        self.body = body_of(self.channels, self.layers)
        self.tail = nn.Conv2d(self.channels, 12, 3, padding=1)
        self.folded = False
        with torch.no_grad():
            nn.init.kaiming_normal_(self.head.weight)
            self.head.bias.zero_()
            self.tail.weight.mul_(0.05)
            self.tail.bias.zero_()

    def forward(self, picture: Tensor) -> Tensor:
        """Restore; values may leave 0..1 by a little."""
        value = functional.relu(self.head(functional.pixel_unshuffle(picture, 2)))
        for layer in self.body:
            grown = layer(value) if self.folded else layer(value) + value
            value = functional.relu(grown)
        return picture[:, :3] + functional.pixel_shuffle(self.tail(value), 2)

    def fold(self) -> Restorer:
        """The same function with each identity moved into its convolution's weights."""
        other = Restorer()
        other.load_state_dict(self.state_dict())
        fold_body(other.body)
        other.folded = True
        other.eval()
        return other


class Enlarger(nn.Module):
    """Luma or RGB in 0..1, [N,planes,H,W], to [N,planes,sH,sW]; zero-padded; begins as bicubic."""

    def __init__(self, scale: int, *, planes: int, channels: int, layers: int) -> None:
        super().__init__()
        self.scale, self.planes = scale, planes
        self.channels, self.layers = channels, layers
        count = planes * scale * scale
        self.head = nn.Conv2d(planes, channels, 3, padding=1)
        self.body = body_of(channels, layers)
        self.tail = nn.Conv2d(channels, count, 3, padding=1)
        self.skip = nn.Conv2d(planes, count, 5, padding=2, bias=False, groups=planes)
        self.folded = False
        with torch.no_grad():
            nn.init.kaiming_normal_(self.head.weight)
            self.head.bias.zero_()
            self.tail.weight.mul_(0.05)
            self.tail.bias.zero_()
            self.skip.weight.copy_(bicubic_kernel(scale).repeat(planes, 1, 1, 1))

    def forward(self, picture: Tensor) -> Tensor:
        """Enlarge; values may leave 0..1 by a little."""
        value = functional.relu(self.head(picture))
        for layer in self.body:
            grown = layer(value) if self.folded else layer(value) + value
            value = functional.relu(grown)
        # In half precision the skip alone would cost a step of 8 bits.
        with torch.autocast(picture.device.type, enabled=False):
            large = self.tail(value.float()) + self.skip(picture.float())
        return functional.pixel_shuffle(large, self.scale)

    def fold(self) -> Enlarger:
        """The same function with each identity moved into its convolution's weights."""
        other = Enlarger(self.scale, planes=self.planes, channels=self.channels, layers=self.layers)
        other.load_state_dict(self.state_dict())
        fold_body(other.body)
        other.folded = True
        other.eval()
        return other
