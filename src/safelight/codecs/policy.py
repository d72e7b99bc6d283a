"""What each profile lets through."""

from __future__ import annotations

from dataclasses import dataclass

from safelight.image import Profile, Risk, Wish

# Groups that a profile keeps whole. The AI-origin mark is kept by all of them.
GROUPS: dict[Profile, frozenset[Risk]] = {
    "share": frozenset({Risk.COLOUR, Risk.ORIENTATION}),
    "strict": frozenset({Risk.COLOUR, Risk.ORIENTATION}),
    "minimal": frozenset({Risk.COLOUR, Risk.ORIENTATION, Risk.TIME, Risk.SETTINGS}),
    "none": frozenset(Risk),
}
KEEPS_NOTICE: frozenset[Profile] = frozenset({"share", "minimal", "none"})


@dataclass(frozen=True, slots=True)
class Policy:
    """groups are kept by the profile, as far as their values look harmless; asked as the user wants
    them.
    """

    groups: frozenset[Risk]
    asked: frozenset[Risk]
    keeps_notice: bool
    standard_colour: bool
    keeps_all: bool

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
        keeps_all=everything,
    )
