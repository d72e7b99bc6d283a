"""Names as programs and devices write them, made one: without version, platform and padding."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A word from which on a name is about its version: 24.1, v2, CS5, 7.0c, (20221029).
_VERSION = re.compile(
    r"(v|ver\.?|version|release|cs|cc|r)?[\d(][\w.\-+~)]*|cs|cc|ver\.?|version", re.I
)
_PLATFORM = re.compile(r"\(?(for|windows|macintosh|macos|mac|linux|android|ios|win64|x64)\)?", re.I)
# Words that are no name: they tell the version of what the device itself runs.
_FIRMWARE = re.compile(r"(firmware|version|ver\.?|v|rev\.?|build)?[\s.]*[vr]?\d[\w.\-+ ]*", re.I)
_PRODUCT = re.compile(r"(?<![\w/])([A-Za-z][\w.\-]*)/\d[\w.\-+]*")
_TRACK = re.compile(
    "#?((video|sound|audio|pict|data|media)?handle(r)?|video|sound|audio|media|data|alias|mp4|iso"
    "|core|apple|avif|still|url|text|time|code|pictures?|images?|pict)[.]?",
    re.I,
)
NOTHING = frozenset({"", "n/a", "none", "unknown", "-", "--", "0", "null", "undefined", "type"})
# Makers by how a program's name begins, where it is not the first word of it.
MAKERS = {
    "lightroom": "Adobe", "photoshop": "Adobe", "acrobat": "Adobe", "picasa": "Google",
    "hdr+": "Google", "snapseed": "Google", "digikam": "KDE", "gwenview": "KDE",
}  # fmt: skip


def says_nothing(value: str) -> bool:
    """True for what programs write where they know nothing."""
    value = value.strip().casefold()
    return value in NOTHING or not any(letter.isalnum() for letter in value)


def programs_in(value: str) -> Iterator[tuple[str, str]]:
    """The programs that a value names, each with its version (may be empty).

    Most values name one. Those in the form of HTTP's products (`name/1.0 library/2.0`) name each.
    """
    value = _without_track(value.strip())
    if says_nothing(value):
        return
    products = list(_PRODUCT.finditer(value))
    if products:
        before = value[: products[0].start()].strip()
        if before:
            yield before, ""
        for match in products:
            yield match[1], match[0].partition("/")[2]
        return
    name, version = _cut(value)
    if name:
        yield name, version


def is_firmware(value: str, make: str, model: str) -> bool:
    """True where the software that a file names is the device's own: it tells a version alone, or
    names the model.
    """
    value, short = value.strip(), device_of(make, model)[1]
    is_of_model = bool(short) and short.casefold() in value.casefold()
    return bool(_FIRMWARE.fullmatch(value)) or is_of_model


def maker_of(program: str) -> str:
    """Who makes it, where the name tells; else empty."""
    first = program.split()[0]
    return MAKERS.get(first.casefold(), "Adobe" if first == "Adobe" else "")


def device_of(make: str, model: str) -> tuple[str, str]:
    """Maker and model in one spelling: `NIKON CORPORATION`, `NIKON D70` are `NIKON`, `D70`."""
    make, model = " ".join(make.split()), " ".join(model.split())
    short = make.split()[0].rstrip(",.") if make else ""
    if short and model.casefold().startswith(make.casefold() + " "):
        model = model[len(make) + 1 :]
    elif short and model.casefold().startswith(short.casefold() + " "):
        model = model[len(short) + 1 :]
    return make, model


def people_in(value: str) -> Iterator[str]:
    """The names in a list of people."""
    for name in value.split(";"):
        if not says_nothing(name):
            yield " ".join(name.split())


def _without_track(value: str) -> str:
    """A handler's name without the words for the kind of its track: what is left is a program."""
    words = value.strip("#").split()
    rest = " ".join(word for word in words if not _TRACK.fullmatch(word))
    return rest if words and (not rest or "handle" in words[-1].casefold()) else value


def _cut(value: str) -> tuple[str, str]:
    """Name and version. A value that begins with its version is all name."""
    value = value.partition(" - http")[0].partition(" / ")[0]
    words = value.split()
    end = next((at for at, word in enumerate(words) if at and _VERSION.fullmatch(word)), len(words))
    name = words[:end]
    while len(name) > 1 and _PLATFORM.fullmatch(name[-1]):
        name.pop()
    glued = re.fullmatch(r"([A-Za-z]{3,})-?(\d+\.[\w.\-]+)", name[0]) if len(name) == 1 else None
    if glued:
        return glued[1], " ".join((glued[2], *words[1:]))
    return " ".join(name).rstrip(",;:"), " ".join(words[len(name) :])
