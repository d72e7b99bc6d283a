"""AVIF and HEIC: a canary anywhere in the file is gone after a scrub, the pixels are the same."""

from __future__ import annotations

import pytest

from safelight.codecs import routing
from safelight.image import Profile
from tests.codecs import planting_heif
from tests.codecs.making_heif import Coding
from tests.codecs.test_canaries import faults, ours, pass_through

CODINGS: tuple[Coding, ...] = ("avif", "heic")
PLANTS = {
    f"{coding}: {place}": data
    for coding in CODINGS
    for place, data in planting_heif.plants(coding).items()
}


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_pixels_are_the_same(place: str, profile: Profile) -> None:
    assert faults(ours, PLANTS[place], profile) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert "the canary is still there" in faults(pass_through, PLANTS[place], "share")


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_file_is_what_its_name_says(place: str) -> None:
    assert routing.route(PLANTS[place][:132]) == place.split(":")[0]
