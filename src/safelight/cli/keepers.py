"""Keepers: what the commands of the vault share: who opens it, what is asked, what is told.

No verb but those of the vault ever asks for a passphrase; the others take --passphrase-file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking, stacked
from safelight.cli.printable import printable
from safelight.errors import ParameterInvalid, UsageError

if TYPE_CHECKING:
    from safelight.vault.keepers import Keeper
    from safelight.vault.vault import Vault

AUTO, KEY_STORE, PASSPHRASE, KEY_FILE = "auto", "key-store", "passphrase", "key-file"
LONGEST_S = 30 * 24 * 3_600
NOT_KEPT = "this system has no key ring: each command needs --passphrase-file FILE"
BY_FILE = "whoever can read the key file opens the vault: keep it on a medium that you take out"

opening = stacked(setting("state_dir"), setting("passphrase_file"), speaking)
kept_by = stacked(
    click.option(
        "--kept-by", type=click.Choice([AUTO, KEY_STORE, PASSPHRASE, KEY_FILE]), default=AUTO,
        help="Who keeps the key that opens the vault; auto is the system's key store where one "
        "runs, else a passphrase.",
    ),
    click.option("--key-file", metavar="FILE", help="With --kept-by key-file: where it is made."),
)  # fmt: skip
for_time = click.option(
    "--for", "time", metavar="TIME", default="8h", help="How long it stays unlocked.  [1m to 720h]"
)


def vault_of(face: Face) -> Vault:
    from safelight.vault.vault import Vault

    return Vault(face.settings.state_dir / "keys", face.settings.passphrase_file)


def seconds_of(time: str) -> int:
    """The time that was typed. Raises ParameterInvalid."""
    from safelight.settings.rules import SECONDS, whole

    try:
        return whole(60, LONGEST_S, "8h", SECONDS)(time)
    except ValueError as error:
        raise ParameterInvalid(
            "--for must be a time from 1m to 720h", hint="--for 20m, or 8h"
        ) from error


def asked(face: Face, question: str, option: str, *, is_new: bool = False) -> str:
    """A passphrase from the terminal; a new one twice. Raises UsageError, which names the option
    that gives it, where nobody can be asked.
    """
    if not (face.may_ask and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "a passphrase is needed, and nobody can be asked here", hint=f"{option} FILE"
        )
    try:
        found: str = click.prompt(
            question, hide_input=True, confirmation_prompt=is_new, err=True, prompt_suffix=": "
        )
        found.encode()  # what the terminal could not decode comes as a sign that is none
    except UnicodeError as error:
        raise ParameterInvalid(
            "what was typed is no text here", hint="set the terminal to UTF-8, and try again"
        ) from error
    return found


def new_keeper(
    face: Face, by: str, key_file: str | None, *, passphrase: Path | None, option: str
) -> Keeper:
    """Who shall open the vault from now on; option: what gives the file with the passphrase.

    Raises UsageError, ParameterInvalid, SomethingMissing.
    """
    from safelight.vault import keepers
    from safelight.vault.passphrase import from_file, require_good

    if (by == KEY_FILE) != (key_file is not None):
        raise UsageError("--kept-by key-file and --key-file FILE go together")
    if key_file is not None:
        face.warn(BY_FILE)
        return keepers.ByKeyFile(Path(key_file).absolute())
    if by == KEY_STORE or (by == AUTO and passphrase is None and keepers.has_key_store()):
        return keepers.ByKeyStore()
    text = (
        from_file(passphrase) if passphrase else asked(face, "new passphrase", option, is_new=True)
    )
    require_good(text)
    return keepers.ByPassphrase(text)


def master_of(face: Face, vault: Vault) -> bytearray:
    """The master key, by whoever opens the vault; the user is asked last."""
    from safelight.vault.keepers import ByPassphrase

    if vault.is_unlocked:
        return vault.master()
    keeper = vault.own_keeper()
    if keeper is not None:
        return vault.opened_by(keeper)
    if face.settings.passphrase_file is not None:
        return vault.master()
    return vault.opened_by(ByPassphrase(asked(face, "passphrase", "--passphrase-file")))


def tell(face: Face, *, is_asked: bool = True) -> None:
    """How the keys are kept now; with --quiet only who asked for that is told."""
    if face.verbosity < 0 and not is_asked:
        return
    from safelight.vault.status import status

    found = status(face.settings.state_dir / "keys")
    if face.is_json:
        face.document(
            {
                "type": "vault",
                "schema": SCHEMA,
                "kept": found.kept,
                "unlocked": found.is_unlocked,
                "seconds_left": found.seconds_left,
                "memory": found.memory,
                "key_ring": found.has_ring,
                "keys": list(found.keys),
                "fingerprints": dict(found.fingerprints),
                "plain_files": list(found.rests),
                "warning": found.warning,
                "hint": found.fix if found.warning else "",
            }
        )
        return
    lines = {"keys kept by": found.kept, "vault": _state(found)}
    lines |= {"unwrapped": f"in {found.memory}"}
    lines |= {f"key {name}": found.fingerprints.get(name, "here") for name in found.keys}
    for label, text in lines.items():
        face.out(f"{label:<14} {printable(text)}")
    if found.warning:
        face.warn(found.warning)
        face.note(f"hint: {found.fix}")


def _state(found: Any) -> str:
    if found.kept in ("plain files", "nowhere yet"):
        return "none yet"
    if not found.is_unlocked:
        return "locked"
    if found.seconds_left is None:
        return "unlocked"
    minutes = -(-found.seconds_left // 60)
    return f"unlocked for about {f'{minutes // 60} h' if minutes >= 120 else f'{minutes} min'} more"
