"""inspect lists the metadata and touches nothing."""

from __future__ import annotations

from dataclasses import replace

from safelight.image import Finding, Header, Image, Risk
from safelight.limits import Limits
from safelight.operation import Context, ModelNeed, Session
from safelight.ops.inspect import Inspect

FOUND = (Finding(Risk.PLACE, "GPSLatitude", "48.858056"),)


class NoDecoder:
    """Pixels that nobody may ask for."""

    def full(self) -> object:
        raise AssertionError("inspect must not decode")

    def at_least(self, width: int, height: int) -> object:
        raise AssertionError("inspect must not decode")


def no_session(need: ModelNeed) -> Session:
    raise AssertionError("inspect needs no model")


def test_it_lists_what_the_container_says() -> None:
    image = Image(Header("jpeg", 4, 3), NoDecoder(), read_findings=lambda: FOUND)
    seen = Inspect().apply(image, Context(Limits(), no_session))
    assert seen.findings == FOUND
    assert replace(seen, findings=()) == image
    assert seen.is_untouched


def test_it_gives_no_image_and_touches_no_pixel() -> None:
    assert not Inspect.gives_image
    assert not Inspect.touches_pixels
    assert Inspect().needs() == ()
