"""What the cutter's training makes small."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def cutting_loss(
    fine: Tensor, coarse: Tensor, cover: Tensor, weights: Tensor, *, commit: bool
) -> Tensor:
    """Logits at full size and at an eighth against coverage in 0..1; late, it must decide."""
    alpha = torch.sigmoid(fine)
    cross = functional.binary_cross_entropy_with_logits(fine, cover, weights)
    gap = (alpha - cover).abs()
    edges = _slope_gap(alpha, cover)
    overlap = overlap_loss(alpha, cover)
    small = functional.avg_pool2d(cover, 8)
    rough = functional.binary_cross_entropy_with_logits(coarse, small)
    total: Tensor = cross + (gap * weights).mean() + 2 * edges + 0.4 * rough
    if not commit:
        return total + 0.5 * overlap
    sure = ((cover < 0.02) | (cover > 0.98)).float()
    undecided = (alpha * (1 - alpha) * sure).mean()
    return total + 1.5 * overlap + undecided


def overlap_loss(alpha: Tensor, cover: Tensor) -> Tensor:
    """One less the soft intersection over union of each picture, on average."""
    both = (alpha * cover).sum((1, 2, 3))
    either = alpha.sum((1, 2, 3)) + cover.sum((1, 2, 3)) - both
    share: Tensor = ((both + 20) / (either + 20)).mean()
    return 1 - share


def _slope_gap(alpha: Tensor, cover: Tensor) -> Tensor:
    down = (alpha.diff(dim=2) - cover.diff(dim=2)).abs().mean()
    right: Tensor = (alpha.diff(dim=3) - cover.diff(dim=3)).abs().mean()
    return down + right
