"""The edges of the command line, from inside: keys that are named, streams that fail."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from safelight.batch.events import Item
from safelight.cli import hints, main, running
from safelight.cli.face import Face
from safelight.errors import OutputFailed
from safelight.vault.keys import load_or_make
from tests.cli.pictures import draw


class Full(io.StringIO):
    """A stream on a full disk."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")


@pytest.fixture
def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "photo.jpg", "gps")
    return tmp_path / "photo.jpg"


def test_a_key_that_is_named_must_be_one(
    picture: Path, state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["scrub", "photo.jpg", "-o", "clean.jpg"]) == 0
    keys = load_or_make(state_dir / "keys")
    Path("own.pem").write_bytes(keys.receipts.public_pem)
    other = generate_private_key(SECP256R1()).public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    Path("other.pem").write_bytes(pem)
    for key, code, words in (
        (keys.receipts.fingerprint, 0, "ok"),
        ("own.pem", 0, "ok"),
        ("other.pem", 2, "not of the kind Ed25519"),
        ("photo.jpg", 2, "no public key"),
        ("nowhere.pem", 2, "no fingerprint and no file"),
    ):
        assert main.run(["verify", "clean.jpg", "--key", key]) == code
        told = capsys.readouterr()
        assert words in told.out + told.err


def test_a_stranger_is_believed_only_when_named(
    picture: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as theirs:
        theirs.setenv("SAFELIGHT_STATE_DIR", str(tmp_path / "theirs"))
        assert main.run(["scrub", "photo.jpg", "-o", "clean.jpg"]) == 0
    fingerprint = load_or_make(tmp_path / "theirs" / "keys").receipts.fingerprint
    assert main.run(["verify", "clean.jpg"]) == 5
    assert "--key" in capsys.readouterr().err
    assert main.run(["verify", "clean.jpg", "--key", fingerprint.upper()]) == 0
    assert main.run(["verify", "clean.jpg", "photo.jpg", "--json"]) == 5
    assert main.run(["verify", "."]) != 0
    assert main.run(["receipt", "show", "clean.jpg"]) == 5


def test_standard_output_takes_one_picture(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("second.jpg").write_bytes(picture.read_bytes())
    assert main.run(["scrub", "photo.jpg", "second.jpg", "-o", "-"]) == 2
    assert "one picture" in capsys.readouterr().err
    assert main.run(["scrub", "photo.jpg", "-o", "-", "--json"]) == 2
    assert main.run(["scrub", "photo.jpg", "--in-place", "--no-input"]) == 2


@pytest.mark.parametrize("is_output", [True, False])
def test_a_stream_that_fails_in_a_run_is_told_as_what_it_is(is_output: bool) -> None:
    class Batch:
        def run(self) -> None:
            raise OSError(errno.ENOSPC, "no space left on device")

    expected = OutputFailed if is_output else OSError
    with pytest.raises(expected):
        running._run(Batch(), to_standard_output=is_output)  # type: ignore[arg-type]


def test_a_reader_that_left_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    class Batch:
        def run(self) -> None:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        running._run(Batch(), to_standard_output=True)  # type: ignore[arg-type]


def test_words_that_the_screen_does_not_take_are_one_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "silence", lambda *_streams: None)
    error = OSError(errno.EIO, "input/output error")
    with monkeypatch.context() as full:
        full.setattr(sys, "stdout", Full())
        assert main._unsaid(Face(), error) == 1
    assert "standard output" in capsys.readouterr().err
    assert main._unsaid(Face(), error) == 1
    assert "input/output error" in capsys.readouterr().err


def test_a_stream_that_was_closed_reads_as_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    main.open_missing_streams()
    found = [sys.stdin, sys.stdout, sys.stderr]
    assert found[0].read() == ""
    assert found[1].write("x") == 1
    for stream in found:
        stream.close()


def test_silence_lets_a_stream_lead_nowhere(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "log", os.O_CREAT | os.O_WRONLY)
    main.silence(fd)
    os.write(fd, b"words")
    os.close(fd)
    assert (tmp_path / "log").read_bytes() == b""


def test_an_empty_standard_input_has_words_of_its_own() -> None:
    empty = Item(1, "-", "refused", code="container-broken", error=hints.EMPTY, exit_code=8)
    assert hints.hinted(empty).error == hints.NOTHING_CAME
    named = Item(1, "a.jpg", "refused", code="container-broken", error=hints.EMPTY, exit_code=8)
    assert hints.hinted(named) is named
