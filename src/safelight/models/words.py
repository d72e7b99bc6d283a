"""Words: what a model takes that reads texts instead of pictures, as facts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from safelight.models.facts import Fact


class Words(Fact):
    """One row of `length` numbers for each text: start, the text, end, then `padding`.

    rule names how a text becomes numbers (models/tokens): clip, by byte pairs, over the parts of
    the entry with the role vocabulary and merges, or terms.
    """

    rule: Literal["clip"] = "clip"
    length: int = Field(ge=3, le=512)
    padding: int = Field(default=0, ge=0, le=1_000_000)
