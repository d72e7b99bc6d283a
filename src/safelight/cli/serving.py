"""Serving: the options of `serve`, and what they mean for the server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import Face
from safelight.cli.options import stacked
from safelight.errors import ParameterInvalid, UsageError

if TYPE_CHECKING:
    from safelight.server.options import ServeOptions
    from safelight.settings import Settings

LIMITS = ("max_bytes", "max_pixels", "timeout_s")
OF_ITS_OWN = ("state_dir", "data_dir", "color")
QUANTITIES = {"held_bytes": "512MB", "keep_s": "10min", "grace_s": "30s"}
MOST = {"held_bytes": 1_000_000_000_000, "keep_s": 86_400, "grace_s": 3_600}


class Whole(click.ParamType[int]):
    """A whole number in a range that the help tells in the words of this house."""

    name = "N"

    def __init__(self, low: int, high: int) -> None:
        self._low, self._high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(value)
        except ValueError:
            number = self._low - 1
        if not self._low <= number <= self._high:
            self.fail(f"{value!r} is no whole number from {self._low} to {self._high}", param, ctx)
        return number


class Doors(click.ParamType[tuple[str, ...]]):
    """One door for clients of others, or several with commas between."""

    name = "DOOR"
    known = ("removebg", "rembg")

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        named = tuple(str(value).split(","))
        for one in named:
            if one not in self.known:
                self.fail(f"{one!r} is none of {', '.join(self.known)}", param, ctx)
        return named


def _each_once(
    context: click.Context, option: click.Parameter, named: tuple[tuple[str, ...], ...]
) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for several in named for one in several))


places = stacked(
    click.option(
        "--host", metavar="ADDRESS", help="Address to listen on; without it, the loopback."
    ),
    click.option("--port", type=Whole(0, 65_535), metavar="N",
                 help="Port; 0 picks a free one. [0 to 65535; 8443]"),
    click.option("--unix", metavar="PATH", help="Listen at PATH, too, for this user alone."),
    click.option(
        "--lan", "is_lan", is_flag=True, help="Let the local network in: TLS 1.3, paired devices."
    ),
    click.option(
        "--name", "names", multiple=True, metavar="NAME", help="A name of this server; repeatable."
    ),
    click.option(
        "--origin", "origins", multiple=True, metavar="ORIGIN",
        help="A site whose pages may ask; repeatable.",
    ),
    click.option("--certificate", metavar="FILE", help="Your own certificate and chain, PEM."),
    click.option("--key", "certificate_key", metavar="FILE", help="Its key, PEM."),
)  # fmt: skip

limits = stacked(
    click.option("--recipe", "recipes", multiple=True, metavar="[NAME=]FILE",
                 help="A recipe that can be asked for by its name; repeatable."),
    click.option("--recipes-only", is_flag=True, help="Take no other work than those recipes."),
    click.option("--compat", multiple=True, type=Doors(), callback=_each_once,
                 metavar=f"[{'|'.join(Doors.known)}]",
                 help="Speak this other service's language, too; repeatable, or with commas."),
    click.option("--queue", type=Whole(1, 100_000), metavar="N",
                 help="Pictures that may wait. [1 to 100000; 256]"),
    click.option("--connections", type=Whole(1, 10_000), metavar="N",
                 help="Connections at a time. [1 to 10000; 512]"),
    click.option("--held", "held_bytes", metavar="SIZE",
                 help="Pictures in memory at a time. [1 to 1000000MB; 512MB]"),
    click.option("--keep", "keep_s", metavar="TIME",
                 help="How long a result waits to be fetched. [1s to 24h; 10min]"),
    click.option("--grace", "grace_s", metavar="TIME",
                 help="How long a stop waits for what is in flight. [1s to 1h; 30s]"),
)  # fmt: skip


def options_of(face: Face, given: dict[str, Any]) -> ServeOptions:
    """What was typed, under the limits of the settings where the user set any.

    Raises UsageError, ParameterInvalid, and what a recipe is refused with.
    """
    from safelight.server.options import ServeOptions

    settings = face.settings
    if bool(given["certificate"]) != bool(given["certificate_key"]):
        raise UsageError("--certificate and --key belong together")
    typed = {name: value for name, value in given.items() if value not in (None, ())}
    for name, example in QUANTITIES.items():
        if name in typed:
            typed[name] = _quantity(name, typed[name], example)
    if "unix" in typed:
        typed["unix"] = _placed("unix", typed["unix"])
    typed["recipes"] = _recipes(given["recipes"], settings)
    if given["recipes_only"] and not typed["recipes"]:
        raise UsageError("--recipes-only leaves nothing to do", hint="--recipe NAME=FILE")
    for name in LIMITS:
        origin = settings.origins.get(name.removesuffix("_s"))
        if origin is not None and origin.source != "default":
            typed[name] = getattr(settings, name)
    return ServeOptions(**typed, jobs=settings.jobs)


def _quantity(name: str, text: str, example: str) -> int:
    from safelight.settings.rules import BYTES, SECONDS, whole

    parse: Callable[[Any], int] = whole(
        1, MOST[name], example, BYTES if name.endswith("bytes") else SECONDS
    )
    try:
        return parse(text)
    except ValueError as error:
        raise ParameterInvalid(f"--{name.rpartition('_')[0]} {error}") from error


def _recipes(named: tuple[str, ...], settings: Settings) -> dict[str, str]:
    """In their canonical form, by name; without one, the file's name is it."""
    from safelight.cli.steps import loaded

    found: dict[str, str] = {}
    for one in named:
        name, _, file = one.rpartition("=")
        name = name or Path(file).stem
        if name in found:
            raise UsageError("two recipes have the same name", hint="--recipe NAME=FILE")
        found[name] = loaded(Path(file), settings).canonical.decode()
    return found


