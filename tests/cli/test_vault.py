"""The commands of the vault: what is asked, what is told, what no other verb may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.cli import keepers
from safelight.cli.face import Face
from safelight.errors import UsageError
from safelight.vault import kernel
from safelight.vault.keys import load_or_make
from safelight.vault.vault import Vault
from tests.cli.pictures import draw
from tests.cli.terminal import CTRL_C, Terminal, terminal
from tests.cli.testscript import environment, in_this_process

FIRST, SECOND = "fourteen cats on a roof", "seven dogs under the bridge"


def safelight(folder: Path, home: Path, *words: str, **extra: str) -> tuple[int, str, str]:
    code, out, err = in_this_process(list(words), folder, environment(home) | extra, b"")
    return code, out.decode(), err.decode()


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs inside this process stretch a passphrase only a little; those on a terminal as usual."""
    work = {"memory_kib": 8, "passes": 1, "lanes": 1}
    monkeypatch.setattr("safelight.vault.keepers.ARGON2", work)


@pytest.fixture
def keys(home: Path) -> Iterator[Path]:
    """The folder of keys; the kernel's ring has nothing of it after the test."""
    folder = home / ".local" / "state" / "safelight" / "keys"
    yield folder
    if Vault(folder).is_begun:
        Vault(folder).lock()


@pytest.fixture
def first(tmp_path: Path) -> str:
    return written(tmp_path / "first.txt", FIRST)


def written(path: Path, text: str) -> str:
    path.touch(mode=0o600)
    path.write_text(text + "\n")
    return str(path)


def answer(screen: Terminal, question: str, text: str) -> None:
    screen.wait_for_text(question)
    screen.press(text.encode() + b"\n")


def test_a_passphrase_is_asked_twice_and_never_shown(
    tmp_path: Path, home: Path, keys: Path
) -> None:
    with terminal(tmp_path, home, "vault", "init", "--kept-by", "passphrase") as screen:
        answer(screen, "new passphrase: ", FIRST)
        answer(screen, "Repeat for confirmation: ", FIRST)
        assert screen.end() == 0, screen.shown
        assert "keys kept by   passphrase" in screen.shown
        assert FIRST not in screen.shown
    assert safelight(tmp_path, home, "vault", "lock")[0] == 0
    with terminal(tmp_path, home, "vault", "unlock") as screen:
        answer(screen, "passphrase: ", SECOND)
        assert screen.end() == 7, screen.shown
        assert "this passphrase does not open the vault" in screen.shown
    with terminal(tmp_path, home, "vault", "unlock", "--for", "5m") as screen:
        answer(screen, "passphrase: ", FIRST)
        assert screen.end() == (0 if kernel.is_here() else 7), screen.shown


def test_who_turns_back_at_the_question_has_changed_nothing(
    tmp_path: Path, home: Path, keys: Path
) -> None:
    with terminal(tmp_path, home, "vault", "init", "--kept-by", "passphrase") as screen:
        answer(screen, "new passphrase: ", FIRST)
        answer(screen, "Repeat for confirmation: ", SECOND)
        screen.wait_for_text("do not match")
        screen.press(CTRL_C)
        assert screen.end() == 130, screen.shown
    assert not keys.exists()


def test_what_is_no_text_is_asked_for_in_words(tmp_path: Path, home: Path, keys: Path) -> None:
    """As where the terminal sends another character set than the system expects."""
    with terminal(tmp_path, home, "vault", "init", "--kept-by", "passphrase") as screen:
        screen.wait_for_text("new passphrase: ")
        screen.press(b"\xff\xfe horse and staple\n")
        assert screen.end() == 2, screen.shown
        assert "what was typed is no text here" in screen.shown
    assert not keys.exists()


def test_a_locked_vault_makes_no_verb_ask(
    tmp_path: Path, home: Path, keys: Path, first: str
) -> None:
    """On a terminal too: a verb that is not the vault's says what is missing and ends."""
    assert safelight(tmp_path, home, "vault", "init", "--passphrase-file", first)[0] == 0
    safelight(tmp_path, home, "vault", "lock")
    draw(tmp_path / "photo.jpg")
    with terminal(tmp_path, home, "scrub", "photo.jpg", "-o", "out/") as screen:
        assert screen.end() == 7
        assert "the vault is locked" in screen.shown
        assert "passphrase: " not in screen.shown


def test_a_file_opens_the_vault_for_a_command(
    tmp_path: Path, home: Path, keys: Path, first: str
) -> None:
    data = load_or_make(keys).data
    code, out, _ = safelight(tmp_path, home, "vault", "init", "--passphrase-file", first)
    assert (code, "kept by   passphrase" in out) == (0, True)
    assert "here" in out
    safelight(tmp_path, home, "vault", "lock")
    words = ("vault", "export-key", "digest", "--yes")
    assert safelight(tmp_path, home, *words)[0] == 7
    assert safelight(tmp_path, home, *words, "--passphrase-file", first)[0] == 0
    assert safelight(tmp_path, home, *words, SAFELIGHT_PASSPHRASE_FILE=first)[0] == 0
    wrong = written(tmp_path / "wrong.txt", SECOND)
    code, _, err = safelight(tmp_path, home, *words, "--passphrase-file", wrong)
    assert (code, "does not open the vault" in err) == (7, True)
    assert load_or_make(keys, Path(first)).data == data


