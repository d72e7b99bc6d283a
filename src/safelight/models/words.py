"""Words: what a model takes that reads texts instead of pictures, as facts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from safelight.models.facts import Fact


class Words(Fact):
    """One row of `length` numbers for each text: the text, end, then `padding`.

    rule names how a text becomes numbers: clip, by byte pairs, with a start, over the parts of the
    entry with the role vocabulary and merges, or terms (models/tokens); pieces, over the one part
    with the role pieces, a vocabulary of SentencePiece by pairs (models/pieces).
    """

    rule: Literal["clip", "pieces"] = "clip"
    length: int = Field(ge=3, le=512)
    padding: int = Field(default=0, ge=0, le=1_000_000)
