"""What a picture's worker and a device's worker say to each other: every number bounded, whoever
says it.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from safelight.errors import WireBroken
from safelight.models.entry import Entry
from safelight.models.providers import Device
from safelight.worker import device_wire as wire
from safelight.worker.device_wire import Ask, Reply, Start, Tensor, takes
from safelight.worker.sentences import Failure
from tests.models.making import entry_toml
from tests.worker.devices import entry

ONE = Tensor("float32", (1, 1, 8, 9))
SMALL = Tensor("uint8", ())


def _entry(**changes: Any) -> Entry:
    return Entry.from_toml(entry_toml(**changes))


def test_every_message_makes_the_round_trip() -> None:
    start = Start(Device("cuda", 3), threads=7, memory_bytes=10**12, workers=9)
    assert Start.parse(start.pack()) == start
    shared = Start(Device(is_shared=True), threads=1, memory_bytes=0)
    assert Start.parse(shared.pack()).device.name == "cpu:shared"
    for ask in (Ask(0, ONE), Ask(1, ONE, wants_all=True)):
        assert Ask.parse(ask.pack(), [entry(), entry()]) == ask
    for reply in (
        Reply((ONE,)),
        Reply((ONE, SMALL) * (wire.MAX_TENSORS // 2)),
        Reply((), Failure(42, 7, 8, (1, -2))),
    ):
        assert Reply.parse(reply.pack(), most=wire.MAX_TENSORS) == reply
    assert wire.parse_join(wire.pack_join(2**63)) == 2**63
    assert wire.parse_left(wire.pack_left(5)) == 5


def test_a_tensor_of_every_kind_of_number_is_known() -> None:
    for name, size in zip(wire.NUMBERS, wire.BYTES, strict=True):
        array = np.zeros((2, 3), name)
        assert Tensor.of(array) == Tensor(name, (2, 3))
        assert Tensor.of(array).size_bytes == array.nbytes == 6 * size
    for strange in (np.zeros(2, np.complex64), np.zeros((1,) * 7)):
        with pytest.raises(ValueError, match="no word"):
            Tensor.of(strange)


@pytest.mark.parametrize(
    ("reply", "most"),
    [
        (Reply((ONE, ONE)), 1),
        (Reply(), 1),
        (Reply((Tensor("float32", (0,)),)), 1),
        (Reply((Tensor("float64", (1 << 26, 2)),)), 1),
        (Reply((Tensor("uint8", (300_000_000,)),) * 2), 2),
        (Reply((), Failure(40)), 1),
        (Reply((ONE,), Failure(42)), 1),
        (Reply((), Failure(42, 0, 0, (10**18 + 1,))), 1),
        (Reply((), Failure(42, 0, 10**6)), 1),
    ],
    ids="two none empty large together strange both fact line".split(),
)
def test_a_reply_that_breaks_a_rule_is_none(reply: Reply, most: int) -> None:
    with pytest.raises(WireBroken):
        Reply.parse(reply.pack(), most=most)


def test_noise_is_no_message() -> None:
    noise = random.Random(5)
    for size, magic in ((wire.ASK_BYTES, wire.ASK_MAGIC), (wire.REPLY_BYTES, wire.REPLY_MAGIC)):
        for _ in range(300):
            words = magic + noise.randbytes(size - 4)
            with pytest.raises(WireBroken):
                Ask.parse(words, [entry()])
            with pytest.raises(WireBroken):
                Reply.parse(words, most=1)
    for words in (b"", b"SLl1", wire.pack_join(1)):
        with pytest.raises(WireBroken):
            wire.parse_left(words)


def test_a_model_is_given_what_its_entry_takes_alone() -> None:
    plain = _entry()
    assert takes(plain, Tensor("float32", (1, 1, 5, 6)))
    assert not takes(plain, Tensor("float32", (1, 2, 5, 6)))
    assert not takes(plain, Tensor("float32", (1, 1, 5)))
    assert not takes(plain, Tensor("float16", (1, 1, 5, 6)))
    last = _entry(layout="NHWC", channels=3, kind='"rgb"')
    assert takes(last, Tensor("float32", (1, 5, 6, 3)))
    assert not takes(last, Tensor("float32", (1, 3, 5, 6)))
    words = _entry(kind='"tokens"', input='number = "int64"')
    assert takes(words, Tensor("int64", (1, 77)))
    assert not takes(words, Tensor("int64", ()))


def test_a_model_of_one_size_is_given_that_size() -> None:
    sized = _entry(
        channels=3,
        kind='"rgb"',
        input='resize = "stretch"\nside = 8\nheight = 4',
        output_kind='"alpha"',
        scale=1,
    )
    assert takes(sized, Tensor("float32", (1, 3, 4, 8)))
    assert not takes(sized, Tensor("float32", (1, 3, 8, 8)))


def test_a_further_picture_is_no_model() -> None:
    with pytest.raises(WireBroken):
        Ask.parse(Ask(0, ONE).pack(), [None])
    with pytest.raises(WireBroken):
        Ask.parse(Ask(0, ONE).pack(), [])
