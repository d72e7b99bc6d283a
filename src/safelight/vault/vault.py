"""Vault: the keys of one user wrapped in vault.json, opened when a secret is first asked for.

The order in which `init` works: the keeper gets its key; everything is wrapped into a new file,
which is made to last, read back, and opened by what the keeper gives then; its new name is the one
moment from which the vault counts; only then the plain files are overwritten and removed. A run
that dies before that moment leaves the plain keys as they were, one that dies later leaves rests,
which the next one that opens the vault removes if they hold what the vault holds.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from safelight.errors import PolicyRefused, SafelightError, SomethingMissing, VaultLocked
from safelight.vault import kernel, passphrase, plain, wrapping
from safelight.vault.keepers import ByKeyFile, ByKeyStore, ByPassphrase, Keeper
from safelight.vault.lock import hold
from safelight.vault.page import Page
from safelight.vault.private import (
    failed_write,
    open_private,
    private_folder,
    read_private,
    sync_folder,
    write_private,
)
from safelight.vault.wrapping import KEY_FILE, KEY_STORE, PASSPHRASE, Kept, Wrapped

FILE, NEW_FILE, LOCKED_FILE = plain.VAULT_FILE, plain.NEW_VAULT_FILE, "locked"
HINT = "safelight vault unlock, or --passphrase-file FILE"
# What helps where what was given is not what opens.
OTHERWISE = {
    PASSPHRASE: "try again; capitals and spaces count",
    KEY_STORE: "put back what the key store had when the vault was made",
    KEY_FILE: "put back the file that was made for this vault",
}


class Vault:
    """The vault in this folder of keys. Safe to use from many threads.

    passphrase_file: a file whose first line opens a vault that a passphrase keeps.
    """

    def __init__(self, folder: Path, passphrase_file: Path | None = None) -> None:
        self.folder, self._passphrase_file = folder, passphrase_file
        self._page: Page | None = None
        self._turn = threading.Lock()

    @property
    def is_begun(self) -> bool:
        """Whether there is a vault; without one the keys are plain files."""
        return os.path.lexists(self.folder / FILE)

    @cached_property
    def wrapped(self) -> Wrapped:
        """What the file says. Raises VerificationFailed if it is damaged, PolicyRefused."""
        data = read_private(self.folder / FILE, wrapping.MAX_BYTES)
        if data is None:
            raise SomethingMissing("there is no vault yet", hint="safelight vault init")
        return wrapping.read(data)

    def copy(self, name: str) -> bytearray:
        """One secret, for the caller to overwrite after use. Opens the vault if need be.

        Raises VaultLocked, VerificationFailed; SomethingMissing for a key that is not in it.
        """
        with self._turn:
            if self._page is None or not self._page.is_ours:
                self._page = self._opened(self.master())
        if name not in self._page:
            raise SomethingMissing(
                f"the vault has no key for {name}", hint="safelight vault status"
            )
        return self._page.copy(name)

    def master(self) -> bytearray:
        """The master key, for the caller to overwrite. Raises VaultLocked where nobody gives it."""
        kept = kernel.find(self._ring_name)
        if kept is not None:
            return kept
        keeper = self.own_keeper()
        if keeper is None and self._passphrase_file is not None:
            return self.opened_by(ByPassphrase(passphrase.from_file(self._passphrase_file)))
        if keeper is None or self.is_shut:
            raise VaultLocked("the vault is locked", hint=HINT)
        return self.opened_by(keeper)

    def own_keeper(self) -> Keeper | None:
        """Who opens the vault without the user; None where a passphrase does."""
        return _own_keeper(self.wrapped.kept)

    def opened_by(self, keeper: Keeper) -> bytearray:
        """The master key by this keeper. Raises VaultLocked if it does not open the vault."""
        wrapped = self.wrapped
        key = keeper.key(wrapped.kept)
        try:
            return wrapped.open_master(key)
        except ValueError as error:
            by = str(wrapped.kept["by"])
            raise VaultLocked(f"this {by} does not open the vault", hint=OTHERWISE[by]) from error
        finally:
            _overwrite(key)

    @property
    def is_unlocked(self) -> bool:
        """Whether commands open it without being told a passphrase."""
        opens_itself = self.wrapped.kept["by"] != PASSPHRASE and not self.is_shut
        return opens_itself or kernel.holds(self._ring_name)

    @property
    def is_shut(self) -> bool:
        """Whether `lock` forbids to ask a key store or a key file."""
        return (self.folder / LOCKED_FILE).exists()

    @property
    def seconds_left(self) -> int | None:
        """How long the kernel keeps the master key still, roughly; None if it has none."""
        return kernel.seconds_left(self._ring_name)

    def require_none(self) -> None:
        """Raise PolicyRefused if there is a vault already."""
        if self.is_begun:
            raise PolicyRefused(
                "there is a vault already", hint="safelight vault change-passphrase"
            )

    def init(self, keeper: Keeper) -> None:
        """Wrap the keys of this folder. Raises PolicyRefused if there is a vault already."""
        private_folder(self.folder)
        for name in plain.USUAL:
            if not self.is_begun:
                plain.read_or_make(self.folder, name)
        with hold(self.folder / plain.LOCK_FILE):
            self.require_none()
            master = bytearray(os.urandom(wrapping.MASTER_BYTES))
            self._commit(keeper, _plain_secrets(self.folder), master, wrapping.new_id())
            self._sweep(master)
            _overwrite(master)

    def keep_by(self, keeper: Keeper, master: bytearray) -> None:
        """Let another keeper, or another passphrase, open the vault from now on."""
        with hold(self.folder / plain.LOCK_FILE):
            self._reread()
            old = self.wrapped
            secrets = {name: old.secret(name, master) for name in old.keys}
            self._commit(keeper, secrets, master, old.id)
        with suppress(SafelightError, OSError):  # who no longer opens anything may stay
            before = _own_keeper(old.kept)
            if before is not None:
                before.forget(old.kept)
        for secret in (master, *secrets.values()):
            _overwrite(secret)

    def add(self, name: str) -> None:
        """Make a key that the vault does not have yet."""
        master = self.master()
        with hold(self.folder / plain.LOCK_FILE):
            self._reread()
            wrapped = self.wrapped
            if name not in wrapped.keys:
                more = wrapped.with_key(name, plain.new_secret(name), master)
                write_private(self.folder / FILE, more.to_bytes())
            self._forget()
        _overwrite(master)

    def unlock(self, master: bytearray, *, seconds: int) -> bool:
        """Let the kernel keep the master key so long. False where it keeps none."""
        try:
            if self.is_shut:
                (self.folder / LOCKED_FILE).unlink(missing_ok=True)
        except OSError as error:
            raise failed_write(error) from error
        self._sweep_rests(master)
        is_kept = kernel.keep(self._ring_name, master, seconds=seconds)
        _overwrite(master)
        return is_kept

    def lock(self) -> bool:
        """Take the master key back; nobody opens the vault unasked. True if it was unlocked."""
        was_unlocked = self.is_unlocked
        kernel.forget(self._ring_name)
        if self.wrapped.kept["by"] != PASSPHRASE:
            write_private(self.folder / LOCKED_FILE, b"")
        self._forget()
        return was_unlocked

    @property
    def rests(self) -> tuple[str, ...]:
        """Names of plain key files, or rests of them, that lie beside the vault."""
        return plain.rests(self.folder)

    @property
    def _ring_name(self) -> str:
        return f"safelight:{self.wrapped.id}"

    def _commit(
        self, keeper: Keeper, secrets: Mapping[str, bytes | bytearray], master: bytearray, id: str
    ) -> None:
        """Write the new file, see that it opens, and put it in place."""
        kept = keeper.begin()
        new = self.folder / NEW_FILE
        try:
            key = keeper.key(kept)
            made = wrapping.wrap(secrets, id=id, kept=kept, keeper_key=key, master=master)
            write_private(new, made.to_bytes())
            found = wrapping.read(read_private(new, wrapping.MAX_BYTES) or b"")
            again = keeper.key(found.kept)
            opened = found.open_master(again)
            held = {name: found.secret(name, opened) for name in found.keys}
            if held != secrets:
                raise wrapping.damaged()
        except BaseException:
            new.unlink(missing_ok=True)
            keeper.forget(kept)
            raise
        for secret in (key, again, opened, *held.values()):
            _overwrite(secret)
        _replace(new, self.folder / FILE)
        plain.note_wrapped(self.folder)
        self._forget()

    def _opened(self, master: bytearray) -> Page:
        """All secrets; rests of plain files that hold the same are removed."""
        secrets = {name: self.wrapped.secret(name, master) for name in self.wrapped.keys}
        self._sweep_rests(master)
        wrapping.cover()
        page = Page(secrets)
        for secret in (master, *secrets.values()):
            _overwrite(secret)
        return page

    def _sweep_rests(self, master: bytearray) -> None:
        if self.rests:
            # a disk that takes no change stops no work: status and doctor tell of the rests
            with suppress(SafelightError, OSError), hold(self.folder / plain.LOCK_FILE):
                self._sweep(master)

    def _sweep(self, master: bytearray) -> None:
        """Overwrite and remove plain files that hold what the vault holds, and rests of others."""
        plain.wipe_rests(self.folder)
        for name in plain.FILES:
            with suppress(PolicyRefused):
                found = plain.read(self.folder, name)
                is_same = (
                    found is not None
                    and name in self.wrapped.keys
                    and plain.secret_of(name, found) == self.wrapped.secret(name, master)
                )
                if is_same:
                    plain.wipe(self.folder / plain.FILES[name])

    def _reread(self) -> None:
        """Forget what the file said: another run may have changed it."""
        self.__dict__.pop("wrapped", None)

    def _forget(self) -> None:
        self._reread()
        page, self._page = self._page, None
        if page is not None:
            page.close()


def _own_keeper(kept: Kept) -> Keeper | None:
    if kept["by"] == KEY_STORE:
        return ByKeyStore()
    return ByKeyFile(Path(str(kept["path"]))) if kept["by"] == KEY_FILE else None


def _plain_secrets(folder: Path) -> dict[str, bytes]:
    found = ((name, plain.read(folder, name)) for name in plain.FILES)
    return {name: plain.secret_of(name, data) for name, data in found if data is not None}


def _replace(new: Path, place: Path) -> None:
    """Put the new file in place of an old one, and overwrite what that held."""
    try:
        old = open_private(place, os.O_RDWR)
    except FileNotFoundError:
        old = None
    try:
        os.replace(new, place)
        sync_folder(place.parent)
        if old is not None:
            with open(old, "r+b") as file:
                file.write(bytes(os.fstat(old).st_size))
                file.flush()
                os.fsync(old)
    except OSError as error:
        raise failed_write(error) from error


def _overwrite(secret: bytearray) -> None:
    secret[:] = bytes(len(secret))
