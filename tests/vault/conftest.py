"""What tests of the vault share: a folder of keys, cheap passphrases, a key ring of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.vault import keepers, kernel
from safelight.vault.keepers import ByPassphrase
from safelight.vault.vault import Vault
from tests.vault.opening import PASSPHRASE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys"


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with as little work as it takes: its strength is not what these tests are about."""
    monkeypatch.setattr(keepers, "ARGON2", {"memory_kib": 8, "passes": 1, "lanes": 1})


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A key ring like the kernel's, also where the kernel of this machine has none for us."""
    kept: dict[str, bytes] = {}

    def keep(name: str, secret: bytearray, *, seconds: int) -> bool:
        kept[name] = bytes(secret)
        return seconds > 0

    def find(name: str) -> bytearray | None:
        return bytearray(kept[name]) if name in kept else None

    monkeypatch.setattr(kernel, "keep", keep)
    monkeypatch.setattr(kernel, "find", find)
    monkeypatch.setattr(kernel, "holds", kept.__contains__)
    monkeypatch.setattr(kernel, "forget", lambda name: kept.pop(name, None) is not None)
    monkeypatch.setattr(kernel, "seconds_left", lambda name: 60 if name in kept else None)
    monkeypatch.setattr(kernel, "is_here", lambda: True)
    return kept


@pytest.fixture
def keeper() -> ByPassphrase:
    return ByPassphrase(PASSPHRASE)


@pytest.fixture
def vault(folder: Path, keeper: ByPassphrase, cheap: None, ring: dict[str, bytes]) -> Vault:
    """A vault that a passphrase keeps, and that is locked."""
    made = Vault(folder)
    made.init(keeper)
    return made


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase.txt"
    path.touch(mode=0o600)
    path.write_text(PASSPHRASE + "\n")
    return path
