"""Kept: what lies in a case stays as it was; work goes on copies, through the case."""

from __future__ import annotations

import os
from pathlib import Path

from safelight.errors import PolicyRefused

# A folder with a file of this name is a case.
CASE_LOG = "case.jsonl"
ORIGINALS, WORK = "originals", "work"


def refuse_kept(target: Path, *, replaces: bool) -> None:
    """Raises PolicyRefused for an output that would lie among the originals of a case, or replace a
    file of it; replaces: what lies there would be replaced.
    """
    place = target.parent.resolve()
    for folder in (place, *place.parents):
        if os.path.isfile(folder / CASE_LOG):  # a folder that is closed to us is told by writing
            is_among = (folder / ORIGINALS) in (place, *place.parents)
            if is_among or (replaces and os.path.lexists(target)):
                raise PolicyRefused(
                    "in a case nothing is replaced, and originals stay as they are",
                    hint="safelight case process CASE RECIPE ITEM",
                )
            return
