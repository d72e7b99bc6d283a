"""Options that several verbs share; a setting's flag, range and sentence come from its rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from safelight.cli.face import Face
from safelight.errors import UsageError
from safelight.settings import rules

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Decorator = Callable[[Decorated], Decorated]
SHORT = {"jobs": ("-j",)}
METAVARS = {
    "jobs": "N|auto",
    "timeout": "TIME",
    "max_bytes": "SIZE",
    "max_pixels": "SIZE",
    "server": "URL",
}
FOLDERS = ("state_dir", "data_dir", "passphrase_file")
CAGE = ("require_level", "timeout", "max_bytes", "max_pixels", "device", *FOLDERS)


def stacked(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one decorator, in the order in which the help shows them."""

    def decorate(function: Any) -> Any:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def setting(key: str) -> Callable[[Any], Any]:
    """The flag of a setting. What was typed is kept for Face.settings, which checks it."""
    rule = rules()[key]
    names = (*SHORT.get(key, ()), "--" + key.replace("_", "-"))

    def keep(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value:
            ctx.ensure_object(Face).flags[key] = value

    if rule.range == "true, false":
        return click.option(*names, key, is_flag=True, help=_help(rule.description),
                            callback=keep,
                            expose_value=False)  # fmt: skip
    words = rule.range.split(", ")
    is_choice = all(word.isalpha() for word in words) and key != "keep"
    return click.option(
        *names,
        key,
        type=click.Choice(words) if is_choice else str,
        metavar=None if is_choice else METAVARS.get(key, key.rsplit("_", 1)[-1].upper()),
        help=_help(rule.description, "" if is_choice else rule.range),
        callback=keep,
        expose_value=False,
    )


def _help(description: str, range: str = "") -> str:
    sentence = f"{description[:1].upper()}{description[1:]}."
    return f"{sentence} [{range}]" if range else sentence


def _on_face(change: Callable[[Face, Any], None]) -> Callable[..., None]:
    def callback(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value:
            change(ctx.ensure_object(Face), value)

    return callback


def _json(face: Face, _value: Any) -> None:
    face.is_json = True


def _quiet(face: Face, _value: Any) -> None:
    if face.verbosity > 0:
        raise UsageError("-q and -v exclude each other")
    face.verbosity = -1


def _louder(face: Face, count: int) -> None:
    if face.verbosity < 0:
        raise UsageError("-q and -v exclude each other")
    face.verbosity = min(count, 2)


def _never_ask(face: Face, _value: Any) -> None:
    face.may_ask = False


def _yes(face: Face, _value: Any) -> None:
    face.assume_yes = True


def _flag(*names: str, help: str, change: Callable[[Face, Any], None], **more: Any) -> Any:
    more = more or {"is_flag": True}
    return click.option(*names, help=help, callback=_on_face(change), expose_value=False, **more)


speaking = stacked(
    _flag("--json", help="Print JSON for programs.", change=_json),
    _flag("-q", "--quiet", help="Print errors only.", change=_quiet),
    _flag("-v", "--verbose", help="Say more; twice for where an unexpected error came from.",
          change=_louder, count=True),
    setting("color"),
    click.help_option("--help", help="Show this page."),
)  # fmt: skip

caging = stacked(*(setting(key) for key in CAGE))

never_asking = stacked(
    _flag("--no-input", help="Never ask; fail where an answer would be needed.", change=_never_ask)
)
asking = stacked(
    _flag("-y", "--yes", help="Answer every question with yes.", change=_yes), never_asking
)

selecting = stacked(
    click.argument("inputs", nargs=-1, metavar="INPUT..."),
    click.option("-r", "--recursive", is_flag=True, help="Look into folders below folders."),
    click.option("--files-from", metavar="FILE", help="Read more inputs from FILE, a path a line."),
    click.option(
        "--files-from0", metavar="FILE", help="The same, with a NUL byte after each path."
    ),
)

placing = stacked(
    click.option("-o", "--output", metavar="PATH", help="A file, a folder (with / at its end), or "
                 "- for standard output. Without it: beside the input, under a new name. "
                 "A name that ends in .enc is encrypted."),
    click.option("--name", "name_template", metavar="TEMPLATE", help="Name of each output, with "
                 "the fields {stem} {op} {scale} {model} {ext} {index} {digest8}."),
    setting("existing"),
    setting("file_time"),
    click.option("--in-place", is_flag=True, help="Replace inputs by results; asks, or --yes."),
    click.option("--backup-dir", metavar="FOLDER", help="With --in-place: keep originals there."),
    asking,
)  # fmt: skip

receipting = stacked(
    *(setting(key) for key in ("receipt_profile", "receipt_names", "receipt_pixels")),
    *(setting(key) for key in ("role", "purpose")),
)

batching = stacked(
    click.option(
        "-n", "--dry-run", is_flag=True, help="Show what would be written; write nothing."
    ),
    setting("jobs"),
    setting("progress"),
    setting("log_names"),
    click.option("--fail-fast", is_flag=True, help="Stop at the first picture that fails."),
    setting("server"),
    setting("server_token_file"),
)
