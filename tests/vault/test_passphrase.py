"""What may be a passphrase, and how one is read from a file."""

from __future__ import annotations

import os
import shlex
import threading
from pathlib import Path

import pytest

from safelight.errors import InputMissing, ParameterInvalid, PolicyRefused
from safelight.vault.passphrase import LEAST, MOST_BYTES, from_file, normal, require_good


@pytest.mark.parametrize(
    "passphrase",
    [
        "fourteen cats on a roof",
        "kuusi palaa taas",
        "Zwei Hunde, ein Dach",
        "w9#kQz2!mP4xLr",
        "my dog 12345 barks at night",
        "caf\u00e9 au lait \u00e0 midi",
    ],
)
def test_what_is_long_and_not_a_row_is_good(passphrase: str) -> None:
    require_good(passphrase)


@pytest.mark.parametrize(
    ("passphrase", "why"),
    [
        ("", "at least 14"),
        ("short", "at least 14"),
        ("x" * (LEAST - 1), "at least 14"),
        ("a" * 40, "repeats"),
        ("ab" * 20, "repeats"),
        ("password1" * 3, "repeats"),
        ("abcdefghijklmnopqrstuvwxyz", "follows a row"),
        ("12345678901234567890", "follows a row"),
        ("98765432109876543210", "follows a row"),
        ("qwertyuiopasdfghjkl", "follows a row"),
        ("QWERTYUIOP1234567", "follows a row"),
        ("cats on a roof\x07 and more", "control"),
        ("cats " * 400, "at most"),
    ],
)
def test_what_is_soon_guessed_is_refused(passphrase: str, why: str) -> None:
    with pytest.raises(ParameterInvalid, match=why):
        require_good(passphrase)


def test_the_same_letters_are_the_same_passphrase() -> None:
    assert normal("cafe\u0301") == normal("caf\u00e9")


def written(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\nand a second line"])
def test_the_first_line_is_taken(tmp_path: Path, end: bytes) -> None:
    path = written(tmp_path / "file", "caf\u00e9 au lait".encode() + end)
    assert from_file(path) == "caf\u00e9 au lait"


def test_a_pipe_may_give_it(tmp_path: Path) -> None:
    """As a shell hands over the output of a password manager."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    giver = threading.Thread(target=lambda: path.write_bytes(b"cats on a roof\n"))
    giver.start()
    assert from_file(path) == "cats on a roof"
    giver.join()


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused, match="open to others") as caught:
        from_file(written(tmp_path / "file", b"x", 0o644))
    assert caught.value.hint.startswith("chmod 600")


@pytest.mark.parametrize("data", [b"", b"\n", b"\nsecond", b"\xff\xfe"])
def test_a_file_without_text_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ParameterInvalid, match="file with the passphrase"):
        from_file(written(tmp_path / "file", data))


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="cannot be read"):
        from_file(tmp_path / "nowhere")


def test_what_a_pipe_gave_is_there_for_the_next_who_asks(tmp_path: Path) -> None:
    """One command opens a vault for its receipts and again for its encrypted files."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    giver = threading.Thread(target=lambda: path.write_bytes(b"cats on a roof\n"))
    giver.start()
    assert [from_file(path), from_file(path)] == ["cats on a roof"] * 2
    giver.join()


def test_what_a_file_says_is_read_anew_each_time(tmp_path: Path) -> None:
    path = written(tmp_path / "file", b"one")
    assert from_file(path) == "one"
    path.write_bytes(b"two")
    assert from_file(path) == "two"


def test_the_mark_that_an_editor_puts_in_front_is_no_part_of_it(tmp_path: Path) -> None:
    """Nobody could type it."""
    path = written(tmp_path / "file", b"\xef\xbb\xbfcats on a roof\r\n")
    assert from_file(path) == "cats on a roof"


@pytest.mark.parametrize("sign", ["x", "\u20ac"])
def test_a_line_without_an_end_is_too_long(tmp_path: Path, sign: str) -> None:
    path = written(tmp_path / "file", (sign * 400_000).encode())
    with pytest.raises(ParameterInvalid, match="at most 1024 bytes"):
        from_file(path)
    assert len(from_file(written(path, b"x" * MOST_BYTES))) == MOST_BYTES


def test_a_hint_can_be_typed_as_it_stands(tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused) as caught:
        from_file(written(tmp_path / "a file; x", b"x", 0o644))
    assert shlex.split(caught.value.hint)[2:] == [str(tmp_path / "a file; x")]
