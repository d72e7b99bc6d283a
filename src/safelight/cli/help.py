"""help: the pages that belong to no verb. Lists in them are made from the code."""

from __future__ import annotations

from collections.abc import Callable

import click

from safelight.cli.abilities import summary
from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import speaking
from safelight.codecs.routing import FOREIGN
from safelight.errors import UsageError
from safelight.formats import FORMATS

FOUND_AND_FAILED = {
    0: "all done, or a check found nothing",
    1: "failed; nothing usable",
    2: "the request cannot be understood",
    3: "partial: at least one picture failed, the rest is good",
    4: "a check found something and --fail-on asked for it",
    5: "verification failed: a receipt, a model, the journal or the cage",
    6: "refused by a rule: a locked setting, or a cage weaker than required",
    7: "something needed is missing; the hint names the command that brings it",
    8: "the input is refused as unsafe",
    9: "a lock or a server is not available",
    130: "cancelled",
}

RECIPE = """A recipe is steps in a TOML or JSON file; each names an operation and its parameters.

  name = "web"

  [[steps]]
  op = "scrub"
  profile = "strict"

  [[steps]]
  op = "resize"
  fit = "2000x2000"

  safelight recipe list                  the operations with their parameters
  safelight recipe new scrub resize      a recipe to start from
  safelight recipe validate web.toml     check it
  safelight run web.toml photo.jpg       run it

Every recipe scrubs with the profile share, whether it says so or not; a scrub step chooses
another."""

PRIVACY = """What leaves this computer: no picture, and nothing about one, unless you name a
server of yours. Two things open connections: `models pull`, to the host that it shows, for the
file that it names; `--server` and `connect`, to the server that you name. `audit ledger` lists
every one.

Every picture is opened by a process of its own that has no network, no files, no other process
and no way to gain rights. Before it gets the picture it attacks its own cage; `safelight prove`
shows the attacks beside the same attacks without a cage. The level says what holds:

  3 sealed   namespaces, an empty root, Landlock, seccomp, limits
  2 caged    the same without namespaces
  1 fenced   the means of macOS and Windows
  0 process  a process of its own, nothing more

--require-level refuses to work below a level; on Linux it is 2 unless you say otherwise.

What is kept: beside each output a receipt in .safelight/, signed, without names (unless you ask),
places or times of the picture; in the state folder your keys, the journal and the ledger, their
lines chained. `safelight verify FILE` and `safelight prove` check them. Nothing else of a picture
stays on the disk, nor in the memory of this program.

What this does not do: it cannot see what pixels tell, it cannot wipe an SSD, it does not protect
against a bug in the kernel or against root.

What keeps each promise, and the tests that show it: docs/claims.md#network, #product-network,
#files, #level, #receipts-names, #journal, #memory-after, #disk-after."""


def formats_page() -> str:
    """What is done with each format, and what is known by name alone."""
    lines = [f"  {format:<6} {summary(format)}" for format in FORMATS]
    names = ", ".join(foreign.title for foreign in FOREIGN)
    return "\n".join(
        [
            "Known by the first bytes, not by the name of the file:",
            *lines,
            "",
            f"Known and refused: {names}.",
        ]
    )


def exit_codes_page() -> str:
    """The exit codes and the errors that end with each."""
    from safelight.errors import family

    lines = []
    for code, sentence in FOUND_AND_FAILED.items():
        lines.append(f"  {code:>3}  {sentence}")
        names = [f"       {error.code}: {error.sentence}" for error in family()
                 if error.exit_code == code]  # fmt: skip
        lines += names
    return "\n".join(["Codes that are not listed count as failure.", *lines])


TOPICS: dict[str, Callable[[], str]] = {
    "formats": formats_page,
    "exit-codes": exit_codes_page,
    "recipe": lambda: RECIPE,
    "privacy": lambda: PRIVACY,
}


@click.command(name="help", add_help_option=False)
@click.argument("topic", required=False, metavar="[TOPIC|VERB]")
@speaking
@click.pass_context
def help(ctx: click.Context, topic: str | None) -> int:
    """Explain formats, exit codes, recipes and privacy, or show a verb's options.

    \b
    Examples:
      safelight help exit-codes
      safelight help scrub
    """
    face = ctx.ensure_object(Face)
    text = _page(ctx.find_root(), topic)
    if face.is_json:
        face.document({"type": "help", "schema": SCHEMA, "topic": topic, "text": text})
    else:
        face.out(text)
    return 0


def _page(group: click.Context, topic: str | None) -> str:
    if topic is None:
        return f"{group.get_help()}\n\nTopics: {', '.join(TOPICS)} (safelight help TOPIC)"
    if topic in TOPICS:
        return TOPICS[topic]()
    verbs = group.command
    command = verbs.get_command(group, topic) if isinstance(verbs, click.Group) else None
    if command is None:
        raise UsageError(f"there is no page {topic!r}", hint=f"pages: {', '.join(TOPICS)}")
    with click.Context(command, info_name=topic, parent=group) as own:
        return command.get_help(own)
