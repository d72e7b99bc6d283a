"""Killed at any step the keys are there: as plain files or in the vault, and soon in one place."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from safelight.errors import VaultLocked
from safelight.vault import plain
from safelight.vault.keepers import ByPassphrase
from safelight.vault.keys import load_or_make
from safelight.vault.vault import Vault
from tests.vault.opening import OTHER, PASSPHRASE, lying_about, plaintexts, secrets_of, unlock

KILLED = 9
SPOTS = ("replace", "unlink", "fsync", "open", "mkdir")


def killed_at(spot: int, work: Callable[[], object]) -> bool:
    """Do the work in a child that is killed before its spot-th call of the system that changes a
    file. False if it ended before.
    """
    child = os.fork()
    if child == 0:
        left = [spot]
        for name in SPOTS:
            before = getattr(os, name)

            def counted(
                *args: object, _before: Callable[..., object] = before, **more: object
            ) -> object:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return _before(*args, **more)

            setattr(os, name, counted)
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == KILLED
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def test_killed_at_any_step_of_init_the_keys_are_there(
    tmp_path: Path, keeper: ByPassphrase, cheap: None, ring: dict[str, bytes]
) -> None:
    spot, wrapped = 0, set()
    is_killed = True
    while is_killed:
        spot += 1
        folder = tmp_path / str(spot)
        before = secrets_of(load_or_make(folder))
        needles = plaintexts(folder)
        is_killed = killed_at(spot, partial(Vault(folder).init, keeper))
        vault = Vault(folder)
        wrapped.add(vault.is_begun)
        if not vault.is_begun:
            assert secrets_of(load_or_make(folder)) == before, f"lost at step {spot}"
            vault.init(keeper)
        unlock(vault)
        assert secrets_of(load_or_make(folder)) == before, f"lost at step {spot}"
        assert lying_about(folder, needles) == set(), f"rests of step {spot}"
        assert Vault(folder).rests == ()
    assert wrapped == {True, False}
    assert spot > 20, "too few steps were seen for the test to say much"


def test_killed_at_any_step_of_a_change_one_of_the_two_passphrases_opens(
    tmp_path: Path, keeper: ByPassphrase, cheap: None, ring: dict[str, bytes]
) -> None:
    spot, is_killed, opened = 0, True, set()
    while is_killed:
        spot += 1
        vault = Vault(tmp_path / str(spot))
        vault.init(keeper)
        master = bytes(vault.opened_by(keeper))
        changed = partial(vault.keep_by, ByPassphrase(OTHER), bytearray(master))
        is_killed = killed_at(spot, changed)
        fresh = Vault(vault.folder)
        for passphrase in (PASSPHRASE, OTHER):
            try:
                assert bytes(fresh.opened_by(ByPassphrase(passphrase))) == master
                opened.add(passphrase)
                break
            except VaultLocked:
                continue
        else:
            pytest.fail(f"neither opens after step {spot}")
    assert opened == {PASSPHRASE, OTHER}


def test_a_disk_that_refuses_the_sweep_stops_no_work(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(vault)
    secret = bytes(vault.copy("digest"))
    (vault.folder / "digest.key").touch(mode=0o600)
    (vault.folder / "digest.key").write_bytes(plain.file_of("digest", secret))

    def refuse(_path: Path) -> None:
        raise OSError(30, "read-only file system")

    monkeypatch.setattr(plain, "wipe", refuse)
    assert bytes(Vault(vault.folder).copy("digest")) == secret
    assert vault.rests == ("digest.key",)
