#!/usr/bin/env python3
"""Write docs/reference/ from the code: operations, errors, settings, formats, models, commands,
the interface of the server, and the schemas of receipts.

Usage: scripts/reference.py            (writes what changed)
       scripts/reference.py --check    (writes nothing; leaves with 1 and names what is stale)
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from safelight.models.entry import Entry

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
HEADER = "<!-- Written by scripts/reference.py; change the code, not this page. -->\n\n"
WIDTH = 96


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    return {
        "operations.md": HEADER + "\n".join(operations_page()) + "\n",
        "errors.md": HEADER + "\n".join(errors_page()) + "\n",
        "settings.md": HEADER + "\n".join(settings_page()) + "\n",
        "formats.md": HEADER + "\n".join(formats_page()) + "\n",
        "models.md": HEADER + "\n".join(models_page()) + "\n",
        "commands.md": HEADER + "\n".join(commands_page()) + "\n",
        "findings.md": HEADER + "\n".join(findings_page()) + "\n",
        "openapi.json": described(),
        **dict(receipt_schemas()),
    }


def described() -> str:
    """The interface of the server, for programs."""
    from safelight.server.description.openapi import written
    from safelight.server.endpoint import discovered

    return written(discovered()).decode()


def receipt_schemas() -> Iterator[tuple[str, str]]:
    """What each form of receipt says, for who reads them by a program."""
    from safelight.audit.schema import schema
    from safelight.audit.statement import PREDICATES

    for form in PREDICATES.values():
        text = json.dumps(schema(form), indent=2, ensure_ascii=False) + "\n"
        yield f"schema/receipt/v{form}.json", text


def operations_page() -> Iterator[str]:
    """Each operation with its parameters, as a recipe writes them."""
    from safelight.cli.fields import described
    from safelight.recipe import operations

    yield "# Operations\n"
    yield "A recipe is made of these, in any order; scrub always comes first by itself."
    for name, operation in operations().items():
        yield f"\n## {name}\n"
        yield " ".join((operation.__doc__ or "").split()) + "\n"
        kind = "gives a picture" if operation.gives_image else "gives findings, no picture"
        kind = "gives a vector, no picture" if operation.gives_vector else kind
        kind = "says what it sees, gives no picture" if operation.gives_sights else kind
        kind = "gives measures, no picture" if operation.gives_measures else kind
        pixels = "touches pixels" if operation.touches_pixels else "touches no pixels by itself"
        yield f"Version {operation.version}; {kind}; {pixels}.\n"
        if operation.model_fields:
            yield "| parameter | type | range | default | what it does |\n|---|---|---|---|---|"
        for field_name, field in operation.model_fields.items():
            kind, between, default = described(field)
            yield row(f"`{field_name}`", kind, between, default, field.description or "")


def errors_page() -> Iterator[str]:
    """The exit codes, then every error."""
    from safelight.cli.help import FOUND_AND_FAILED
    from safelight.errors import family

    yield "# Exit codes and errors\n"
    yield "Codes that are not listed count as failure. When every picture fails for one and the"
    yield "same reason, that reason's code is used; where reasons differ, 1; if some succeed, 3.\n"
    yield "| exit code | meaning |\n|---|---|"
    for code, sentence in FOUND_AND_FAILED.items():
        yield row(str(code), sentence)
    yield "\n| error | exit code | HTTP status | meaning | hint |\n|---|---|---|---|---|"
    for error in family():
        shown = (f"`{error.code}`", str(error.exit_code), str(error.status))
        yield row(*shown, error.sentence, error.usual_hint)


def findings_page() -> Iterator[str]:
    """Every kind of finding of `safelight audit`."""
    from safelight.proof.posture.finding import kinds

    yield "# Findings\n"
    yield "What `safelight audit` can find. Each has a test that plants it.\n"
    yield "| id | severity | what it says | what mends it |\n|---|---|---|---|"
    for kind in kinds().values():
        yield row(f"`{kind.id}`", kind.severity, kind.words, kind.fix)


def settings_page() -> Iterator[str]:
    """Every setting with its flag, its variable, its range."""
    from safelight import settings

    yield "# Settings\n"
    yield (settings.__doc__ or "").strip().split("\n\n", 1)[0] + "\n"
    yield "```\n" + (settings.__doc__ or "").strip().split("\n\n", 1)[1] + "\n```\n"
    yield "A project may tighten the settings marked so; the others in its file are ignored, with a"
    yield "warning. `safelight config show --origin` shows what holds here and why.\n"
    yield "| key | variable | range | default | a project | what it is |\n|---|---|---|---|---|---|"
    for key, rule in settings.rules().items():
        default = "one per core" if key == "jobs" else shown_default(key)
        may = "may tighten" if rule.is_tighter else "may not set"
        variable = f"`SAFELIGHT_{key.upper()}`"
        yield row(f"`{key}`", variable, rule.range, default, may, rule.description)


def formats_page() -> Iterator[str]:
    """What is read, written, scrubbed and kept."""
    from safelight.cli import abilities

    yield "# Formats\n"
    yield "A file is what its bytes say, not what its name says; where the two differ, that is"
    yield "said. Each cell below, yes and no, is held by a test.\n"
    yield from table(abilities.first_table())
    yield "\nAn extra is installed with `pip install 'safelight[NAME]'`; without it such a file"
    yield "ends in an error that says so. What is read and not written needs `--format`.\n"
    yield "## What a new encoding keeps\n"
    yield "After any operation that touches pixels, and into another format. What the target cannot"
    yield "hold is told in a line of its own, `lost`.\n"
    yield from table(abilities.kept_when_encoded())
    yield "\n## What a scrub keeps\n"
    yield "Where nothing else is asked, the file is written anew around its pixels as stored.\n"
    yield from table(abilities.kept_when_scrubbed())
    yield "\n## Samples\n"
    yield "8 and 16 bit stay what they are. Other kinds are put into them by one rule each:\n"
    yield "```\n" + explained("safelight.codecs.samples") + "\n```\n"
    yield "## Colour that is said by code points, without a profile\n"
    yield "```\n" + explained("safelight.codecs.coded_colour") + "\n```\n"
    yield "## DICOM\n"
    yield "```\n" + explained("safelight.codecs.dicom_pixels") + "\n```\n"
    yield paragraph("safelight.codecs.values") + "\n"
    yield "## What is not read\n"
    yield from table(abilities.known_by_name())


def models_page() -> Iterator[str]:
    """What to take for what; every model of the catalogue with its terms and its pin."""
    from safelight.cli.models_list import PURPOSES
    from safelight.cli.shelf import PINS
    from safelight.models.store import Store

    store = Store()
    every = sorted((*store.built_in(), *store.available()), key=lambda one: (one.task, one.name))
    yield "# Models\n"
    yield "What is built in is there at once. Everything else comes with `safelight models pull`,"
    yield "asked for, checked against the digest below; nothing else here uses the network. Sizes"
    yield "are those of the download. How to choose, and what was left out:"
    yield "[the page on models](../handbook/models.md).\n"
    yield "A pin says who vouches for the digest:"
    yield "; ".join(f"{pin}: {words}" for pin, words in PINS.items()) + ".\n"
    yield "## What to take for what\n"
    yield "By these words a model is found without its name: `--model faces`.\n"
    yield "| task | word | model | size | licence | where |\n|---|---|---|---|---|---|"
    for entry in every:
        for alias in entry.aliases:
            if alias not in {one.name for one in every}:
                where = "pull it" if entry.url else "built in"
                facts = (f"`{entry.name}`", download(entry.total_bytes), entry.licence, where)
                yield row(scaled(entry), f"`{alias}`", *facts)
    for task in sorted({entry.task for entry in every}):
        yield f"\n## {task}: {PURPOSES[task]}\n"
        yield from models_table([entry for entry in every if entry.task == task])


def models_table(entries: list[Entry]) -> Iterator[str]:
    """The models of one task, and below them what to know of some before use."""
    from safelight.engine.model_facts import COMMERCIAL

    yield "| model | what it is | size | licence | for commercial work | pin |"
    yield "|---|---|---|---|---|---|"
    for entry in entries:
        size = download(entry.total_bytes)
        title = entry.title + (" (experimental)" if entry.experimental else "")
        terms = (entry.licence, COMMERCIAL[entry.licence_class], entry.pin)
        yield row(f"`{entry.name}`", title, size, *terms)
    told = [entry for entry in entries if entry.caveat]
    if told:
        yield ""
    yield from (f"- `{entry.name}`: {entry.caveat}" for entry in told)


def scaled(entry: Entry) -> str:
    """The task, and the scale where the answer is larger than the picture."""
    return f"{entry.task} x{entry.output.scale}".removesuffix(" x1")


def download(size_bytes: int) -> str:
    """Bytes as people say them."""
    from safelight.proof.reports.plain import size

    return size(size_bytes)


def explained(module: str) -> str:
    """The second paragraph of what a module says of itself, line by line."""
    return (importlib.import_module(module).__doc__ or "").strip().split("\n\n")[1]


def paragraph(module: str) -> str:
    """The last paragraph of what a module says of itself."""
    return " ".join(
        (importlib.import_module(module).__doc__ or "").strip().split("\n\n")[-1].split()
    )


def table(rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """A head and its rows."""
    head = next(rows)
    yield row(*head)
    yield "|" + "---|" * len(head)
    for cells in rows:
        yield row(*cells)


def shown_default(key: str) -> str:
    """The default, the same on every machine."""
    from safelight.settings import Settings

    if key.endswith("_dir"):
        return "in the user's own folders"
    return Settings().shown(key) or "none"


def commands_page() -> Iterator[str]:
    """The help of every verb."""
    from safelight.cli.main import safelight

    yield "# Commands"
    with context(safelight, "safelight") as ctx:
        yield from help_of(safelight, ctx, "##")


def help_of(command: click.Command, ctx: click.Context, mark: str) -> Iterator[str]:
    """The help of a command and of those below it."""
    yield f"\n{mark} {ctx.command_path}\n\n```\n{command.get_help(ctx)}\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            if below is not None:
                with context(below, name, ctx) as own:
                    yield from help_of(below, own, "##" if mark == "##" else "###")


def context(
    command: click.Command, name: str, parent: click.Context | None = None
) -> click.Context:
    """A context that wraps lines at the same width on every screen."""
    return click.Context(
        command, parent, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH
    )


def row(*cells: str) -> str:
    """A row of a table; a bar in a cell would start another."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def stale() -> list[str]:
    """The pages whose file is not what the code says."""
    return [
        name
        for name, text in pages().items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text() != text
    ]


def main(words: list[str]) -> int:
    os.environ["COLUMNS"] = str(WIDTH)
    found = stale()
    if "--check" in words:
        if found:
            sys.stderr.write(f"stale: {', '.join(found)}; scripts/reference.py writes them anew\n")
        return 1 if found else 0
    for name in found:
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(pages()[name])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
