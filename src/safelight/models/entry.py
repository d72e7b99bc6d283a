"""Entry: every fact of one model, as one file of the catalogue states it.

Code never looks at a model's name: size, layout, scale, licence, digest and memory stand here.
"""

from __future__ import annotations

import json
import tomllib
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from safelight.errors import UsageError
from safelight.limits import MAX_MODEL_BYTES, MAX_SIDE

MAX_ENTRY_BYTES = 16_000
MAX_SCALE = 16
MAX_CHANNELS = 8

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
# What the values mean: parts joined by a plus, such as rgb+sigma.
Kind = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+-]{0,63}$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Runtime = Literal["onnx", "fake"]
# Far beyond what any net needs, and far within what fp32 can hold.
Moderate = Annotated[float, Field(ge=-1e6, le=1e6)]
Spread = Annotated[float, Field(ge=1e-6, le=1e6)]
# Answers that are made tile by tile; any other is one answer to a stretched picture.
PICTURES = ("luma", "rgb")


def _has_width(values: tuple[float, float]) -> tuple[float, float]:
    if values[1] - values[0] < 1e-6:
        raise ValueError("a range is from its least to its greatest value")
    return values


Range = Annotated[tuple[Moderate, Moderate], AfterValidator(_has_width)]


class Fact(BaseModel):
    """Base of the parts of an entry: frozen, strict, no field that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class ModelInput(Fact):
    """What the model takes: one tensor.

    Values lie in range; then per channel minus mean, divided by std (one value stands for every
    channel). A picture comes in tiles, or stretched to side x side. tile, halo and side in input
    pixels; tile 0 takes the whole picture; the halo is the receptive radius; side is 0 for tiles.
    Tiles start at multiples of `multiple`, and their sides are such (a net that halves needs 2).
    """

    name: Word
    layout: Literal["NCHW", "NHWC"]
    channels: int = Field(ge=1, le=MAX_CHANNELS)
    kind: Kind
    range: Range
    mean: tuple[Moderate, ...] = Field(min_length=1, max_length=MAX_CHANNELS)
    std: tuple[Spread, ...] = Field(min_length=1, max_length=MAX_CHANNELS)
    resize: Literal["tile", "stretch"] = "tile"
    side: int = Field(default=0, ge=0, le=4_096)
    tile: int = Field(ge=0, le=MAX_SIDE)
    halo: int = Field(ge=0, le=4_096)
    multiple: int = Field(default=1, ge=1, le=64)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, self.channels):
                raise ValueError(f"{name} has one value, or one for each channel")
        if (self.resize == "stretch") != (self.side > 0):
            raise ValueError("side is for stretch, and stretch needs it")
        return self


class ModelOutput(Fact):
    """What the model gives: one tensor; scale is output pixels per input pixel on each side."""

    name: Word
    kind: Kind
    scale: int = Field(ge=1, le=MAX_SCALE)
    range: Range


class Entry(Fact):
    """One model of the catalogue: file, SHA-256, licence, input and output contract, memory.

    peak_bytes is what one session adds to a process over one tile; exact names the fp32 twin that
    answers where this model's answer is faulty; url is set for pulled models only.
    """

    name: Name
    title: Sentence
    task: Name
    aliases: tuple[Name, ...] = Field(default=(), max_length=8)
    file: FileName
    sha256: Digest
    size_bytes: int = Field(ge=1, le=MAX_MODEL_BYTES)
    licence: Sentence
    source: Sentence
    card: Sentence
    runtime: Runtime
    precision: Word
    peak_bytes: int = Field(ge=0, le=64 * MAX_MODEL_BYTES)
    exact: Name | None = None
    experimental: bool = False
    url: Annotated[str, Field(pattern=r"^https://[!-~]{1,500}$")] | None = None
    input: ModelInput
    output: ModelOutput

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.exact == self.name:
            raise ValueError("exact names another model")
        if self.output.kind in PICTURES and self.input.resize != "tile":
            raise ValueError("a model whose answer is a picture takes tiles, not stretch")
        return self

    @classmethod
    def from_toml(cls, data: bytes) -> Entry:
        """Read a catalogue file. Raises UsageError with the field that is wrong."""
        if len(data) > MAX_ENTRY_BYTES:
            raise UsageError(f"a catalogue entry has at most {MAX_ENTRY_BYTES} bytes", hint=HINT)
        try:
            return cls.from_json(json.dumps(tomllib.loads(data.decode())).encode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UsageError(f"the catalogue entry is no TOML: {error}", hint=HINT) from error
        except TypeError as error:
            raise UsageError("a catalogue entry has no dates", hint=HINT) from error

    def to_json(self) -> bytes:
        """The entry as JSON, for the way into a worker."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, data: bytes) -> Entry:
        """The way back from `to_json`. Raises UsageError with the field that is wrong."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise UsageError(_first_fault(error), hint=HINT) from error


HINT = "look at a built-in entry: safelight models show upscale-x4"


def _first_fault(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the entry"
    return f"the catalogue entry is wrong: {where}: {first['msg'].lower()}"
