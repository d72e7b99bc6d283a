"""Recipe: ordered operations as data, with one canonical form and its digest.

    name = "web"
    [[steps]]
    op = "resize"
    fit = "2000x2000"

or, as JSON, {"name": "web", "steps": [{"op": "resize", "fit": "2000x2000"}]}. A further picture, as
the ground of a cutout, is a path from the recipe's own file; the canonical form has its SHA-256.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import pkgutil
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from safelight import ops
from safelight.codecs.further import Opening, Shelf
from safelight.errors import FormatUnknown, InputMissing, RecipeInvalid
from safelight.formats import TABLE, Format, is_picture
from safelight.limits import MAX_RECIPE_BYTES, MAX_STEPS, Limits
from safelight.operation import ModelNeed, Operation, wanted

SCHEMA = 1
# No key of a recipe has so many parts; reading one takes as long as the square of their number.
_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_DEEP = re.compile(rf"(?<![A-Za-z0-9_\-\\]){_PART}(?:[ \t]*\.[ \t]*{_PART}){{16}}")


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

    files says where further pictures lie, by their SHA-256, as far as they were named by a path.

    >>> from safelight.ops.resize import Resize
    >>> len(Recipe((Resize(fit="640x640"),)).digest)
    64
    """

    steps: tuple[Operation, ...]
    name: str = ""
    files: Mapping[str, Path] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= MAX_STEPS:
            raise RecipeInvalid(f"a recipe has 1 to {MAX_STEPS} steps, this one {len(self.steps)}")
        if any(not (step.gives_image or step.gives_sights) for step in self.steps[:-1]):
            raise RecipeInvalid("an operation that gives no image must come last")
        for place, step in enumerate(self.steps):
            if step.uses_places() or step.gives_sights:
                _refuse_moved(step, self.steps[:place])

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
    def from_steps(
        cls, steps: Sequence[Mapping[str, Any]], name: str = "", *, shelf: Shelf | None = None
    ) -> Recipe:
        """Steps as mappings with an `op` and its parameters; without a shelf no file is looked at.

        Raises RecipeInvalid with the step's number; for a picture what Shelf.digest raises.
        """
        if not isinstance(steps, Sequence) or isinstance(steps, str | bytes):
            raise RecipeInvalid("steps must be a list")
        if len(steps) > MAX_STEPS:
            raise RecipeInvalid(f"a recipe has at most {MAX_STEPS} steps")
        files: dict[str, Path] = {}
        made = [_step(number, step, shelf, files) for number, step in enumerate(steps, 1)]
        return cls(tuple(made), name, files)

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
    def parse(cls, text: str, *, is_json: bool = False, shelf: Shelf | None = None) -> Recipe:
        """TOML, or JSON. Raises what from_steps raises, or RecipeInvalid with the line."""
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
        return cls.from_steps(document.get("steps", []), document.get("name", ""), shelf=shelf)

    @classmethod
    def load(
        cls, path: Path, limits: Limits | None = None, *, opening: Opening | None = None
    ) -> Recipe:
        """Read a recipe file; its name defaults to the file's stem.

        Raises InputMissing, or what parse raises. limits bound the pictures that it names, opening
        gives the inside of those that are encrypted.
        """
        try:
            with path.open("rb") as file:
                data = file.read(MAX_RECIPE_BYTES + 1)
            text = data.decode()
        except OSError as error:
            reason = (error.strerror or "input/output error").lower()
            raise InputMissing(f"the recipe {path} cannot be read: {reason}") from error
        except UnicodeDecodeError as error:
            raise RecipeInvalid(f"{path} is no text file") from error
        shelf = Shelf(path.parent, (limits or Limits()).input_bytes, opening)
        recipe = cls.parse(text, is_json=path.suffix.lower() == ".json", shelf=shelf)
        return recipe if recipe.name else replace(recipe, name=path.stem)


def _refuse_moved(step: Operation, before: Sequence[Operation]) -> None:
    """Raises RecipeInvalid unless what was seen before lies where it lay until then; where the step
    works on it, something must be.
    """
    looking = [place for place, one in enumerate(before) if one.gives_sights]
    if not looking and not step.uses_places():
        return
    if not looking:
        raise RecipeInvalid(
            f"{step.name} works on what was seen, and no step before it looks",
            hint="put a step before it that does: detect, pose, classify",
        )
    moving = next((one for one in before[looking[0] :] if not one.keeps_places), None)
    if moving is not None:
        raise RecipeInvalid(
            f"{moving.name} moves what {before[looking[0]].name} has seen, before {step.name}",
            hint=f"put {moving.name} first, or last",
        )


def _json(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RecipeInvalid(f"the JSON is broken: {error}") from error
    if not isinstance(document, dict):
        raise RecipeInvalid("a recipe is an object with steps")
    return document


def _toml(text: str) -> dict[str, Any]:
    if _DEEP.search(text):
        raise RecipeInvalid("the TOML has a key of too many parts", hint="send it as JSON")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number of too many digits
        raise RecipeInvalid(f"the TOML is broken: {error}") from error


def _step(
    number: int, step: Mapping[str, Any], shelf: Shelf | None, files: dict[str, Path]
) -> Operation:
    if not isinstance(step, Mapping) or not isinstance(step.get("op"), str):
        raise RecipeInvalid(f"step {number} needs op, the name of an operation")
    parameters = {key: value for key, value in step.items() if key != "op"}
    operation = operation_named(step["op"])
    if shelf is not None:
        parameters = shelf.with_digests(operation, parameters, files)
    try:
        return operation.model_validate(parameters)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "parameters"
        words = first["msg"].lower()
        if first["type"] == "string_pattern_mismatch":  # no person reads a regular expression
            words = wanted(operation.model_fields[str(first["loc"][0])])
        raise RecipeInvalid(f"step {number}, {step['op']}: {where}: {words}") from error
