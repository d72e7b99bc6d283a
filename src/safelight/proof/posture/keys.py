"""Keys: how they are kept, told without opening or making anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from safelight.errors import PolicyRefused, SafelightError
from safelight.proof.posture.finding import found
from safelight.proof.reports.page import Fact, Finding, fact
from safelight.vault.status import Status, status

NOWHERE, PLAIN, BY_FILE = "nowhere yet", "plain files", "key file"


def has_keys(state_dir: Path) -> bool:
    """Whether there are keys, sound or not. Nothing is made for the answer."""
    try:
        return status(state_dir / "keys").kept != NOWHERE
    except SafelightError:
        return True


def keys(state_dir: Path) -> Iterator[Fact | Finding]:
    """Where the keys are, who opens them, and in what memory they lie while they are used."""
    try:
        told = status(state_dir / "keys")
    except PolicyRefused as error:
        # A folder that is open to others is found by its permissions; a key that is no key here.
        yield fact("keys", f"not looked at: {error.message}", "observed")
        if "damaged" in error.message:
            yield found("keys-damaged", error.message)
    except SafelightError as error:
        yield fact("keys", f"not looked at: {error.message}", "observed")
        yield found("keys-damaged", error.message)
    else:
        yield from _kept(told)


def _kept(told: Status) -> Iterator[Fact | Finding]:
    if told.kept == NOWHERE:
        yield fact("keys", "none yet, made on first use", "observed")
        return
    if told.kept == PLAIN:
        yield fact("keys", "in files that only their owner may read", "observed")
        yield found("keys-unwrapped", "neither a passphrase nor a key store guards them")
    else:
        words = "wrapped under one master key (AES-256-GCM)"
        yield fact("keys", words, "enforced in process")
        yield fact("master key kept by", told.opened_by, "observed")
    yield fact("keys in use lie in", told.memory, "observed")
    for name, fingerprint in sorted(told.fingerprints.items()):
        yield fact(f"key that signs: {name}", fingerprint, "recorded")
    if told.kept == BY_FILE:
        yield found("vault-by-file", "who has that file has the keys")
    if told.rests:
        yield found("vault-beside", f"beside the vault: {', '.join(told.rests)}")
