"""Status: how the keys of a folder are kept, told without opening or making anything."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from safelight.vault import kernel, plain
from safelight.vault.keys import Signer, fingerprint_of
from safelight.vault.page import Page
from safelight.vault.private import private_folder
from safelight.vault.vault import Vault

UNPROTECTED = "keys lie in files that only their permissions protect"
BESIDE = "the file of a key by itself is still there besides the vault"


@dataclass(frozen=True, slots=True)
class Status:
    """How keys are kept: nowhere yet, plain files, passphrase, key store, key file.

    keys: which there are. fingerprints: of those that sign, by name.
    memory: what unwrapped keys lie in. has_ring: whether the kernel can keep an unlocked vault.
    seconds_left: how long it does still, roughly; None if it does not or does not tell.
    rests: names of plain key files beside a vault.
    """

    kept: str
    is_unlocked: bool
    seconds_left: int | None
    memory: str
    has_ring: bool
    keys: tuple[str, ...]
    fingerprints: Mapping[str, str]
    rests: tuple[str, ...]

    @property
    def opened_by(self) -> str:
        """Who opens a vault, and whether it is open now."""
        return f"the {self.kept}, {'unlocked' if self.is_unlocked else 'locked'}"

    @property
    def warning(self) -> str:
        """What weakens the keeping, in one sentence; empty if nothing does."""
        if self.kept == "plain files":
            return UNPROTECTED
        if self.rests:
            return f"{BESIDE}: {', '.join(self.rests)}"
        return "the vault's key lies in a file" if self.kept == "key file" else ""

    @property
    def fix(self) -> str:
        """The command that helps against the warning."""
        if self.rests and self.kept != "plain files":
            return "safelight vault unlock; what stays is another key: move it away, and keep it"
        by_file = self.kept == "key file"
        return "safelight vault change-passphrase" if by_file else "safelight vault init"


def status(folder: Path) -> Status:
    """How the keys in this folder are kept.

    Raises PolicyRefused for a folder or file that is not private, or a damaged key;
    VerificationFailed for a damaged vault, SomethingMissing for one that is gone.
    """
    vault = Vault(folder)
    if not folder.exists():
        return _status("nowhere yet", {})
    private_folder(folder)
    if not vault.is_begun:
        read = ((name, plain.read(folder, name)) for name in plain.FILES)
        found = {name: plain.secret_of(name, data) for name, data in read if data is not None}
        plain.require_never_wrapped(folder)
        signers = {name: Signer(partial(found.__getitem__, name)) for name in found}
        public = {name: signers[name].fingerprint for name in plain.SIGNERS if name in found}
        return _status("plain files" if found else "nowhere yet", public, tuple(found))
    wrapped = vault.wrapped
    public = {name: fingerprint_of(wrapped.keys[name].public) for name in plain.SIGNERS}
    return replace(
        _status(str(wrapped.kept["by"]), public, tuple(wrapped.keys)),
        is_unlocked=vault.is_unlocked,
        seconds_left=vault.seconds_left,
        rests=vault.rests,
    )


def _status(kept: str, fingerprints: Mapping[str, str], keys: tuple[str, ...] = ()) -> Status:
    with closing(Page({})) as page:
        memory = page.kind
    return Status(kept, True, None, memory, kernel.is_here(), keys, fingerprints, ())
