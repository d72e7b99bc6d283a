"""A locked setting binds the recipe as well."""

from __future__ import annotations

import pytest

from safelight.batch.steps import with_scrub
from safelight.errors import PolicyRefused
from safelight.ops.resize import Resize
from safelight.ops.sanitize import Sanitize
from safelight.ops.scrub import Scrub
from safelight.recipe import Recipe
from safelight.settings import Origin, Settings

LOCKED = {key: Origin("policy", is_locked=True) for key in ("profile", "keep")}
STRICT = Settings(profile="strict", keep=("time",), origins=LOCKED)


@pytest.mark.parametrize("step", [Scrub(profile="share"), Scrub(profile="strict", keep=("place",))])
def test_a_recipe_that_leaves_more_than_a_locked_setting_is_refused(step: Scrub) -> None:
    with pytest.raises(PolicyRefused, match="locked"):
        with_scrub(Recipe((step,)), STRICT)
    assert with_scrub(Recipe((step,)), Settings()).steps == (step,)


def test_a_recipe_without_a_scrub_gets_that_of_the_settings() -> None:
    resize = Resize(fit="8x8")
    expected = (Scrub(profile="strict", keep=("time",)), resize)
    assert with_scrub(Recipe((resize,)), STRICT).steps == expected
    allowed = Recipe((Scrub(profile="strict", keep=("time",)),))
    assert with_scrub(allowed, STRICT) == allowed


def test_what_goes_through_two_cages_gets_no_scrub_of_the_settings() -> None:
    """Nothing but pixels crosses: the settings can neither keep more nor take more away."""
    loose = Settings(profile="none", keep=("place",))
    for settings in (STRICT, loose):
        assert with_scrub(Recipe((Sanitize(),)), settings).steps == (Sanitize(),)
        both = Recipe((Sanitize(), Resize(fit="8x8")))
        assert with_scrub(both, settings).steps == both.steps
    with pytest.raises(PolicyRefused, match="locked"):
        with_scrub(Recipe((Scrub(), Sanitize())), STRICT)
