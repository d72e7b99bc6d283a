"""scrub is a wish: it sets what the encoder keeps, and checks the names of groups."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from safelight.errors import RecipeInvalid
from safelight.image import Header, Image, Profile, Risk
from safelight.limits import Limits
from safelight.operation import Context
from safelight.ops.scrub import Scrub
from safelight.recipe import Recipe
from tests.ops.test_inspect import NoDecoder, no_session


def wished(scrub: Scrub) -> Image:
    image = Image(Header("jpeg", 4, 3), NoDecoder())
    return scrub.apply(image, Context(Limits(), no_session))


def test_the_usual_profile_is_share() -> None:
    image = wished(Scrub())
    assert (image.wish.profile, image.wish.keep) == ("share", ())
    assert image.is_untouched
    assert not Scrub.touches_pixels


@pytest.mark.parametrize("profile", ["share", "strict", "minimal", "none"])
def test_every_profile_becomes_the_wish(profile: Profile) -> None:
    assert wished(Scrub(profile=profile)).wish.profile == profile


def test_every_group_can_be_kept_in_any_order_and_once() -> None:
    groups = [risk.name.lower() for risk in Risk]
    assert Scrub(keep=tuple(groups)).keep == tuple(sorted(groups))
    assert Scrub(keep=("time", "place", "time")) == Scrub(keep=("place", "time"))


def test_an_unknown_group_or_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValidationError, match=r"gps.*place"):
        Scrub(keep=("gps",))
    with pytest.raises(RecipeInvalid, match="profile"):
        Recipe.from_steps([{"op": "scrub", "profile": "all"}])


@pytest.mark.parametrize("reason", ["a wish\nnetwork: open", "\x1b[2Ja wish", "ab", "a" * 301])
def test_a_reason_for_dropping_marks_is_one_printable_line(reason: str) -> None:
    with pytest.raises(RecipeInvalid, match="drop_marks"):
        Recipe.from_steps([{"op": "scrub", "drop_marks": reason}])


def test_marks_are_dropped_for_a_reason() -> None:
    assert wished(Scrub(drop_marks="the wish of who drew it")).wish.drops_mark
    assert not wished(Scrub()).wish.drops_mark


def test_its_recipe_makes_the_round_trip() -> None:
    recipe = Recipe((Scrub(profile="minimal", keep=("place",)),))
    assert Recipe.from_canonical(recipe.canonical) == recipe
