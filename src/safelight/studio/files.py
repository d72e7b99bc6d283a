"""Files: the built Studio as it lies in this package, and whether it is what was built.

manifest.json names every file with its SHA-256 and its size, and states a digest over itself.
Larger files lie compressed by Brotli alone, NAME.br, and are handed out as they lie.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safelight.errors import VerificationFailed
from safelight.limits import MEGA

BUILT = Path(__file__).parent / "built"
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = MEGA
MAX_FILE_BYTES = 64 * MEGA
NAME = r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,120}$"
SHA256 = r"^[0-9a-f]{64}$"
BUILDS = "scripts/studio.py builds it anew; an installed one: install Safelight again"
# Beside this package in a source checkout, and in no wheel.
BUILDER = Path(__file__).parents[3] / "scripts" / "studio.py"


class File(BaseModel):
    """One file as it lies: size and digest are those of its bytes on the disk, unpacked its size
    without Brotli, content the digest without it, for the page to compare. fixed: its name changes
    with its bytes; first: it is needed to show anything.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    content: str = Field(pattern=SHA256)
    encoding: Literal["br", "identity"]
    first: bool
    fixed: bool
    mime: str = Field(pattern=r"^[a-z0-9.+/-]+(; charset=utf-8)?$")
    sha256: str = Field(pattern=SHA256)
    size: int = Field(ge=0, le=MAX_FILE_BYTES)
    unpacked: int = Field(ge=0, le=MAX_FILE_BYTES)

    def on_disk(self, name: str) -> str:
        """Its name in the folder."""
        return f"{name}.br" if self.encoding == "br" else name


class Part(BaseModel):
    """Something of others that is in the build: a package of npm or PyPI, or a library within one,
    whose version nothing tells. licence in SPDX words where it is stated in them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["npm", "pypi", "library"]
    name: str = Field(max_length=100)
    version: str = Field(max_length=60)
    licence: str = Field(max_length=200)
    within: str = Field(max_length=100)


class Manifest(BaseModel):
    """What was built. packages: what of others is in it; parts: where each part that the frame may
    ask for lies; script: the hash of the frame's script, as a policy names it; version: new with
    any change that a browser sees.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    digest: str = Field(pattern=SHA256)
    files: Mapping[str, File]
    form: Literal[1]
    packages: tuple[Part, ...] = Field(strict=False)
    parts: Mapping[str, str]
    script: str = Field(pattern=r"^sha256-[A-Za-z0-9+/]{43}=$")
    version: str = Field(pattern=r"^[0-9a-f]{12}$")


@dataclass(frozen=True, slots=True)
class Studio:
    """The whole Studio in memory; every byte was compared with the manifest. told is the manifest
    as it lies on the disk.
    """

    manifest: Manifest
    data: Mapping[str, bytes]
    told: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not what was built."""

    name: str
    what: Literal["changed", "missing", "not of it"]


def is_unbuilt(folder: Path | None = None, builder: Path | None = None) -> bool:
    """Whether this is a source checkout in which nobody has built the Studio yet."""
    return not (folder or BUILT).exists() and (builder or BUILDER).is_file()


def load(folder: Path | None = None) -> Studio:
    """All of it, checked. Raises VerificationFailed where a byte differs or a file is missing."""
    folder = folder or BUILT
    told = _told(folder)
    manifest = _manifest(told)
    data: dict[str, bytes] = {}
    for name, file in manifest.files.items():
        found = _bytes(folder / file.on_disk(name))
        if found is None or not _is(file, found):
            word = "missing" if found is None else "not what was built"
            raise VerificationFailed(f"the Studio's file {name} is {word}", hint=BUILDS)
        data[name] = found
    return Studio(manifest, data, told)


def parts() -> tuple[Part, ...]:
    """What of others is in the built Studio; nothing where nobody built it. Raises
    VerificationFailed where the manifest is not sound.
    """
    return () if is_unbuilt() else _manifest(_told(BUILT)).packages


def differences(folder: Path | None = None) -> tuple[Manifest, tuple[Difference, ...]]:
    """The manifest, and each file that is not what it says. Raises VerificationFailed where the
    manifest itself is not sound.
    """
    folder = folder or BUILT
    manifest = _manifest(_told(folder))
    return manifest, tuple(_differences(folder, manifest))


def _differences(folder: Path, manifest: Manifest) -> Iterator[Difference]:
    named = {MANIFEST}
    for name, file in sorted(manifest.files.items()):
        named.add(file.on_disk(name))
        found = _bytes(folder / file.on_disk(name))
        if found is None:
            yield Difference(name, "missing")
        elif not _is(file, found):
            yield Difference(name, "changed")
    for path in sorted(folder.iterdir()):
        if path.name not in named:
            yield Difference(path.name, "not of it")


def _is(file: File, found: bytes) -> bool:
    return len(found) == file.size and hashlib.sha256(found).hexdigest() == file.sha256


def _told(folder: Path) -> bytes:
    found = _bytes(folder / MANIFEST, MAX_MANIFEST_BYTES)
    if found is None:
        raise VerificationFailed("the Studio's list of files is missing", hint=BUILDS)
    return found


def _manifest(told: bytes) -> Manifest:
    """Raises VerificationFailed."""
    try:
        found: dict[str, Any] = json.loads(told)
        rest = {name: value for name, value in found.items() if name != "digest"}
        digest = hashlib.sha256(canonical(rest)).hexdigest()
        manifest = Manifest.model_validate(found)
    except (ValueError, AttributeError, RecursionError, ValidationError) as error:
        raise VerificationFailed("the Studio's list of files is damaged", hint=BUILDS) from error
    is_whole = manifest.digest == digest and told == canonical(found)
    is_closed = set(manifest.parts.values()) <= set(manifest.files)
    if not (is_whole and is_closed and all(map(_is_name, manifest.files))):
        raise VerificationFailed("the Studio's list of files was changed", hint=BUILDS)
    return manifest


def canonical(value: Any) -> bytes:
    """As the build writes it: names in order, one space to a level, a line end at the end."""
    return (json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


def _is_name(name: str) -> bool:
    return re.fullmatch(NAME, name) is not None and name != MANIFEST


def _bytes(path: Path, limit: int = MAX_FILE_BYTES) -> bytes | None:
    """None where there is no such file, or one that is larger than any of ours. Room is taken for
    what is there: a server overwrites all that it frees, and room for the most, once for each file,
    would cost it seconds before it is ready.
    """
    try:
        with path.open("rb") as file:
            found = file.read(min(os.fstat(file.fileno()).st_size, limit) + 1)
    except OSError:
        return None
    return found if len(found) <= limit else None
