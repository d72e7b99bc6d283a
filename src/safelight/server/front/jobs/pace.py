"""Pace: how long a picture is likely to take, from how long those before it took."""

from __future__ import annotations

from collections import OrderedDict

# A picture is work even if it has no bytes.
BASE_BYTES = 256 * 1024
FIRST_GUESS_S_PER_BYTE = 0.3 / 1_000_000
WEIGHT = 0.25
MOST_RECIPES = 256
LEAST_S = 0.005


class Pace:
    """Seconds a byte, measured for each recipe by itself and for all together."""

    def __init__(self) -> None:
        self._of_recipes: OrderedDict[str, float] = OrderedDict()
        self._of_all = FIRST_GUESS_S_PER_BYTE

    def guess_s(self, recipe: str, size_bytes: int) -> float:
        """recipe is a digest; one that was not seen before goes by all the others."""
        rate = self._of_recipes.get(recipe, self._of_all)
        return max(LEAST_S, rate * (size_bytes + BASE_BYTES))

    def note(self, recipe: str, size_bytes: int, seconds: float) -> None:
        """One picture was done in so many seconds."""
        rate = seconds / (size_bytes + BASE_BYTES)
        known = self._of_recipes.pop(recipe, rate)
        self._of_recipes[recipe] = known + WEIGHT * (rate - known)
        self._of_all += WEIGHT * (rate - self._of_all)
        if len(self._of_recipes) > MOST_RECIPES:
            self._of_recipes.popitem(last=False)
