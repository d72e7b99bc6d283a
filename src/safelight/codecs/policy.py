"""What each profile lets through."""

from __future__ import annotations

from dataclasses import dataclass

from safelight.image import MarkRule, Profile, Risk, Wish

# Groups that a profile keeps whole. The mark of origin is kept by all of them.
GROUPS: dict[Profile, frozenset[Risk]] = {
    "share": frozenset({Risk.COLOUR, Risk.ORIENTATION}),
    "strict": frozenset({Risk.COLOUR, Risk.ORIENTATION}),
    "minimal": frozenset({Risk.COLOUR, Risk.ORIENTATION, Risk.TIME, Risk.SETTINGS}),
    "none": frozenset(Risk),
}
KEEPS_NOTICE: frozenset[Profile] = frozenset({"share", "minimal", "none"})
# A gain map is a part of how the picture looks, and a second picture of the same scene: strict
# goes without.
KEEPS_GAIN_MAP: frozenset[Profile] = frozenset({"share", "minimal", "none"})


@dataclass(frozen=True, slots=True)
class Policy:
    """groups are kept by the profile, as far as their values look harmless; asked as the user wants
    them. mark is the term of a digital source type that is wished for, with the rule for one
    that says more; drops_mark leaves none.
    """

    groups: frozenset[Risk]
    asked: frozenset[Risk]
    keeps_notice: bool
    standard_colour: bool
    keeps_all: bool
    keeps_gain_map: bool = False
    mark: str = ""
    mark_rule: MarkRule = "stays"
    drops_mark: bool = False

    def keeps(self, risk: Risk) -> bool:
        return risk in self.groups or risk in self.asked

    def is_asked(self, risk: Risk) -> bool:
        return risk in self.asked


def policy_of(wish: Wish) -> Policy:
    """The policy that a wish's profile and its further groups mean."""
    everything = wish.profile == "none"
    asked = frozenset(Risk) if everything else frozenset(Risk[name.upper()] for name in wish.keep)
    return Policy(
        GROUPS[wish.profile],
        asked,
        keeps_notice=wish.profile in KEEPS_NOTICE or Risk.RIGHTS in asked,
        standard_colour=wish.profile == "strict",
        keeps_all=everything and not (wish.mark or wish.drops_mark),
        keeps_gain_map=wish.profile in KEEPS_GAIN_MAP or Risk.COLOUR in asked,
        mark=wish.mark,
        mark_rule=wish.mark_rule,
        drops_mark=wish.drops_mark,
    )
