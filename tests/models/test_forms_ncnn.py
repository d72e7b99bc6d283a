"""ncnn: each layer gives what ncnn gives, and a file that lies is refused with one clear error."""

from __future__ import annotations

import contextlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from safelight.errors import PolicyRefused
from safelight.models.entry import Network
from safelight.models.forms import graph_of
from tests.models.forms import entry_of, session_of
from tests.models.real import entry_of as real_entry
from tests.models.real import pinned

Numbers = NDArray[np.float32]
BROKEN, UNKNOWN = "the model file is damaged", "a layer that is not known"
FLAG_WHOLE, FLAG_HALF = bytes(4), bytes.fromhex("476b3001")


def written(*layers: str, count: int | None = None) -> bytes:
    """A graph from x to y."""
    lines = ["7767517", f"{len(layers) + 1 if count is None else count} 9", "Input x 0 1 x"]
    return "\n".join([*lines, *layers, ""]).encode()


def answer(given: Numbers, *layers: str, numbers: bytes = b"", **changes: Any) -> Numbers:
    text = written(*layers)
    # A model has no empty part: one without numbers has a layer that is not used.
    if not numbers:
        text = written("Split s 1 2 x x.1 unused", "PReLU p 1 1 unused u 0=1", *layers)
        numbers = bytes(4)
    entry = entry_of("ncnn", text, numbers, channels=given.shape[1], **changes)
    return session_of(entry, text, numbers).run(given)


def ramp(channels: int, rows: int, columns: int) -> Numbers:
    count = channels * rows * columns
    return np.linspace(-1, 1, count, dtype=np.float32).reshape(1, channels, rows, columns)


def little(*values: float) -> bytes:
    return np.array(values, "<f4").tobytes()


def test_weights_come_in_32_and_in_16_bits() -> None:
    given = ramp(2, 3, 3)
    layer = "Convolution c 1 1 x y 0=1 1=1 5=1 6=2"
    wanted = given[:, :1] * 0.5 - given[:, 1:] * 2 + 3
    whole = FLAG_WHOLE + little(0.5, -2, 3)
    half = FLAG_HALF + np.array([0.5, -2], "<f2").tobytes() + little(3)
    for numbers in (whole, half):
        np.testing.assert_allclose(answer(given, layer, numbers=numbers), wanted, atol=1e-6)


def test_halves_fill_up_to_whole_words() -> None:
    numbers = FLAG_HALF + np.array([2], "<f2").tobytes() + bytes(2) + little(1)
    layer = "Convolution c 1 1 x y 0=1 1=1 5=1 6=1"
    given = ramp(1, 2, 2)
    np.testing.assert_allclose(answer(given, layer, numbers=numbers), given * 2 + 1)


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ("9=0", [-2.0, -0.5, 0.5, 2.0]),
        ("9=1", [0.0, 0.0, 0.5, 2.0]),
        ("9=2 -23310=1,0.1", [-0.2, -0.05, 0.5, 2.0]),
        ("9=3 -23310=2,-1.0,1.0", [-1.0, -0.5, 0.5, 1.0]),
        ("9=4", [0.1192, 0.3775, 0.6225, 0.8808]),
    ],
)
def test_a_convolution_has_its_activation_inside(setting: str, wanted: list[float]) -> None:
    given = np.array([-2, -0.5, 0.5, 2], np.float32).reshape(1, 1, 2, 2)
    numbers = FLAG_WHOLE + little(1)
    made = answer(given, f"Convolution c 1 1 x y 0=1 1=1 6=1 {setting}", numbers=numbers)
    np.testing.assert_allclose(made.ravel(), wanted, atol=1e-4)


def test_a_kernel_of_other_sides_goes_its_own_way() -> None:
    """Columns first in the settings, rows where they differ; pads left, top, right, below."""
    given = ramp(1, 5, 6)
    numbers = FLAG_WHOLE + little(1, 0, 0, 0, 0, 0)
    sides = "0=1 1=2 11=3 3=2 13=1 4=1 14=0 15=0 16=2 6=6"
    made = answer(given, f"Convolution c 1 1 x y {sides}", numbers=numbers)
    wanted = np.pad(given, ((0, 0), (0, 0), (0, 2), (1, 0)))[:, :, :5, 0:6:2]
    np.testing.assert_allclose(made, wanted)


def test_same_keeps_the_size() -> None:
    numbers = FLAG_WHOLE + little(*([1 / 9] * 9))
    made = answer(ramp(1, 4, 5), "Convolution c 1 1 x y 0=1 1=3 4=-233 6=9", numbers=numbers)
    assert made.shape == (1, 1, 4, 5)


def test_a_deconvolution_enlarges() -> None:
    """Each value becomes the kernel, by out and in as they stand in the file."""
    given = ramp(2, 2, 2)
    numbers = FLAG_WHOLE + little(1, 2, 3, 4, 5, 6, 7, 8)
    made = answer(given, "Deconvolution d 1 1 x y 0=1 1=2 3=2 6=8", numbers=numbers)
    first, second = (np.array(k, np.float32).reshape(2, 2) for k in ((1, 2, 3, 4), (5, 6, 7, 8)))
    wanted = np.kron(given[0, 0], first) + np.kron(given[0, 1], second)
    np.testing.assert_allclose(made[0, 0], wanted, atol=1e-5)


