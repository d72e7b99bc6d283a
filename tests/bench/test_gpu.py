"""The measurement of devices: its nets open, its picture is one, its goals decide."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from bench import gpu
from safelight.models.onnx_session import opened
from safelight.models.providers import CPU, SHARED, Device


@pytest.mark.parametrize("half", [False, True], ids=["fp32", "fp16"])
def test_the_net_with_noise_for_weights_takes_batches(
    half: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "CHANNELS", 4)
    monkeypatch.setattr(gpu, "DEPTH", 1)
    session = opened(gpu.photographic(half=half), threads=1, device=CPU)
    (answer,) = session.run(None, {"x": np.ones((2, 3, 8, 6), np.float32)})
    assert answer.shape == (2, 3, 32, 24)
    assert answer.dtype == np.float32


def test_the_picture_is_a_fourth_of_4k() -> None:
    with Image.open(io.BytesIO(gpu.picture())) as picture:
        assert (picture.width * gpu.SCALE, picture.height * gpu.SCALE) == (3840, 2160)


def test_the_first_time_does_not_count() -> None:
    calls: list[int] = []
    assert gpu.best(lambda: calls.append(1), 3) >= 0
    assert len(calls) == 4


def test_without_a_card_the_processor_is_asked_the_same_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert gpu._usual() == Device.named(SHARED)
    card = Device("cuda")
    monkeypatch.setattr(gpu, "present", lambda: (card, CPU))
    assert gpu._usual() == card


def test_asking_is_measured_beside_not_asking(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "TILE", 32)
    monkeypatch.setattr(gpu, "GOAL_SHARE", 1e9)
    assert gpu.asking(Device.named(SHARED), 2)
    assert "a tile of 32: bare " in capsys.readouterr().out
    monkeypatch.setattr(gpu, "GOAL_SHARE", -1.0)
    assert not gpu.asking(Device.named(SHARED), 1)
