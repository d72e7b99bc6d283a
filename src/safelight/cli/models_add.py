"""models add: a file of one's own, looked at in the cage; its contract shown, tried out, pinned."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from safelight.cli.face import Face
from safelight.cli.models_pull import outcome
from safelight.cli.options import asking
from safelight.cli.printable import printable
from safelight.cli.shelf import FREE, document, remark, store_of, timings_of, trying
from safelight.errors import Cancelled, InputMissing, ParameterInvalid, UsageError
from safelight.proof.reports.plain import size

if TYPE_CHECKING:
    from safelight.engine.adding import Draft
    from safelight.models.entry import Entry
    from safelight.models.proposing import Proposal, Wishes

MAX_LABEL_BYTES = 200_000
MAX_NAME = 64
# Flags of one value, and the field of the entry that each is.
FIELDS = {
    "mean": "input.mean",
    "std": "input.std",
    "range": "input.range",
    "order": "input.order",
    "activation": "output.activation",
    "decoder": "output.decoder",
}
LISTS = ("mean", "std", "range")


def _field(flag: str, metavar: str, help: str) -> Callable[[Any], Any]:
    return click.option(f"--{flag}", f"said_{flag}", metavar=metavar, help=help)


@click.command(name="add", add_help_option=False)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--name", default="", metavar="NAME", help="What it is called. [the file's name]")
@click.option("--task", default="", metavar="TASK", help="What it is for: classify, detect, pose, "
              "cutout, upscale, denoise or embed. [by the sides of its answers]")  # fmt: skip
@click.option("--labels", default="", metavar="FILE", help="Its words, one a line, in the order "
              "of its scores.")  # fmt: skip
@_field("mean", "A[,B,C]", "What is taken from the values of each channel.")
@_field("std", "A[,B,C]", "What they are divided by then.")
@_field("range", "LOW,HIGH", "What black and white are before that: 0,1 or 0,255.")
@_field("order", "RGB|BGR", "The order of the channels.")
@_field("activation", "WORD", "What its last layer left out: none, sigmoid or softmax.")
@_field("decoder", "WORD", "How boxes or points are read: the handbook lists the words.")
@click.option("--form", default="", metavar="FORM", help="What the file is: onnx, tflite, torch, "
              "ncnn, tensorflow, keras or caffe. [by its name]")  # fmt: skip
@click.option("--licence", default="", metavar="TEXT", help="The licence that it is under.")
@click.option("--title", default="", metavar="TEXT", help="One line that says what it does.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Any field of its entry, as input.side=320. May be given several times.",
)
@click.option(
    "-n", "--dry-run", "is_dry", is_flag=True, help="Show what would be proposed; add nothing."
)
@asking
@trying
@click.pass_obj
def add(face: Face, /, files: tuple[str, ...], **said: Any) -> int:
    """Take in a model of your own, after showing how it would be used.

    \b
    Examples:
      safelight models add ./mine.onnx
      safelight models add ./mine.tflite --task classify --labels words.txt
      safelight models add mine.param mine.bin --name mine

    The file is opened in the cage and nowhere else: there its shapes are read, its memory is
    measured, and it works once over a drawn picture. Its SHA-256 is pinned. What is proposed is
    shown first; flags say it otherwise. Where anything fails, nothing is kept.
    """
    from safelight.engine.adding import Adding

    adding = Adding(face.settings)
    wishes = _wishes(files[0], said)
    adding.require_free(wishes.name)
    remark(face, "looking at it in the cage")
    draft = adding.look([Path(file) for file in files], _form(said["form"]))
    proposal = _proposed(face, draft, wishes)
    _show(face, proposal, draft)
    if said["is_dry"]:
        if face.is_json:
            face.document({**document(proposal.entry, store_of(face)), "state": "trial"})
        return 0
    if not face.agreed(f"add it as {wishes.name}?"):
        raise Cancelled("nothing was added", hint="flags change what is proposed")
    return _taken(face, proposal.entry, draft)


def _taken(face: Face, proposed: Entry, draft: Draft) -> int:
    from safelight.engine.adding import Adding
    from safelight.engine.shelving import Told

    adding = Adding(face.settings)
    remark(face, "measuring it, and trying it out over a drawn picture in the cage")
    entry = adding.measured(proposed, draft)
    trial = adding.take(entry, draft, Told())
    if face.is_json:
        face.document(document(entry, store_of(face), timings_of(face).get(entry.sha256)))
        return 0
    peak = f"{size(entry.peak_bytes)} of memory"
    face.out(f"{entry.name}  in use; {outcome(trial)}, {peak}")
    verb = trial.operation if trial is not None else entry.task
    scale = f" --scale {entry.output.scale}" if entry.output.scale > 1 else ""
    remark(face, f"to use it: safelight {verb} photo.jpg --model {entry.name}{scale}")
    return 0


def _proposed(face: Face, draft: Draft, wishes: Wishes) -> Proposal:
    from safelight.models.proposing import proposed

    pins = [one for one, _path in draft.files]
    return proposed(draft.nature, draft.form, pins, wishes, catalogue=store_of(face).catalogue())


def _wishes(first: str, said: dict[str, Any]) -> Wishes:
    from safelight.models.proposing import Wishes

    facts: dict[str, Any] = {}
    for flag, place in FIELDS.items():
        if said[f"said_{flag}"]:
            facts[place] = _value(flag, said[f"said_{flag}"])
    for typed in said["settings"]:
        place, equals, value = typed.partition("=")
        if not equals:
            raise UsageError(f"{typed!r} is not of the form FIELD=VALUE", hint="as input.side=320")
        facts[place] = _toml(value)
    return Wishes(
        name=said["name"] or _name(first),
        task=said["task"],
        title=said["title"],
        licence=said["licence"],
        labels=_labels(said["labels"]),
        facts=facts,
    )


def _value(flag: str, typed: str) -> Any:
    if flag not in LISTS:
        return typed
    try:
        return [float(word) for word in typed.split(",")]
    except ValueError as error:
        raise ParameterInvalid(f"--{flag} takes numbers with commas between: {typed!r}") from error


def _toml(typed: str) -> Any:
    """A value as it would stand in an entry; what is none is a word."""
    try:
        return tomllib.loads(f"value = {typed}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return typed


def _name(first: str) -> str:
    """The name of a file as that of a model."""
    found = re.sub(r"[^a-z0-9.-]+", "-", Path(first).stem.lower()).strip("-.")[:MAX_NAME]
    if not found:
        raise UsageError(f"{first} gives the model no name", hint="--name NAME")
    return found


def _form(typed: str) -> Any:
    from safelight.models.entry import Form

    known = [word for word in get_args(Form) if word != "fake"]
    if typed and typed not in known:
        raise ParameterInvalid(f"--form is one of {', '.join(known)}, not {typed!r}")
    return typed or None


def _labels(path: str) -> tuple[str, ...]:
    if not path:
        return ()
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_LABEL_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputMissing(f"the labels {path} cannot be read") from error
    try:
        words = data.decode().splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"the labels {path} are no text in UTF-8") from error
    if len(data) > MAX_LABEL_BYTES:
        raise UsageError(f"the labels {path} have more than {MAX_LABEL_BYTES} bytes")
    return tuple(word.strip() for word in words if word.strip())


def _show(face: Face, proposal: Proposal, draft: Draft) -> None:
    """Everything that one should know before saying yes."""
    entry = proposal.entry
    rows = [
        ("for", f"{entry.task}: {entry.title}"),
        ("files", ", ".join(f"{one.file}, {size(one.size_bytes)}" for one, _ in draft.files)),
        ("sha256", entry.sha256),
        ("form", entry.form + (f", the network {entry.network.name}" if entry.network else "")),
        ("takes", _takes(entry)),
        ("gives", _gives(entry)),
        ("licence", f"{entry.licence} ({FREE[entry.licence_class]})"),
    ]
    before = {one.name: one.sha256 for one in store_of(face).entries()}
    rows += [("replaces", before[entry.name])] if entry.name in before else []
    rows += [("note", text) for text in proposal.remarks]
    remark(face, entry.name)
    for label, text in rows:
        remark(face, f"  {label:<10} {printable(text)}")


def _takes(entry: Entry) -> str:
    facts = entry.input
    how = "tiles" if facts.resize == "tile" else f"{facts.side} x {facts.rows} px, {facts.resize}"
    if facts.resize == "tile":
        how += f" of {facts.tile} px with {facts.halo} px around"
    ends = " to ".join(f"{end:g}" for end in facts.range)
    normal = f"minus {_numbers(facts.mean)}, by {_numbers(facts.std)}"
    order = facts.order if facts.kind == "rgb" else facts.kind
    return f"{order}, {how}; {ends}, {normal}; {facts.number} {facts.layout} as {facts.name}"


def _gives(entry: Entry) -> str:
    given = entry.output
    words = [given.kind + (f" x{given.scale}" if given.scale > 1 else "")]
    words += [f"read by {given.decoder}"] if given.decoder else []
    words += [given.activation] if given.activation != "none" else []
    count = len(given.labels)
    words += [f"{count} label{'s' if count > 1 else ''}"] if count else []
    return ", ".join([*words, f"as {given.name}"])


def _numbers(values: tuple[float, ...]) -> str:
    return "/".join(f"{value:g}" for value in values)
