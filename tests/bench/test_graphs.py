"""The nets that ours are compared with have the published shapes."""

from __future__ import annotations

import numpy as np

from bench.graphs import opened, srvgg, u2netp


def test_the_rival_upscaler_has_its_published_size() -> None:
    model, parameters = srvgg()
    # 3·64·9+64+64, 32 times 64·64·9+64+64, 64·48·9+48
    assert parameters == 1_856 + 32 * 36_992 + 27_696 == 1_213_296
    answer = opened(model).run(None, {"x": np.zeros((1, 3, 8, 12), np.float32)})[0]
    assert answer.shape == (1, 3, 32, 48)


def test_the_rival_cutout_has_its_published_size() -> None:
    """1.13 million parameters (Qin et al. 2020, table 1: U2-Net†, 4.7 MB)."""
    model, parameters = u2netp(64)
    assert 1.12e6 < parameters < 1.135e6
    answer = opened(model).run(None, {"x": np.full((1, 3, 64, 64), 0.5, np.float32)})[0]
    assert answer.shape == (1, 1, 64, 64)
    assert np.isfinite(answer).all()
