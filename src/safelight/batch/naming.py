"""Where an output goes and what it is called."""

from __future__ import annotations

import os
import re
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from safelight.errors import OutputClash, ParameterInvalid
from safelight.formats import EXTENSIONS, SPELLINGS, Format
from safelight.recipe import Recipe
from safelight.vault.stream import SUFFIX, is_encrypted_name, plain_name

STANDARD = "-"
# What a conversion's output is called where the ending does not tell it from its input.
CONVERTED = "converted"
# What somebody calls a file by: no date and no number behind a point.
WRITTEN = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}")
Existing = Literal["verify", "skip", "rename", "overwrite", "fail"]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where outputs go.

    output is a file, a folder, "-" for standard output, or None for beside the input. name_template
    has the fields stem, op, scale, model, ext, index, digest8 (the first 8 digits of the recipe's
    digest). A name that ends in .enc is that of an encrypted file.
    """

    output: str | None = None
    name_template: str | None = None
    existing: Existing = "verify"
    in_place: bool = False
    backup_dir: Path | None = None

    @property
    def is_standard(self) -> bool:
        return self.output == STANDARD

    def names_folder(self, *, several: bool) -> bool:
        """An existing folder, a name that ends in a slash, or the place for several outputs."""
        if self.output is None or self.is_standard:
            return False
        slashes = (os.sep, os.altsep) if os.altsep else (os.sep,)
        return several or self.output.endswith(slashes) or os.path.isdir(self.output)

    def named_format(self, *, several: bool) -> Format | None:
        """What the ending of the one output says; None where it says nothing, or there is none."""
        if self.output is None or self.is_standard or self.names_folder(several=several):
            return None
        ending = plain_name(Path(self.output)).suffix.lower()
        return next((format for format, all in SPELLINGS.items() if ending in all), None)


@dataclass(frozen=True, slots=True)
class Subject:
    """An input on its way to a name: its path, the part mirrored, its format and number."""

    source: Path
    mirrored: Path
    format: Format
    index: int


def target_for(placement: Placement, recipe: Recipe, subject: Subject, *, several: bool) -> Path:
    """The output's path; that of an encrypted input is encrypted too, unless a name says otherwise.

    Raises OutputClash when it would be the input itself or no folder can be made.
    """
    source, format = subject.source, subject.format
    if placement.in_place:
        _refuse_other_format(recipe, format)
        return Path(os.path.realpath(source))
    inner = plain_name(source)
    ending = SUFFIX if inner != source else ""
    extension = _extension(inner, format, recipe.target_of(format))
    name = None
    if placement.name_template is not None:
        name = _name(placement.name_template, recipe, subject, extension)
    if placement.output is None:
        target = source.with_name(name or _beside(inner, recipe.suffix, extension) + ending)
    elif placement.names_folder(several=several):
        folder = Path(placement.output)
        _refuse_no_folder(folder, placement.output, several=several)
        usual = f"{inner.stem}{extension}{ending}"
        target = folder / subject.mirrored.parent / (name or usual)
    else:
        target = Path(placement.output)
    if os.path.realpath(target) == os.path.realpath(source):
        raise OutputClash("the output would be the input itself", hint="--in-place, or another -o")
    return target


def _refuse_no_folder(folder: Path, typed: str, *, several: bool) -> None:
    if several and os.path.exists(folder) and not os.path.isdir(folder):
        raise OutputClash("several inputs need -o to be a folder, and it is a file")
    if is_encrypted_name(folder) and typed.endswith(folder.name) and not os.path.isdir(folder):
        raise OutputClash(
            "several inputs do not go into one encrypted file",
            hint="-o FOLDER/ --name '{stem}.{ext}.enc' encrypts each",
        )


def _refuse_other_format(recipe: Recipe, format: Format) -> None:
    if recipe.target_of(format) != format:
        raise OutputClash(
            f"--in-place cannot turn a {format} file into {recipe.target_of(format)}",
            hint="leave --in-place away",
        )


def _extension(source: Path, before: Format, after: Format) -> str:
    ending = source.suffix
    is_of_another = any(ending.lower() in SPELLINGS[name] for name in SPELLINGS if name != after)
    if before == after and WRITTEN.fullmatch(ending) and not is_of_another:
        return ending
    return f".{EXTENSIONS[after]}"


def _beside(source: Path, suffix: str, extension: str) -> str:
    plain = f"{source.stem}{extension}"
    if not suffix and plain == source.name:
        suffix = CONVERTED
    return f"{source.stem}.{suffix}{extension}" if suffix else plain


def _name(template: str, recipe: Recipe, subject: Subject, extension: str) -> str:
    need = recipe.needs[0] if recipe.needs else None
    fields = {
        "stem": plain_name(subject.source).stem,
        "op": recipe.suffix or recipe.verbs[-1],
        "scale": str(need.scale) if need else "1",
        "model": need.name if need else "none",
        "ext": extension.removeprefix("."),
        "index": str(subject.index),
        "digest8": recipe.digest[:8],
    }
    name = _filled(template, fields)
    if name in ("", ".", "..") or any(mark in name for mark in ("/", "\\", "\0")):
        raise ParameterInvalid("--name must give a file name without a folder")
    return name


def _filled(template: str, fields: dict[str, str]) -> str:
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ParameterInvalid(f"--name: {error}") from error
    name = ""
    for literal, field, options, conversion in parts:
        name += literal
        if field is not None:
            if field not in fields or options or conversion:
                known = ", ".join(fields)
                raise ParameterInvalid(
                    f"--name: unknown field {{{field}}}", hint=f"fields: {known}"
                )
            name += fields[field]
    return name
