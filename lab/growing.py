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

LUMA = (0.299, 0.587, 0.114)


@dataclass
class GrownUpscaling(Upscaling):
    """An upscaler whose first weights are those of the recipe called `begun_from`."""

    begun_from: str = ""

    def net(self) -> nn.Module:
        """The larger net around the smaller one's checkpoint. Raises SystemExit without it."""
        net = super().net()
        begin(net, self.begun_from)
        return net


def begin(net: nn.Module, name: str) -> None:
    """Give the net the averaged weights of the luma upscaler called `name`, in place.

    A net of colour then adds the same detail, made from luma, to each of its three planes. Raises
    SystemExit where that upscaler was not trained here.
    """
    import torch

    file = CACHE / f"{name}.state.pt"
    if not file.exists():
        raise SystemExit(f"this model begins from {name}: learn that one first")
    small: dict[str, Tensor] = torch.load(file, weights_only=True)["mean"]
    weights = net.state_dict()
    if weights["head.weight"].shape[1] == len(LUMA):
        small = coloured(small)
    with torch.no_grad():
        for path, value in weights.items():
            value.copy_(grown(value, small.get(path)))


def coloured(small: dict[str, Tensor]) -> dict[str, Tensor]:
    """A luma net as one of red, green and blue."""
    made = dict(small)
    head = small["head.weight"]
    made["head.weight"] = head * head.new_tensor(LUMA).reshape(1, -1, 1, 1)
    for path in ("tail.weight", "tail.bias", "skip.weight"):
        repeats = [len(LUMA)] + [1] * (small[path].dim() - 1)
        made[path] = small[path].repeat(repeats)
    return made


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
