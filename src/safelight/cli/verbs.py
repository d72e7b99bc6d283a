"""Which verbs there are, and where each is found when it is called.

The verbs on pictures are the operations: one is added by a file in ops/. The others stand in the
table below, and `compare`, which takes two pictures.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import click

PICTURES = "Pictures"
# Verbs on pictures whose first word may be `show`.
SHOWING = {"mark": "marking"}
HOUSE: dict[str, tuple[str, str, str]] = {
    "compare": (PICTURES, "comparing", "Measure and show how much two pictures differ"),
    "run": ("Several steps", "running", "Run a recipe over pictures"),
    "recipe": ("Several steps", "recipes", "Validate, show, list and start recipes"),
    "models": ("Models", "models", "List, get, add, choose and verify models"),
    "receipt": ("Proof", "receipt", "Show and hand on receipts; ask for time stamps"),
    "verify": ("Proof", "verify", "Check a picture against its receipt and the journal"),
    "prove": ("Proof", "prove", "Attack our own cage and show what held"),
    "audit": ("Proof", "audit", "Show that nothing can leave, and what was done here"),
    "case": ("Proof", "case", "Keep originals, work on copies, and log who did what and why"),
    "vault": ("Proof", "vault", "Keep keys wrapped, and files encrypted"),
    "serve": ("Server", "serve", "Serve the same work over HTTP, here or on the local network"),
    "status": ("Server", "status", "Show the server that runs here"),
    "pair": ("Server", "pair", "Let a phone or a laptop use the server, and end that"),
    "connect": ("Server", "connect", "Pair this machine with a server elsewhere"),
    "token": ("Server", "token", "Make, list and revoke tokens for programs"),
    "trust": ("Server", "trust", "Have this machine trust its server's certificate"),
    "doctor": ("House", "doctor", "Check that everything needed is here"),
    "config": ("House", "config", "Show the settings and where each comes from"),
    "version": ("House", "version", "Show the version"),
    "help": ("House", "help", "Explain formats, exit codes, recipes and privacy"),
}
ALIASES = {"models": {"ls": "list"}}


@cache
def operation_names() -> tuple[str, ...]:
    """The names of the files in ops/ whose verbs derive from them; nothing of them is imported."""
    from safelight import ops

    found = pkgutil.iter_modules(ops.__path__)
    names = (module.name for module in found if not module.ispkg)
    return tuple(sorted(name for name in names if name not in HOUSE))


def names() -> list[str]:
    """Every verb, in the order of the help."""
    return [*operation_names(), *HOUSE]


def sections() -> list[tuple[str, list[str]]]:
    """Titles with their verbs."""
    found: dict[str, list[str]] = {PICTURES: list(operation_names())}
    for name, (title, _, _) in HOUSE.items():
        found.setdefault(title, []).append(name)
    return [
        (title, sorted(names) if title == PICTURES else names) for title, names in found.items()
    ]


def sentence(name: str) -> str:
    """The first sentence of a verb's help."""
    if name in HOUSE:
        return HOUSE[name][2]
    from safelight.recipe import operation_named

    return (operation_named(name).__doc__ or name).strip().splitlines()[0].rstrip(".")


def load(name: str) -> click.Command | None:
    """The command behind a verb, imported now; None for a word that is no verb."""
    if name in HOUSE:
        module = importlib.import_module(f"safelight.cli.{HOUSE[name][1]}")
        command: click.Command = getattr(module, name)
        return command
    if name in operation_names():
        from safelight.cli.pictures import picture_verb

        if name in SHOWING:
            module = importlib.import_module(f"safelight.cli.{SHOWING[name]}")
            return picture_verb(name, module.WithShow)
        return picture_verb(name)
    return None
