"""Facts: the kinds of value that a catalogue entry is made of."""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from safelight.limits import MAX_MODEL_BYTES

MAX_SCALE = 16
MAX_CHANNELS = 8

NAME = r"^[a-z0-9][a-z0-9.-]{0,63}$"
Name = Annotated[str, Field(pattern=NAME)]
# What the values mean: parts joined by a plus, such as rgb+sigma.
Kind = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+-]{0,63}$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,64}$")]
# A tensor of a model by its name, or by its place: #0 is the first that the model itself names.
Tensor = Annotated[str, Field(pattern=r"^(#[0-9]{1,2}|[A-Za-z0-9_.:/-]{1,64})$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Url = Annotated[str, Field(pattern=r"^https://[!-~]{1,500}$")]
Size = Annotated[int, Field(ge=1, le=MAX_MODEL_BYTES)]
Label = Annotated[str, Field(min_length=1, max_length=64)]
Runtime = Literal["onnx", "tflite", "fake"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)
# Far beyond what any net needs, and far within what fp32 can hold.
Moderate = Annotated[float, Field(ge=-1e6, le=1e6)]
Spread = Annotated[float, Field(ge=1e-6, le=1e6)]
Share = Annotated[float, Field(ge=0, le=1)]


def _has_width(values: tuple[float, float]) -> tuple[float, float]:
    if values[1] - values[0] < 1e-6:
        raise ValueError("a range is from its least to its greatest value")
    return values


Range = Annotated[tuple[Moderate, Moderate], AfterValidator(_has_width)]


def is_name(text: str) -> bool:
    """Whether a model may be called so."""
    return re.fullmatch(NAME, text) is not None


class Fact(BaseModel):
    """Base of the parts of an entry: frozen, strict, no field that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
