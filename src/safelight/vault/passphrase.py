"""Passphrase: what may be one, and reading one from a file.

Length is what counts against who has the file and much time. Words are better remembered than
signs, so no kind of sign is demanded; what everybody tries first is refused.
"""

from __future__ import annotations

import os
import shlex
import stat
import unicodedata
from pathlib import Path

from safelight.errors import InputMissing, ParameterInvalid, PolicyRefused
from safelight.vault.page import Page
from safelight.vault.private import OTHERS

LEAST, MOST_BYTES = 14, 1_024
LEAST_DIFFERENT = 7
# Rows of a keyboard, the alphabet, the digits: a walk along one of them is soon tried.
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm")
WALK = 5
HINT = "take five words or more that nobody would put together"
IN_FILE = "the passphrase is the first line of the file, in UTF-8"
BYTE_ORDER_MARK = "\ufeff"
# A pipe gives its line once, and one command may open more than one vault with it.
_piped: dict[tuple[Path, int, int], Page] = {}


def normal(passphrase: str) -> str:
    """The same passphrase, however the keyboard composed its letters."""
    return unicodedata.normalize("NFC", passphrase)


def require_good(passphrase: str) -> None:
    """Raise ParameterInvalid, which says what is missing, for one that is soon guessed."""
    text = normal(passphrase)
    if len(text.encode()) > MOST_BYTES:
        raise _too_long()
    if any(unicodedata.category(sign) == "Cc" for sign in text):
        raise ParameterInvalid("a passphrase has no control characters", hint=HINT)
    if len(text) < LEAST:
        raise ParameterInvalid(f"a passphrase has at least {LEAST} characters", hint=HINT)
    rest = _without_walks(text.lower())
    if len(set(text)) < LEAST_DIFFERENT or len(rest) < LEAST or _is_repeated(text):
        raise ParameterInvalid("this passphrase repeats itself or follows a row", hint=HINT)


def from_file(path: Path) -> str:
    """The first line of the file; of a pipe, which gives it once, also when asked again.

    Raises InputMissing if it cannot be read, PolicyRefused if others can read it too,
    ParameterInvalid if it holds no text, or too much.
    """
    try:
        found = os.stat(path)
        pipe = (path, found.st_dev, found.st_ino)
        if pipe in _piped:
            return _piped[pipe].copy("line").decode()
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())
            if os.name == "posix" and stat.S_ISREG(found.st_mode) and found.st_mode & OTHERS:
                raise PolicyRefused(
                    "the file with the passphrase is open to others",
                    hint=f"chmod 600 {shlex.quote(str(path))}",
                )
            line = file.readline(MOST_BYTES + 6)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "no such path").lower()
        raise InputMissing(f"the file with the passphrase cannot be read: {reason}") from error
    text = _text(line)
    if stat.S_ISFIFO(found.st_mode):
        _piped[pipe] = Page({"line": text.encode()})
    return text


def _text(line: bytes) -> str:
    """The passphrase in this line, without what editors put around it."""
    if len(line) > MOST_BYTES + 5:
        raise _too_long()
    try:
        text = line.decode().removeprefix(BYTE_ORDER_MARK).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ParameterInvalid(
            "the file with the passphrase holds no text", hint=IN_FILE
        ) from error
    if not text:
        raise ParameterInvalid(
            "the first line of the file with the passphrase is empty", hint=IN_FILE
        )
    return text


def _too_long() -> ParameterInvalid:
    return ParameterInvalid(f"a passphrase has at most {MOST_BYTES} bytes", hint=HINT)


def _without_walks(text: str) -> str:
    """The text with every walk along a row, to the right or back, as one character."""
    for row in ROWS:
        for way in (row, row[::-1]):
            for size in range(len(way), WALK - 1, -1):
                for start in range(len(way) - size + 1):
                    text = text.replace(way[start : start + size], "\0")
    return text


def _is_repeated(text: str) -> bool:
    """Whether the text is one piece again and again."""
    return text in (text + text)[1:-1]
