"""models: what is here, what it is, and if it is what it was when it was pinned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.models_add import add
from safelight.cli.models_export_tflite import export_tflite
from safelight.cli.models_list import listing
from safelight.cli.models_moving import (
    export,
    import_bundle,
    measure,
    remove,
    roll_back,
    use,
)
from safelight.cli.models_pull import pull
from safelight.cli.models_train import train_tags
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable
from safelight.cli.shelf import document, notes, store_of, timings_of
from safelight.engine.model_facts import anywhere, named
from safelight.errors import ModelMissing, VerificationFailed

if TYPE_CHECKING:
    from safelight.models.entry import Entry
    from safelight.models.store import Store

# Values of a document as people say them.
WORDS = {"": "none", "{}": "none", "None": "none", "True": "yes", "False": "no"}
MAX_CARD_LINE = 2_000


class Aliased(click.Group):
    """`models ls` is `models list`."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, "list" if cmd_name == "ls" else cmd_name)


@click.group(name="models", cls=Aliased, add_help_option=False)
@click.help_option("--help", help="Show this page.")
def models() -> None:
    """List, pull, add, verify and move models."""


for command in (
    *(listing, pull, add, export, import_bundle, roll_back, remove, use, measure),
    *(train_tags, export_tflite),
):
    models.add_command(command)


@models.command(name="show", add_help_option=False)
@click.argument("name", metavar="MODEL")
@click.option("--card", is_flag=True, help="Show the page that goes along with the model.")
@setting("state_dir")
@setting("data_dir")
@speaking
@click.pass_obj
def show(face: Face, name: str, *, card: bool) -> int:
    """Show every fact of one model.

    \b
    Examples:
      safelight models show upscale-x4
      safelight models show mine --card > mine.md
    """
    store = store_of(face)
    entry = anywhere(store, name)
    if card:
        return _show_card(face, store, entry)
    found = document(entry, store, timings_of(face).get(entry.sha256))
    if face.is_json:
        face.document(found)
        return 0
    for key, value in _flat(found).items():
        if key not in ("type", "schema"):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            face.out(f"{key:<18} {printable(WORDS.get(shown, shown))}")
    return 0


def _flat(facts: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Facts by the dotted names that `models add --set` takes."""
    found: dict[str, Any] = {}
    for key, value in facts.items():
        inner = _flat(value, f"{before}{key}.") if isinstance(value, dict) else {}
        found |= inner or {f"{before}{key}": value}
    return found


def _show_card(face: Face, store: Store, entry: Entry) -> int:
    """Print the page that is pinned with a model. Raises ModelMissing where there is none."""
    from safelight.models.reading import parts_of

    if not any(part.role == "card" for part in entry.parts):
        raise ModelMissing(f"no page goes along with {entry.name}; its card: {entry.card}")
    with store.open(entry) as held:
        text = bytes(parts_of(entry, held.view())["card"]).decode(errors="replace")
    if face.is_json:
        face.document({"type": "card", "schema": SCHEMA, "name": entry.name, "text": text})
        return 0
    for line in text.splitlines():
        face.out(printable(line, MAX_CARD_LINE))
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
    store = store_of(face)
    entries = [named(store, name) for name in names if not every] or list(store.entries())
    broken: list[str] = []
    lost: list[str] = []
    for entry in entries:
        try:
            is_right, wrong = store.verify(entry), broken
        except ModelMissing:
            is_right, wrong = False, lost
        if not is_right:
            wrong.append(entry.name)
        if face.is_json:
            face.document({"type": "model", "schema": SCHEMA, "name": entry.name,
                           "sha256": entry.sha256, "verified": is_right})  # fmt: skip
        else:
            word = face.paint("ok", "green") if is_right else face.paint("FAILED", "red")
            more = f"{entry.task} {entry.precision}{notes(entry)}"
            face.out(f"{entry.name:<24} {word}  {entry.sha256}  {more}")
    if broken:
        raise VerificationFailed(f"the file of {', '.join(broken)} is not the one that was pinned")
    if lost:
        raise ModelMissing(f"the file of {', '.join(lost)} cannot be read")
    return 0
