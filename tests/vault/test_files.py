"""Files as they are, encrypted and opened: whole or not there, and nothing is overwritten."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.errors import (
    DiskFull,
    InputMissing,
    OutputExists,
    OutputFailed,
    SafelightError,
    VerificationFailed,
)
from safelight.vault.files import Made, decrypt_file, encrypt_file
from tests.vault.tinkered import tink_opens

KEY = bytes(range(32))
DATA = b"any file, not only a picture" * 200_000


@pytest.fixture(params=["unnamed", "named", "on a stick"], autouse=True)
def road(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test on each road: with files that have no name yet, where there are none, and where a
    file can have one name alone.
    """

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if request.param != "unnamed":
        monkeypatch.delattr(os, "O_TMPFILE")
    if request.param == "on a stick":
        monkeypatch.setattr(os, "link", refuse)
    return str(request.param)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "notes.pdf"
    path.write_bytes(DATA)
    return path


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_there_and_back(plain: Path, tmp_path: Path) -> None:
    sealed, again = tmp_path / "sealed" / "notes.pdf.enc", tmp_path / "again.pdf"
    made = encrypt_file(plain, sealed, KEY)
    assert made == Made(sealed.stat().st_size, hashlib.sha256(sealed.read_bytes()).hexdigest())
    assert tink_opens(KEY, sealed.read_bytes()) == DATA
    assert decrypt_file(sealed, again, KEY).sha256 == hashlib.sha256(DATA).hexdigest()
    assert again.read_bytes() == plain.read_bytes() == DATA
    assert names(tmp_path) == ["again.pdf", "notes.pdf", "sealed", "sealed/notes.pdf.enc"]


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    encrypt_file(tmp_path / "empty", tmp_path / "empty.enc", KEY)
    assert decrypt_file(tmp_path / "empty.enc", tmp_path / "again", KEY).size_bytes == 0


def test_nobody_may_read_it_who_could_not_before(plain: Path, tmp_path: Path) -> None:
    plain.chmod(0o640)
    encrypt_file(plain, tmp_path / "a.enc", KEY)
    assert (tmp_path / "a.enc").stat().st_mode & 0o777 == 0o640
    (tmp_path / "a.enc").chmod(0o400)
    decrypt_file(tmp_path / "a.enc", tmp_path / "a", KEY)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("work", [encrypt_file, decrypt_file])
def test_a_name_that_is_taken_stays_as_it_is(
    plain: Path, tmp_path: Path, work: Callable[..., Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, taken = tmp_path / "a.enc", tmp_path / "taken"
    encrypt_file(plain, source, KEY)
    taken.write_bytes(b"mine")
    with pytest.raises(OutputExists):
        work(source, taken, KEY)
    monkeypatch.setattr(os.path, "lexists", lambda _path: False)
    with pytest.raises(OutputExists):
        work(source, taken, KEY)
    assert taken.read_bytes() == b"mine"
    assert names(tmp_path) == ["a.enc", "notes.pdf", "taken"]


@pytest.mark.parametrize("cut", [0, 10, 1 << 20, 1_500_000, -1])
def test_of_what_does_not_open_nothing_is_given_out(plain: Path, tmp_path: Path, cut: int) -> None:
    sealed = tmp_path / "a.enc"
    encrypt_file(plain, sealed, KEY)
    sealed.write_bytes(sealed.read_bytes()[:cut])
    with pytest.raises(VerificationFailed):
        decrypt_file(sealed, tmp_path / "a", KEY)
    assert names(tmp_path) == ["a.enc", "notes.pdf"]


def refusing(number: int) -> Callable[..., int]:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize(
    ("call", "number", "error"),
    [
        ("write", errno.ENOSPC, DiskFull),
        ("write", errno.EIO, OutputFailed),
        ("fsync", errno.EDQUOT, DiskFull),
        ("link", errno.EACCES, OutputFailed),
        ("readv", errno.EIO, InputMissing),
    ],
)
def test_what_the_system_refuses_is_told_and_leaves_nothing(
    plain: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    error: type[SafelightError],
) -> None:
    monkeypatch.setattr(os, call, refusing(number))
    with pytest.raises(error):
        encrypt_file(plain, tmp_path / "a.enc", KEY)
    monkeypatch.undo()
    assert names(tmp_path) == ["notes.pdf"]


def test_a_name_that_was_taken_and_not_filled_is_given_back(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", refusing(errno.EPERM))
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    monkeypatch.setattr(os, "replace", refusing(errno.EIO))
    with pytest.raises(OutputFailed):
        encrypt_file(plain, tmp_path / "a.enc", KEY)
    assert names(tmp_path) == ["notes.pdf"]


@pytest.mark.parametrize("name", ["none", ".", "nul\0"])
def test_what_is_no_file_is_no_input(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputMissing):
        encrypt_file(tmp_path / name, tmp_path / "a.enc", KEY)
    assert names(tmp_path) == []


def test_no_folder_can_be_made_where_a_file_is(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match="a file lies where its folder would be") as caught:
        encrypt_file(plain, plain / "a.enc", KEY)
    assert not isinstance(caught.value, OutputExists)


def test_a_folder_that_may_not_be_written_is_told(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def closed(path: str, flags: int, *more: int, **others: int) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, flags, *more, **others)

    monkeypatch.setattr(os, "open", closed)
    with pytest.raises(OutputFailed, match="permission denied"):
        encrypt_file(plain, tmp_path / "a.enc", KEY)


def test_a_killed_run_leaves_no_file_that_looks_whole(tmp_path: Path, road: str) -> None:
    sealed = tmp_path / "a.enc"
    (tmp_path / "plain").write_bytes(DATA)
    encrypt_file(tmp_path / "plain", sealed, KEY)
    (tmp_path / "plain").unlink()
    script = (
        "import os, signal, sys; from pathlib import Path; from safelight.vault import files\n"
        "if sys.argv[3] != 'unnamed': del os.O_TMPFILE\n"
        "files.os.fsync = lambda fd: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.decrypt_file(Path(sys.argv[1]), Path(sys.argv[2]), bytes(range(32)))\n"
    )
    arguments = [str(sealed), str(tmp_path / "a"), road]
    killed = subprocess.run([sys.executable, "-c", script, *arguments], check=False)
    assert killed.returncode == -9
    left = [name for name in names(tmp_path) if name != "a.enc"]
    # Where a file must have a name from the start, a hidden one stays.
    assert len(left) == (0 if road == "unnamed" else 1)
    assert all(name.startswith(".") for name in left)
