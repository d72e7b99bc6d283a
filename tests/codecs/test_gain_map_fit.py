"""A gain map that goes with a picture made smaller."""

from __future__ import annotations

import pytest

from safelight.codecs.blocks import Aside, Block, Carried, Kind
from safelight.codecs.gain_map_fit import LARGEST_MAP, fitted
from safelight.codecs.jpeg import header
from safelight.errors import ContainerBroken
from tests.codecs.making import jpeg, picture, png

WIDE, HIGH = 48, 32


def aside(data: bytes, kind: Kind = "gain map") -> Aside:
    return Aside(Block(kind, "MPF", memoryview(data)), Carried())


MAP = aside(jpeg(picture(WIDE, HIGH, "L")))


@pytest.mark.parametrize("other", [aside(png()), aside(jpeg(), "thumbnail")])
def test_what_is_no_gain_map_or_not_in_a_jpeg_does_not_come_along(other: Aside) -> None:
    assert fitted(other, (WIDE, HIGH)) is None


def test_one_that_is_not_much_larger_comes_along_as_it_is() -> None:
    assert fitted(MAP, (WIDE // LARGEST_MAP, HIGH // LARGEST_MAP)) is MAP


def test_a_larger_one_is_made_as_small_as_the_picture() -> None:
    found = fitted(MAP, (12, 8))
    assert found is not None
    seen = header(found.block.data)
    assert (seen.width, seen.height, seen.bands) == (12, 8, 1)
    assert found.carried is MAP.carried


def test_one_whose_channels_no_gain_map_has_does_not_come_along() -> None:
    assert fitted(aside(jpeg(picture(WIDE, HIGH, "CMYK"))), (12, 8)) is None


def test_a_broken_one_is_refused() -> None:
    cut = MAP.block.data[: len(MAP.block.data) // 2]
    with pytest.raises(ContainerBroken):
        fitted(aside(bytes(cut)), (12, 8))
