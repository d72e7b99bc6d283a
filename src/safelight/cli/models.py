"""models: what is here, what it is, and if it is what it was when it was pinned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable
from safelight.cli.table import size
from safelight.errors import ModelMissing, VerificationFailed

if TYPE_CHECKING:
    from safelight.models.entry import Entry
    from safelight.models.store import Store


# Values of a document as people say them.
WORDS = {"None": "none", "True": "yes", "False": "no"}


class Aliased(click.Group):
    """`models ls` is `models list`."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, "list" if cmd_name == "ls" else cmd_name)


@click.group(name="models", cls=Aliased, add_help_option=False)
@click.help_option("--help", help="Show this page.")
def models() -> None:
    """List, show and verify models."""


@models.command(name="list", add_help_option=False)
@setting("data_dir")
@speaking
@click.pass_obj
def listing(face: Face) -> int:
    """List the models that are here; first those that are used where none is named.

    \b
    Examples:
      safelight models list
    """
    entries = sorted(_store(face).entries(), key=lambda entry: not entry.aliases)
    for entry in entries:
        if face.is_json:
            face.document(_document(entry))
            continue
        facts = f"{entry.task:<10} {entry.precision:<5} {size(entry.size_bytes):>9}"
        licence = printable(entry.licence, 24)
        words = printable(entry.title + _notes(entry), 100)
        face.out(f"{entry.name:<24} {facts}  {licence:<16} {words}")
    return 0


@models.command(name="show", add_help_option=False)
@click.argument("name", metavar="MODEL")
@setting("data_dir")
@speaking
@click.pass_obj
def show(face: Face, name: str) -> int:
    """Show every fact of one model.

    \b
    Examples:
      safelight models show upscale-x4
    """
    entry = _named(_store(face), name)
    if face.is_json:
        face.document(_document(entry))
        return 0
    for key, value in _document(entry).items():
        if key not in ("type", "schema"):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            face.out(f"{key:<12} {printable(WORDS.get(shown, shown))}")
    return 0


@models.command(name="verify", add_help_option=False)
@click.argument("names", nargs=-1, metavar="[MODEL]...")
@click.option("--all", "every", is_flag=True, help="Verify all models; so does naming none.")
@setting("data_dir")
@speaking
@click.pass_obj
def verify(face: Face, names: tuple[str, ...], *, every: bool) -> int:
    """Compare each model's file with its pinned SHA-256.

    \b
    Examples:
      safelight models verify
      safelight models verify upscale-x4
    """
    store = _store(face)
    entries = [_named(store, name) for name in names if not every] or list(store.entries())
    broken = []
    for entry in entries:
        is_right = store.verify(entry)
        if not is_right:
            broken.append(entry.name)
        if face.is_json:
            face.document({"type": "model", "schema": SCHEMA, "name": entry.name,
                           "sha256": entry.sha256, "verified": is_right})  # fmt: skip
        else:
            word = face.paint("ok", "green") if is_right else face.paint("FAILED", "red")
            notes = _notes(entry)
            face.out(
                f"{entry.name:<24} {word}  {entry.sha256}  {entry.task} {entry.precision}{notes}"
            )
    if broken:
        raise VerificationFailed(f"the file of {', '.join(broken)} is not the one that was pinned")
    return 0


def _store(face: Face) -> Store:
    from safelight.models.store import Store

    return Store(face.settings.data_dir / "models")


def _named(store: Store, name: str) -> Entry:
    for entry in store.entries():
        if name == entry.name:
            return entry
    fitting = [entry for entry in store.entries() if name in entry.aliases]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ModelMissing(
            f"{name!r} stands for {', '.join(one.name for one in fitting)}: name one"
        )
    raise ModelMissing(f"there is no model {name!r}")


def _notes(entry: Entry) -> str:
    """Other names, the exact twin, and whether it is only tried out yet; as people read it."""
    told = [f"also {', '.join(entry.aliases)}"] if entry.aliases else []
    told += [f"exact twin {entry.exact}"] if entry.exact else []
    told += ["experimental"] if entry.experimental else []
    return f" ({'; '.join(told)})" if told else ""


def _document(entry: Entry) -> dict[str, Any]:
    return {"type": "model", "schema": SCHEMA, **entry.model_dump(mode="json")}