def pooled(given: Numbers, reduce: Any) -> Numbers:
    _, channels, rows, columns = given.shape
    parts = given.reshape(1, channels, rows // 2, 2, columns // 2, 2)
    made: Numbers = reduce(parts, axis=(3, 5))
    return made


X = ramp(4, 4, 6)
LAYERS: dict[str, tuple[tuple[str, ...], Numbers]] = {
    "relu": (("ReLU r 1 1 x y",), np.maximum(X, 0)),
    "leaky": (("ReLU r 1 1 x y 0=0.5",), np.where(X < 0, X / 2, X)),
    "sigmoid": (("Sigmoid s 1 1 x y",), np.float32(1) / (np.float32(1) + np.exp(-X))),
    "split and sum": (("Split s 1 2 x a b", "BinaryOp o 2 1 a b y 0=0"), X * 2),
    "product with a number": (("BinaryOp o 1 1 x y 0=2 1=1 2=3.0",), X * 3),
    "joined": (("Concat c 2 1 x x y",), np.concatenate([X, X], 1)),
    "joined below": (("Concat c 2 1 x x y 0=1",), np.concatenate([X, X], 2)),
    "cut": (("Slice s 1 2 x a y -23300=2,-233,-233",), X[:, 2:]),
    "greatest": (("Pooling p 1 1 x y 0=0 1=2 2=2 5=1",), pooled(X, np.max)),
    "mean": (("Pooling p 1 1 x y 0=1 1=2 2=2 5=1",), pooled(X, np.mean)),
    "nearest": (("Interp i 1 1 x y 0=1 1=2.0 2=2.0",), X.repeat(2, 2).repeat(2, 3)),
    "linear": (("Interp i 1 1 x y 0=2 1=0.5 2=0.5",), pooled(X, np.mean)),
    "zeros": (
        ("Padding p 1 1 x y 0=1 1=0 2=2 3=1",),
        np.pad(X, ((0, 0), (0, 0), (1, 0), (2, 1))),
    ),
    "edge": (
        ("Padding p 1 1 x y 0=1 1=1 2=1 3=1 4=1",),
        np.pad(X, ((0, 0), (0, 0), (1, 1), (1, 1)), "edge"),
    ),
    "pixels last": (("Permute p 1 1 x y 0=3",), X.transpose(0, 2, 3, 1)),
    "turned": (("Permute p 1 1 x y 0=5",), X.transpose(0, 3, 2, 1)),
    "in rows": (("Reshape r 1 1 x y 0=2 1=-1",), X.reshape(1, -1, 2)),
    "in one row": (("Reshape r 1 1 x y 0=-1",), X.reshape(1, -1)),
    "shares": (
        ("Softmax s 1 1 x y 0=2 1=1",),
        np.exp(X) / np.exp(X).sum(axis=3, keepdims=True),
    ),
    "pixels": (
        ("PixelShuffle p 1 1 x y 0=2",),
        X.reshape(1, 1, 2, 2, 4, 6).transpose(0, 1, 4, 2, 5, 3).reshape(1, 1, 8, 12),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_what_ncnn_gives(name: str) -> None:
    layers, wanted = LAYERS[name]
    np.testing.assert_allclose(answer(X, *layers), wanted, atol=1e-6)


def test_channels_are_shuffled_and_back() -> None:
    given = ramp(6, 2, 2)
    shuffled = answer(given, "ShuffleChannel s 1 1 x y 0=2")
    np.testing.assert_allclose(shuffled, given[:, [0, 3, 1, 4, 2, 5]])
    back = answer(shuffled, "ShuffleChannel s 1 1 x y 0=2 1=1")
    np.testing.assert_allclose(back, given)


def test_slopes_are_those_of_the_channels() -> None:
    made = answer(X, "PReLU p 1 1 x y 0=4", numbers=little(0, 1, 2, 3))
    slopes = np.arange(4, dtype=np.float32).reshape(1, 4, 1, 1)
    np.testing.assert_allclose(made, np.where(X < 0, X * slopes, X), atol=1e-6)


def test_pixels_are_repeated_around_a_net_that_gives_less() -> None:
    numbers = FLAG_WHOLE + little(0, 0, 0, 0, 1, 0, 0, 0, 0)
    text = written("Convolution c 1 1 x y 0=1 1=3 6=9")
    entry = entry_of("ncnn", text, numbers, channels=1)
    around = entry.model_copy(update={"network": Network(name="ncnn", parameters={"around": 1.0})})
    given = ramp(1, 4, 4)
    assert session_of(entry, text, numbers).run(given).shape == (1, 1, 2, 2)
    np.testing.assert_allclose(session_of(around, text, numbers).run(given), given)


ONE = "Convolution c 1 1 x y 0=1 1=1 6=1"
ENOUGH = FLAG_WHOLE + little(1)
# Which blob each line takes twice, and which it gives: 2 ** 20 channels.
DOUBLED = pairwise(["x", *(f"b{place}" for place in range(19)), "a"])
HOSTILE: dict[str, tuple[bytes, bytes, str]] = {
    "another magic": (written(ONE).replace(b"7767517", b"7767518"), ENOUGH, BROKEN),
    "nothing": (b"7767517\n", ENOUGH, BROKEN),
    "no text": (bytes(range(128, 250)), ENOUGH, BROKEN),
    "layers that are not there": (written(ONE, count=9), ENOUGH, BROKEN),
    "a layer that is not known": (written("Magic m 1 1 x y"), ENOUGH, UNKNOWN),
    "a blob that is not there": (written(ONE.replace(" x ", " z ")), ENOUGH, BROKEN),
    "an answer that is not there": (written(ONE.replace(" y ", " z ")), ENOUGH, BROKEN),
    "half a layer": (written("Convolution c 1"), ENOUGH, BROKEN),
    "more blobs than words": (written("Concat c 900 1 x y"), ENOUGH, BROKEN),
    "fewer than no blobs": (written("Split c -1 2 x y"), ENOUGH, BROKEN),
    "a setting that is no number": (written(ONE.replace("1=1", "1=a")), ENOUGH, BROKEN),
    "gigabytes of weights": (written(ONE.replace("6=1", "6=60000000")), ENOUGH, BROKEN),
    "more than any net has": (written(ONE.replace("6=1", "6=9999999999")), ENOUGH, BROKEN),
    "no weights at all": (written(ONE.replace("6=1", "6=0")), FLAG_WHOLE, "not those of the"),
    "less than no weights": (written(ONE.replace("6=1", "6=-1")), ENOUGH, BROKEN),
    "too few numbers": (written(ONE), ENOUGH[:-1], BROKEN),
    "too many numbers": (written(ONE), ENOUGH + bytes(4), BROKEN),
    "weights of another kind": (written(ONE), bytes.fromhex("384b0d00") + little(1), UNKNOWN),
    "weights that do not fit": (written(ONE.replace("1=1", "1=5")), ENOUGH, BROKEN),
    "an activation that is not known": (written(ONE + " 9=7"), ENOUGH, UNKNOWN),
    "an activation without its number": (written(ONE + " 9=2"), ENOUGH, BROKEN),
    "a setting that is not known": (written(ONE + " 18=1"), ENOUGH, UNKNOWN),
    "pads below nothing": (written(ONE + " 4=-7"), ENOUGH, UNKNOWN),
    "infinite slopes": (written("ReLU r 1 1 x y 0=inf"), ENOUGH, BROKEN),
    "parts of other sizes": (written("Slice s 1 2 x a y -23300=2,1,-233"), ENOUGH, UNKNOWN),
    "groups that do not fit": (written("ShuffleChannel s 1 1 x y 0=3"), ENOUGH, BROKEN),
    "channels without end": (
        written(
            *(f"Concat c{n} 2 1 {a} {a} {b}" for n, (a, b) in enumerate(DOUBLED)),
            "ShuffleChannel s 1 1 a y 0=1",
        ),
        ENOUGH,
        BROKEN,
    ),
    "pools that go beyond": (written("Pooling p 1 1 x y 1=2 2=2"), ENOUGH, UNKNOWN),
    "an order that is none": (written("Permute p 1 1 x y 0=6"), ENOUGH, BROKEN),
    "an order of two axes": (
        written("Reshape r 1 1 x a 0=2 1=-1", "Permute p 1 1 a y 0=1"),
        ENOUGH,
        UNKNOWN,
    ),
    "no shape": (written("Reshape r 1 1 x y 0=-233"), ENOUGH, BROKEN),
    "another way to resize": (written("Interp i 1 1 x y 0=9"), ENOUGH, UNKNOWN),
}


@pytest.mark.parametrize("flaw", HOSTILE)
def test_a_file_that_lies_is_refused(flaw: str) -> None:
    text, numbers, sentence = HOSTILE[flaw]
    entry = entry_of("ncnn", text, numbers, channels=1)
    with pytest.raises(PolicyRefused, match=sentence):
        graph_of(entry, memoryview(text + numbers))


def test_the_same_file_without_a_flaw_opens() -> None:
    """The control of those above."""
    given = ramp(1, 2, 2)
    np.testing.assert_allclose(answer(given, ONE, numbers=ENOUGH), given)


def test_a_model_without_its_numbers_is_refused() -> None:
    text = written(ONE)
    with pytest.raises(PolicyRefused, match=BROKEN):
        graph_of(entry_of("ncnn", text), memoryview(text))


def test_a_damaged_real_file_is_refused_or_opens(shared_data: Path) -> None:
    entry = real_entry("fastestdet-ncnn")
    data = b"".join(pinned("fastestdet-ncnn", shared_data))
    chance = np.random.default_rng(5)
    for length in chance.integers(0, len(data) - 1, 20):
        with pytest.raises(PolicyRefused):
            graph_of(entry, memoryview(data[:length]))
    for place in chance.integers(0, entry.size_bytes, 100):
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(chance.integers(8))
        with contextlib.suppress(PolicyRefused):
            graph_of(entry, memoryview(flipped))
