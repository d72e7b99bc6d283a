"""Write the vectors that our graphs of other people's weights are held against.

    lab/.venv/bin/python -m lab.forms

Small nets of each architecture with random weights, saved by torch in both of its forms, and what
torch makes of a picture with them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lab.forms_bsrn import Bsrn
from lab.forms_further import Edsr, Span
from lab.forms_nets import Dncnn, Rrdb, Safmn, Srvgg
from lab.forms_swin import Swinir

TARGET = Path(__file__).resolve().parents[1] / "tests/vectors/forms-v1"
SPREAD = 0.2
"""Of the random weights: enough that no part of a net is lost in the rounding of another."""
SEEN = 7
"""Every so manieth value of an answer is written down."""


def nets() -> dict[str, tuple[nn.Module, int, dict[str, Any]]]:
    """By the name of their files: the net, the channels of its picture, and how it is saved."""
    return {
        "srvgg-x2": (Srvgg(6, 2, 2), 3, {"inside": "params"}),
        "srvgg-x4": (Srvgg(4, 1, 4), 3, {"inside": "params", "is_older": True}),
        "rrdb-x4": (Rrdb(6, 3, 2, 1), 3, {"inside": "params_ema"}),
        "rrdb-x2": (Rrdb(6, 3, 1, 2), 3, {"inside": "params_ema"}),
        "dncnn-grey": (Dncnn(1, 6, 2), 1, {"is_older": True}),
        "dncnn-rgb": (Dncnn(3, 6, 1), 3, {}),
        "safmn-light-x4": (Safmn(8, 2, 4), 3, {"inside": "params"}),
        "safmn-light-x2": (Safmn(4, 1, 2), 3, {"inside": "params_ema", "is_half": True}),
        "bsrn-x4": (Bsrn(8, 2, 4), 3, {"inside": "params"}),
        "edsr-x4": (Edsr(6, 2, 4), 3, {"is_older": True}),
        "edsr-x3": (Edsr(4, 1, 3), 3, {}),
        "span-x4": (Span(4, 2, 4), 3, {"inside": "params_ema"}),
        "span-x2": (Span(3, 1, 2, is_plain=True), 3, {"inside": "params"}),
        "swinir-light-x4": (Swinir(8, 2, (2, 2), 4), 3, {"inside": "params"}),
        "swinir-light-x2": (Swinir(6, 3, (3,), 2), 3, {"inside": "params"}),
    }


def picture(channels: int) -> Tensor:
    """The picture that all nets get: 24 rows, 32 columns, 0..1."""
    return torch.rand((1, channels, 24, 32))


def save(
    net: nn.Module, path: Path, *, inside: str = "", is_older: bool = False, is_half: bool = False
) -> None:
    """The weights as torch saves them."""
    state: Any = net.state_dict()
    if is_half:
        state = {name: one.half() for name, one in state.items()}
    saved = {inside: state} if inside else state
    torch.save(saved, path, _use_new_zipfile_serialization=not is_older)


def main() -> None:
    """All vectors, the same each time."""
    TARGET.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(5)
    for name, (net, channels, how) in nets().items():
        with torch.no_grad():
            for one in net.parameters():
                one.copy_((torch.randn(one.shape) * SPREAD).half())
            given = picture(channels)
            wanted = net.eval()(given).numpy()
        save(net, TARGET / f"{name}.pth", **how)
        answer = {"given": given.numpy(), "shape": wanted.shape, "wanted": wanted.ravel()[::SEEN]}
        np.savez_compressed(TARGET / f"{name}.npz", **answer)


if __name__ == "__main__":
    main()
