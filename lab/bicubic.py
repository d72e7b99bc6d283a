"""Bicubic interpolation as the weights of a convolution."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def bicubic_kernel(scale: int) -> Tensor:
    """Weights [s*s,1,5,5] that enlarge by exact bicubic interpolation (a = -0.5)."""
    rows = np.zeros((scale, 5))
    for phase in range(scale):
        centre = (phase + 0.5) / scale - 0.5
        rows[phase] = [_cubic(tap - centre) for tap in range(-2, 3)]
        rows[phase] /= rows[phase].sum()
    kernel = np.einsum("ai,bj->abij", rows, rows).reshape(scale * scale, 1, 5, 5)
    return torch.from_numpy(kernel.astype(np.float32))


def _cubic(distance: float) -> float:
    d = abs(distance)
    if d < 1:
        return 1.5 * d**3 - 2.5 * d**2 + 1
    if d < 2:
        return -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return 0.0
