"""A box: a part of a picture by its left top corner and its size."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from safelight.limits import MAX_SIDE

Box = tuple[int, int, int, int]
METAVAR = {"metavar": "X,Y,W,H"}


def _parted(value: object) -> object:
    parts = value.split(",") if isinstance(value, str) else value
    if isinstance(parts, list | tuple) and len(parts) != len("xywh"):
        raise ValueError("a box has four numbers: left,top,width,height")
    return parts


_Place = Annotated[int, Field(ge=0, le=MAX_SIDE)]
_Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]
# As a field: [left, top, width, height], or a text with commas.
BoxField = Annotated[tuple[_Place, _Place, _Side, _Side], BeforeValidator(_parted)]