def test_the_passphrase_changes_and_the_keys_stay(
    tmp_path: Path, home: Path, keys: Path, first: str
) -> None:
    safelight(tmp_path, home, "vault", "init", "--passphrase-file", first)
    safelight(tmp_path, home, "vault", "lock")
    data = load_or_make(keys, Path(first)).data
    second = written(tmp_path / "second.txt", SECOND)
    words = ("vault", "change-passphrase", "--kept-by", "passphrase")
    assert safelight(tmp_path, home, *words, "--new-passphrase-file", second)[0] == 2
    more = ("--passphrase-file", first, "--new-passphrase-file", second)
    assert safelight(tmp_path, home, *words, *more)[0] == 0
    assert load_or_make(keys, Path(second)).data == data
    assert safelight(tmp_path, home, *words, *more)[0] == 7


def test_a_weak_passphrase_is_refused_and_nothing_is_wrapped(
    tmp_path: Path, home: Path, keys: Path
) -> None:
    weak = written(tmp_path / "weak.txt", "12345678901234567890")
    code, _, err = safelight(tmp_path, home, "vault", "init", "--passphrase-file", weak)
    assert (code, "follows a row" in err) == (2, True)
    assert not Vault(keys).is_begun


@pytest.mark.parametrize("time", ["soon", "1s", "800h", "-1h", "1.5m 3"])
def test_a_time_that_cannot_be_is_refused(
    tmp_path: Path, home: Path, keys: Path, first: str, time: str
) -> None:
    code, _, err = safelight(
        tmp_path, home, "vault", "init", "--passphrase-file", first, "--for", time
    )
    assert (code, "--for must be" in err) == (2, True)
    assert not Vault(keys).is_begun


def test_a_key_file_is_warned_of_and_needs_both_words(
    tmp_path: Path, home: Path, keys: Path
) -> None:
    for words in (("--kept-by", "key-file"), ("--key-file", "k")):
        code, _, err = safelight(tmp_path, home, "vault", "init", *words)
        assert (code, "go together" in err) == (2, True)
    first = written(tmp_path / "first.txt", FIRST)
    both = ("--kept-by", "key-file", "--key-file", "k")
    code, out, err = safelight(tmp_path, home, "vault", "init", *both, "--json")
    assert code == 0
    assert json.loads(out)["warning"] == "the vault's key lies in a file"
    assert "whoever can read the key file" in json.loads(err)["detail"]
    code, out, err = safelight(tmp_path, home, "vault", "export-key", "digest")
    assert (code, "--yes answers it" in err) == (2, True)
    assert safelight(tmp_path, home, "vault", "unlock", "-q")[1] == ""
    code, out, _ = safelight(tmp_path, home, "vault", "lock", "--json")
    assert json.loads(out)["unlocked"] is False
    assert safelight(tmp_path, home, "vault", "unlock", SAFELIGHT_PASSPHRASE_FILE=first)[0] == 0


def test_a_system_without_a_key_ring_says_what_to_do(
    tmp_path: Path, home: Path, keys: Path, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "_calls", lambda: None)
    code, _, err = safelight(tmp_path, home, "vault", "init", "--passphrase-file", first)
    assert (code, "no key ring" in err) == (0, True)
    code, _, err = safelight(tmp_path, home, "vault", "unlock", "--passphrase-file", first)
    assert (code, "no key ring" in err) == (7, True)
    assert "SAFELIGHT_PASSPHRASE_FILE" in err
    code, out, _ = safelight(tmp_path, home, "vault", "lock")
    assert (code, "locked" in out) == (0, True)


def test_a_system_without_a_key_store_says_what_to_do(
    tmp_path: Path, home: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safelight.vault.keepers.STORES", ())
    code, _, err = safelight(tmp_path, home, "vault", "init", "--kept-by", "key-store")
    assert (code, "no key store" in err) == (7, True)
    assert "--kept-by passphrase" in err


def test_an_export_is_private_and_never_over_a_file(tmp_path: Path, home: Path, keys: Path) -> None:
    load_or_make(keys)
    words = ("vault", "export-key", "data", "-o", "data.json", "--yes")
    code, out, err = safelight(tmp_path, home, *words)
    assert (code, out) == (0, "")
    assert "whoever has it opens every file" in err
    assert (tmp_path / "data.json").stat().st_mode & 0o777 == 0o600
    assert safelight(tmp_path, home, *words)[0] == 1


def test_before_the_first_use_there_is_nothing_to_lock_or_to_open(
    tmp_path: Path, home: Path, keys: Path
) -> None:
    for verb in ("lock", "unlock", "change-passphrase"):
        code, _, err = safelight(tmp_path, home, "vault", verb)
        assert (code, "no vault yet" in err) == (7, True)
    assert safelight(tmp_path, home, "vault", "export-key", "data", "--yes")[0] == 7
    code, out, _ = safelight(tmp_path, home, "vault", "status")
    assert (code, "nowhere yet" in out) == (0, True)
    assert not keys.exists()


def test_nobody_is_asked_where_nobody_can_be(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nobody can be asked") as caught:
        keepers.asked(Face(may_ask=False), "passphrase", "--passphrase-file")
    assert caught.value.hint == "--passphrase-file FILE"


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "unlocked"), (59, "1 min"), (7_100, "119 min"), (28_800, "8 h")]
)
def test_the_time_that_is_left_is_told_roughly(seconds: int | None, words: str) -> None:
    from safelight.vault.status import Status

    found = Status("passphrase", True, seconds, "secret memory", True, (), {}, ())
    assert words in keepers._state(found)
