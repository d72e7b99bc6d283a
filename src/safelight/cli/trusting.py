"""Trusting: what the commands about the local authority share: which stores, which commands."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import asking, setting, speaking, stacked
from safelight.cli.printable import printable
from safelight.errors import Cancelled, OutputFailed, SomethingMissing

if TYPE_CHECKING:
    from safelight.server.tls.stores import Store

Doing = Literal["install", "remove"]

changing = stacked(
    click.option(
        "-n", "--dry-run", is_flag=True, help="Print the commands that would be run, and run none."
    ),
    asking,
    setting("state_dir"),
    setting("passphrase_file"),
    speaking,
)


def found(face: Face, nickname: str) -> tuple[Store, ...]:
    """The stores of this machine."""
    from safelight.server.tls.choosing import authority_file
    from safelight.server.tls.stores import stores

    return stores(authority_file(face.settings), nickname, home=Path.home())


def change(
    face: Face, doing: Doing, chosen: Sequence[Store], question: str, *, is_dry: bool
) -> None:
    """Run the commands of these stores after a question, or print them.

    Raises Cancelled, UsageError where nobody can be asked, SomethingMissing without root,
    OutputFailed for a command that failed.
    """
    steps = [
        (store, _as_root(command) if store.needs_root else command)
        for store in chosen
        for command in getattr(store, doing)
    ]
    for _, command in steps:
        show = face.out if is_dry else face.note
        if not face.is_json:
            show(printable(shlex.join(command)))
    if steps and not is_dry:
        if not face.agreed(question):
            raise Cancelled("nothing was changed")
        for store, command in steps:
            _run(store, command)
    if face.is_json:
        face.document({
            "type": "trust", "schema": SCHEMA, "doing": doing, "done": not is_dry,
            "stores": [{"name": one.name, "place": str(one.place)} for one in chosen],
            "commands": [list(command) for _, command in steps],
        })  # fmt: skip


def _as_root(command: tuple[str, ...]) -> tuple[str, ...]:
    return command if os.geteuid() == 0 else ("sudo", *command)


def _run(store: Store, command: tuple[str, ...]) -> None:
    if command[0] == "sudo" and not (sys.stdin.isatty() and shutil.which("sudo")):
        raise SomethingMissing(
            f"the store of {store.name} can be changed by root only",
            hint=shlex.join(command[1:]),
        )
    ran = subprocess.run(command, stdout=sys.stderr, check=False)
    if ran.returncode != 0:
        raise OutputFailed(f"the store of {store.name} was not changed", hint=shlex.join(command))
