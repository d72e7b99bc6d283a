"""A canary planted anywhere in a container is gone after a scrub, and the pixels are the same."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from safelight.codecs import routing
from safelight.image import Profile
from tests.codecs import planting
from tests.codecs.making import CANARY, png_chunks, scrubbed
from tests.codecs.pixels import differences

Scrubber = Callable[[bytes, Profile], bytes]
PLANTS: dict[str, bytes] = {
    f"{kind}: {place}": data
    for kind, plants in (
        ("JPEG", planting.jpeg_plants()),
        ("PNG", planting.png_plants()),
        ("animated PNG", planting.animated_png_plants()),
        ("WebP", planting.webp_plants()),
        ("animated WebP", planting.animated_webp_plants()),
    )
    for place, data in plants.items()
}


def ours(data: bytes, profile: Profile) -> bytes:
    format = routing.route(data[:64])
    assert format is not None
    return scrubbed(data, format, profile=profile)


def pass_through(data: bytes, profile: Profile) -> bytes:
    """The scrubber that does nothing: the test must catch it."""
    return data


def reveals(data: bytes) -> bool:
    """True when the start of the canary is there, plain, wide, in hexadecimal, or packed."""
    forms = (CANARY[:4], CANARY.decode().encode("utf-16-be"), CANARY.hex().encode())
    texts = [data]
    if data.startswith(b"\x89PNG"):
        for _, body in png_chunks(data):
            for at in range(min(len(body), 100)):
                try:
                    texts.append(zlib.decompressobj().decompress(body[at:], 1_000_000))
                except zlib.error:
                    continue
    return any(form in text for form in forms for text in texts)


def faults(scrubber: Scrubber, data: bytes, profile: Profile) -> list[str]:
    """What is wrong with the file that this scrubber makes."""
    clean = scrubber(data, profile)
    found = ["the canary is still there"] if reveals(clean) else []
    found += differences(data, clean)
    if scrubber(clean, profile) != clean:
        found.append("a second scrub changes it again")
    return found


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_pixels_are_the_same(place: str, profile: Profile) -> None:
    assert faults(ours, PLANTS[place], profile) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert "the canary is still there" in faults(pass_through, PLANTS[place], "share")


def coded_anew(data: bytes, profile: Profile) -> bytes:
    """A scrubber that decodes and encodes: no metadata, and other pixels."""
    clean = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        picture.convert("RGB").save(clean, "JPEG", quality=60)
    return clean.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_control_a_scrubber_that_codes_anew_is_caught(kind: str) -> None:
    place = next(place for place in sorted(PLANTS) if place.startswith(f"{kind}: "))
    found = faults(coded_anew, PLANTS[place], "share")
    assert {"Pillow sees other pixels", "libvips sees other pixels"} <= set(found)
