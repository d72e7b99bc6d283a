"""Entry: every fact of one model, as one file of the catalogue states it.

Code never looks at a model's name: size, layout, scale, licence, digest and memory stand here.
"""

from __future__ import annotations

import json
import tomllib
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from safelight.errors import UsageError
from safelight.limits import MAX_MODEL_BYTES
from safelight.models.contract import PICTURES, ModelInput, ModelOutput
from safelight.models.facts import (
    Digest,
    Fact,
    FileName,
    Moderate,
    Name,
    Runtime,
    Sentence,
    Size,
    Url,
    Word,
)

MAX_ENTRY_BYTES = 64_000
# How sure it is that the pinned bytes are the maker's: we made them; the maker's own page or
# repository says so; several independent pins agree; there is one pin; the user's own file.
Pin = Literal["built-in", "publisher", "agreed", "single", "own"]
# free: to be used for anything; consent: under terms that the user must have read; excluded: never
# pulled, listed so that the reason can be told.
LicenceClass = Literal["free", "consent", "excluded"]
# What the file is. Weights without a graph become one in the cage, by `network`.
Form = Literal["onnx", "tflite", "torch", "ncnn", "tensorflow", "keras", "caffe", "fake"]
# card: the page that says what a model is, where it goes along with it.
Role = Literal["weights", "vocabulary", "merges", "terms", "pieces", "card"]
# Whether a TFLite model runs with the runtime's usual delegates, or only without any.
Delegates = Literal["usual", "none"]


class Part(Fact):
    """A further file of a model, pinned like the first."""

    file: FileName
    role: Role
    sha256: Digest
    size_bytes: Size
    url: Url | None = None


class Network(Fact):
    """The architecture that weights belong to (models/forms lists them), and its parameters."""

    name: Name
    parameters: dict[str, Moderate] = Field(default_factory=dict, max_length=32)


class Entry(Fact):
    """One model of the catalogue: file, SHA-256, licence, input and output contract, memory.

    peak_bytes is what one session adds to a process over one tile; exact names the fp32 twin that
    answers where this model's answer is faulty; url is set for pulled models only, and names a
    revision. A job gets the file and its parts one after the other, as one. over names the model
    whose vector this one takes, instead of a picture, and over_sha256 pins that one's file; text
    names the one that reads words into the same space. licence_text says where the terms stand,
    caveat what to know before use.
    """

    name: Name
    title: Sentence
    task: Name
    aliases: tuple[Name, ...] = Field(default=(), max_length=8)
    file: FileName
    sha256: Digest
    size_bytes: Size
    licence: Sentence
    licence_class: LicenceClass = "free"
    licence_text: Sentence = "LICENSE of this program"
    caveat: Annotated[str, Field(max_length=300)] = ""
    pin: Pin = "built-in"
    pin_source: Annotated[str, Field(max_length=300)] = ""
    source: Sentence
    card: Sentence
    runtime: Runtime
    form: Form = "onnx"
    delegates: Delegates = "usual"
    network: Network | None = None
    parts: tuple[Part, ...] = Field(default=(), max_length=4)
    precision: Word
    peak_bytes: int = Field(ge=0, le=64 * MAX_MODEL_BYTES)
    exact: Name | None = None
    over: Name | None = None
    over_sha256: Digest | None = None
    text: Name | None = None
    experimental: bool = False
    url: Url | None = None
    input: ModelInput
    output: ModelOutput

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.exact == self.name:
            raise ValueError("exact names another model")
        if (self.over is None) != (self.over_sha256 is None) or self.over == self.name:
            raise ValueError("over names another model, and over_sha256 pins it")
        if self.output.kind in PICTURES and self.input.resize != "tile":
            raise ValueError("a model whose answer is a picture takes tiles, not stretch")
        return self

    @property
    def total_bytes(self) -> int:
        """The file and its parts together."""
        return self.size_bytes + sum(part.size_bytes for part in self.parts)

    @property
    def terms(self) -> dict[str, str]:
        """What may be done with it, as the fields of an entry that say so."""
        fields = {"licence", "licence_class", "licence_text", "caveat"}
        return self.model_dump(mode="json", include=fields)

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
