"""Recipe: ordered operations as data, with one canonical form and its digest.

    name = "web"
    [[steps]]
    op = "resize"
    fit = "2000x2000"

or, as JSON, {"name": "web", "steps": [{"op": "resize", "fit": "2000x2000"}]}.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import pkgutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from safelight import ops
from safelight.errors import FormatUnknown, InputMissing, RecipeInvalid
from safelight.formats import TABLE, Format, is_picture
from safelight.limits import MAX_RECIPE_BYTES, MAX_STEPS
from safelight.operation import ModelNeed, Operation

SCHEMA = 1


@cache
def operations() -> dict[str, type[Operation]]:
    """Every operation by its name, found by looking into the folder ops/."""
    for module in pkgutil.iter_modules(ops.__path__):
        importlib.import_module(f"{ops.__name__}.{module.name}")
    ours = [cls for cls in Operation.__subclasses__() if cls.__module__.startswith(ops.__name__)]
    return {cls.name: cls for cls in sorted(ours, key=lambda cls: cls.name)}


def operation_named(name: str) -> type[Operation]:
    """The operation's class; loads only its own module. Raises RecipeInvalid for an unknown name.

    An operation that is loaded already is found without the file system: a worker has none.
    """
    module = f"{ops.__name__}.{name}"
    if name.isidentifier() and importlib.util.find_spec(module) is not None:
        importlib.import_module(module)
    for cls in Operation.__subclasses__():
        if cls.name == name:
            return cls
    raise RecipeInvalid(f"there is no operation {name!r}", hint="safelight recipe list")


@dataclass(frozen=True)
class Recipe:
    """Operations in order. Build it from operations, or with parse, load or from_steps.

    >>> from safelight.ops.resize import Resize
    >>> len(Recipe((Resize(fit="640x640"),)).digest)
    64
    """

    steps: tuple[Operation, ...]
    name: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= MAX_STEPS:
            raise RecipeInvalid(f"a recipe has 1 to {MAX_STEPS} steps, this one {len(self.steps)}")
        if any(not step.gives_image for step in self.steps[:-1]):
            raise RecipeInvalid("an operation that gives no image must come last")

    @property
    def canonical(self) -> bytes:
        """UTF-8 JSON, keys sorted, no blanks, every parameter with its resolved value; no name."""
        steps = [
            {"op": step.name, "version": step.version, "parameters": step.parameters()}
            for step in self.steps
        ]
        return json.dumps(
            {"schema": SCHEMA, "steps": steps},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        ).encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, hexadecimal."""
        return hashlib.sha256(self.canonical).hexdigest()

    @property
    def needs(self) -> tuple[ModelNeed, ...]:
        """Every model that some step asks for, once, in order."""
        return tuple(dict.fromkeys(need for step in self.steps for need in step.needs()))

    @property
    def pictures(self) -> tuple[str, ...]:
        """The SHA-256 of every further picture that some step names, once, in order."""
        return tuple(dict.fromkeys(digest for step in self.steps for digest in step.pictures()))

    @property
    def touches_pixels(self) -> bool:
        return any(step.touches_pixels for step in self.steps)

    @property
    def gives_image(self) -> bool:
        return self.steps[-1].gives_image

    @property
    def wished_format(self) -> Format | None:
        """The format of the output; None means that of the input."""
        wishes = [step.wished_format() for step in self.steps]
        return next((wish for wish in reversed(wishes) if wish), None)

    @property
    def in_two_cages(self) -> bool:
        """True if only pixels are to pass from the cage that decodes to one that encodes."""
        return any(step.in_two_cages for step in self.steps)

    def target_of(self, format: Format) -> Format:
        """The format of the output for an input of this one."""
        if self.wished_format is None and self.in_two_cages and not TABLE[format].writes:
            return "png" if is_picture(format) else format
        return self.wished_format or format

    def refusal(self, format: Format, named: Format | None = None) -> FormatUnknown | None:
        """Why these steps cannot work on an input of this format; None if they can. named is what
        the output's name asks for, where the recipe leaves that open.
        """
        target = self.wished_format or named or self.target_of(format)
        if not self.touches_pixels and target == format:
            return None
        if not is_picture(format):
            kind = TABLE[format].kind
            return FormatUnknown(
                f"this is a {kind}: its metadata can be worked on, its pixels cannot",
                hint="safelight scrub FILE, or safelight inspect FILE",
            )
        if self.gives_image and not TABLE[target].writes:
            return FormatUnknown(
                f"{TABLE[target].title} is read and not written: name another format",
                hint="--format jpeg, or any other of: safelight help formats",
            )
        return None

    @property
    def suffix(self) -> str:
        """What an output beside its input is called after: the one operation, else the recipe."""
        return self.steps[0].suffix() if len(self.steps) == 1 else self.name or self.digest[:8]

    @property
    def verbs(self) -> tuple[str, ...]:
        """The names of the operations in order."""
        return tuple(step.name for step in self.steps)

    @classmethod
    def from_steps(cls, steps: Sequence[Mapping[str, Any]], name: str = "") -> Recipe:
        """Steps as mappings with an `op` and its parameters. Raises RecipeInvalid with the step's
        number.
        """
        if not isinstance(steps, Sequence) or isinstance(steps, str | bytes):
            raise RecipeInvalid("steps must be a list")
        if len(steps) > MAX_STEPS:
            raise RecipeInvalid(f"a recipe has at most {MAX_STEPS} steps")
        return cls(tuple(_step(number, step) for number, step in enumerate(steps, 1)), name)

    @classmethod
    def from_canonical(cls, data: bytes) -> Recipe:
        """The way back from `canonical`. Raises RecipeInvalid, also for another version."""
        document = _json(data)
        if document.get("schema") != SCHEMA:
            raise RecipeInvalid(f"schema {document.get('schema')!r} is not {SCHEMA}")
        steps = []
        for step in document["steps"]:
            if operation_named(step["op"]).version != step["version"]:
                raise RecipeInvalid(f"{step['op']} is no longer version {step['version']}")
            steps.append({"op": step["op"], **step["parameters"]})
        return cls.from_steps(steps)

    @classmethod
    def parse(cls, text: str, *, is_json: bool = False) -> Recipe:
        """TOML, or JSON. Raises RecipeInvalid with the line or the step that is wrong."""
        if len(text.encode()) > MAX_RECIPE_BYTES:
            raise RecipeInvalid(f"a recipe has at most {MAX_RECIPE_BYTES} bytes")
        document = _json(text.encode()) if is_json else _toml(text)
        unknown = set(document) - {"name", "steps", "schema"}
        if unknown:
            raise RecipeInvalid(f"unknown field {min(unknown)!r}; a recipe has name and steps")
        if document.get("schema", SCHEMA) != SCHEMA:
            raise RecipeInvalid(f"schema {document['schema']!r} is not {SCHEMA}")
        if not isinstance(document.get("name", ""), str):
            raise RecipeInvalid("name must be a text")
        return cls.from_steps(document.get("steps", []), document.get("name", ""))

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Read a recipe file; its name defaults to the file's stem. Raises InputMissing,
        RecipeInvalid.
        """
        try:
            with path.open("rb") as file:
                data = file.read(MAX_RECIPE_BYTES + 1)
            text = data.decode()
        except OSError as error:
            raise InputMissing(f"the recipe {path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise RecipeInvalid(f"{path} is no text file") from error
        recipe = cls.parse(text, is_json=path.suffix.lower() == ".json")
        return recipe if recipe.name else cls(recipe.steps, path.stem)


def _json(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RecipeInvalid(f"the JSON is broken: {error}") from error
    if not isinstance(document, dict):
        raise RecipeInvalid("a recipe is an object with steps")
    return document


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RecipeInvalid(f"the TOML is broken: {error}") from error


def _step(number: int, step: Mapping[str, Any]) -> Operation:
    if not isinstance(step, Mapping) or not isinstance(step.get("op"), str):
        raise RecipeInvalid(f"step {number} needs op, the name of an operation")
    parameters = {key: value for key, value in step.items() if key != "op"}
    try:
        return operation_named(step["op"]).model_validate(parameters)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "parameters"
        raise RecipeInvalid(
            f"step {number}, {step['op']}: {where}: {first['msg'].lower()}"
        ) from error
