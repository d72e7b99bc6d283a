"""Unwrapped keys lie where no other process reads them; a search of memory shows where it can."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from safelight.vault import page as page_module
from safelight.vault import plain
from safelight.vault.keepers import ByPassphrase
from safelight.vault.keys import load_or_make
from safelight.vault.page import LOCKED, ORDINARY, PAGE_BYTES, SECRET, Page
from safelight.vault.vault import Vault

USED = ("receipts", "journal", "digest", "data")
NEEDLE = bytes((place * 37 + 11) & 255 for place in range(32))
# Makes the needle without a second copy, puts it where the first argument says, and waits.
HOLDER = """
import sys
from safelight.vault import page
from safelight.vault.page import Page
kind, made = sys.argv[1], bytearray(32)
for place in range(32):
    made[place] = (place * 37 + 11) & 255
if kind == "ordinary":
    page._mapped = lambda: (None, *page._ordinary())
held = Page({"key": made})
made[:] = bytes(32)
used = held.copy("key")
used[:] = bytes(32)
if kind == "closed":
    held.close()
print(held.kind, flush=True)
sys.stdin.readline()
"""


def copies(process: int, needle: bytes) -> int:
    """How often the needle stands in what can be read of this process."""
    found = 0
    with open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            ends, modes = line.split()[:2]
            if "r" not in modes:
                continue
            start, end = (int(text, 16) for text in ends.split("-"))
            try:
                memory.seek(start)
                found += memory.read(end - start).count(needle)
            except (OSError, ValueError, OverflowError):
                continue  # the kernel's own pages, and secret ones
    return found


def held(kind: str) -> tuple[str, int]:
    """What a process with the needle in a page calls that, and how often we find it there."""
    command = [sys.executable, "-c", HOLDER, kind]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        said = holder.stdout.readline().strip()
        found = copies(holder.pid, NEEDLE)
        holder.communicate("\n")
    return said, found


def test_a_key_in_secret_memory_is_found_by_nobody() -> None:
    """Where the kernel has no secret memory the page says what it is instead, and is found."""
    said, found = held("usual")
    assert (said == SECRET and found == 0) or (said in (LOCKED, ORDINARY) and found == 1)


USER = """
import sys
from pathlib import Path
from safelight.vault import page
from safelight.vault.keys import load_or_make, overwrite
from safelight.vault.stream import Encryptor
if sys.argv[2] == "ordinary":
    page._mapped = lambda: (None, *page._ordinary())
keys = load_or_make(Path(sys.argv[1]), Path(sys.argv[3]))
for _ in range(3):
    keys.receipts.sign(b"x"), keys.journal.sign(b"x"), keys.pseudonym("x")
    if sys.argv[4] == "encrypts":
        secret = keys.take_data()
        with Encryptor(secret, len) as encryptor:
            encryptor.write(b"x")
            encryptor.finish()
        overwrite(secret)
print("used", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("uses", ["signs", "encrypts"])
@pytest.mark.parametrize("kind", ["usual", "ordinary"])
def test_keys_that_were_used_lie_nowhere_else_in_memory(
    folder: Path,
    keeper: ByPassphrase,
    passphrase_file: Path,
    cheap: None,
    ring: dict[str, bytes],
    kind: str,
    uses: str,
) -> None:
    """Signing, digesting, encrypting leave no second copy: what is in the page is all there is.
    What opened the vault is nowhere at all.
    """
    load_or_make(folder)
    secrets = {name: plain.secret_of(name, plain.read_or_make(folder, name)) for name in USED}
    vault = Vault(folder)
    vault.init(keeper)
    secrets["master"] = bytes(vault.opened_by(keeper))
    secrets["keeper"] = bytes(keeper.key(vault.wrapped.kept))
    command = [sys.executable, "-c", USER, str(folder), kind, str(passphrase_file), uses]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == "used\n"
        found = {name: copies(user.pid, secret) for name, secret in secrets.items()}
        user.communicate("\n")
    in_page = 0 if kind == "usual" and held("usual")[0] == SECRET else 1
    assert found == dict.fromkeys(USED, in_page) | {"master": 0, "keeper": 0}


def test_control_in_ordinary_memory_it_is_found() -> None:
    said, found = held("ordinary")
    assert said in (LOCKED, ORDINARY)
    assert found == 1


def test_a_closed_page_is_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only given back: whoever gets the memory next finds zeros."""
    assert held("closed")[1] == 0
    memory = bytearray(PAGE_BYTES)
    monkeypatch.setattr(page_module, "_mapped", lambda: (None, ORDINARY, memoryview(memory)))
    page = Page({"key": NEEDLE})
    assert NEEDLE in memory
    page.close()
    assert not any(memory)


@pytest.mark.parametrize("is_ordinary", [False, True])
def test_each_secret_is_given_back(is_ordinary: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if is_ordinary:
        monkeypatch.setattr(page_module, "_mapped", lambda: (None, *page_module._ordinary()))
    with closing(Page({"one": b"1" * 32, "two": bytearray(b"2" * 138)})) as page:
        assert page.copy("one") == b"1" * 32
        assert page.copy("two") == b"2" * 138
        assert "one" in page
        assert "three" not in page


def test_more_than_a_page_is_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        Page({"one": bytes(PAGE_BYTES + 1)})


def test_a_system_without_secret_memory_gets_another_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "MEMFD_SECRET", 100_000)
    with closing(Page({"one": b"1"})) as page:
        assert page.kind in (LOCKED, ORDINARY)
    monkeypatch.setattr("sys.platform", "elsewhere")
    with closing(Page({"one": b"1"})) as page:
        assert page.kind in (LOCKED, ORDINARY)