def unit_of(face: Face, given: dict[str, Any], options: ServeOptions) -> str:
    """The systemd unit of such a server. Raises UsageError, PolicyRefused for a host that it could
    not have.
    """
    from safelight.server.listening import hosts
    from safelight.server.unit import unit

    if options.host != type(options)().host:
        hosts(options)
    device = face.settings.device
    uses_card = device not in ("auto", "cpu", "cpu:shared")
    # The service has no settings of the user's: what was set for a card must be typed.
    flags = {**({"device": device} if uses_card else {}), **face.flags}
    words = [*_words(given), *_flags(flags)]
    return unit([sys.executable, "-m", "safelight.cli"], words, options, uses_card=uses_card)


def _flags(flags: Mapping[str, Any]) -> list[str]:
    """The settings that were typed, but for the folders: the service has its own."""
    found: list[str] = []
    for key, value in flags.items():
        if key not in OF_ITS_OWN:
            found += ["--" + key.replace("_", "-"), _placed(key, str(value))]
    return found


def _words(given: dict[str, Any]) -> list[str]:
    """The options as they are typed."""
    named = {parameter.name: parameter for parameter in _parameters()}
    words: list[str] = []
    for name, value in given.items():
        option = named[name].opts[0]
        if value is True:
            words.append(option)
        elif isinstance(value, tuple):
            words += [word for one in value for word in (option, _placed(name, one))]
        elif value not in (None, False):
            words += [option, _placed(name, str(value))]
    return words


def _parameters() -> list[click.Parameter]:
    @limits
    @places
    def nothing() -> None: ...

    return click.command()(nothing).params


def _placed(name: str, value: str) -> str:
    """A file by its whole path: the service starts in another folder."""
    if name in ("certificate", "certificate_key", "unix", "passphrase_file"):
        return str(Path(value).absolute())
    if name == "recipes":
        label, _, file = value.rpartition("=")
        return f"{label or Path(file).stem}={Path(file).absolute()}"
    return value
