"""A larger upscaler that begins as a smaller trained one and computes the same at first.

What the smaller net learnt from drawn pictures is kept: its channels come first, and nothing new
reaches them or the output until training lets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.pool import CACHE
from lab.upscaling import Upscaling

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass
class GrownUpscaling(Upscaling):
    """An upscaler whose first weights are those of the recipe called `begun_from`."""

    begun_from: str = ""

    def net(self) -> nn.Module:
        """The larger net around the smaller one's checkpoint. Raises SystemExit without it."""
        import torch

        net = super().net()
        file = CACHE / f"{self.begun_from}.state.pt"
        if not file.exists():
            raise SystemExit(f"{self.name} begins from {self.begun_from}: learn that one first")
        small: dict[str, Tensor] = torch.load(file, weights_only=True)["mean"]
        with torch.no_grad():
            for name, value in net.state_dict().items():
                value.copy_(grown(value, small.get(name)))
        return net


def grown(fresh: Tensor, small: Tensor | None) -> Tensor:
    """The fresh weights with the small ones in their first places.

    Old outputs read no new input, and layers that the small net lacks change nothing: the function
    stays as it was.
    """
    if small is None:
        return fresh * 0
    value = fresh.clone()
    outputs = small.shape[0]
    value[:outputs] = 0
    if small.dim() == 1:
        value[:outputs] = small
    else:
        value[:outputs, : small.shape[1]] = small
    return value
