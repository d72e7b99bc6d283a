"""verify self: a byte that differs is named, and the exit code says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.studio import files
from tests.cli.testscript import Script
from tests.server.studios import write


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small Studio in place of the one in the package."""
    folder = write(tmp_path / "built")
    monkeypatch.setattr(files, "BUILT", folder)
    monkeypatch.setattr(files, "BUILDER", tmp_path / "none.py")
    return folder


def play(home: Path, text: str) -> None:
    (home / "here").mkdir(exist_ok=True)
    Script(home / "here", home, False).play(text)


def test_what_was_built_holds(built: Path, home: Path) -> None:
    play(home, r"""
        run verify self
        stdout '^studio +ok +5 files, 49 bytes, as built$'
        stdout '^digest +[0-9a-f]{64}$'
        stdout 'who may change a file may change the list too'
        run verify self --json
        json type=self-verification ok=True files=5 bytes=49
        run verify self --quiet
        silent stdout
    """)  # fmt: skip


def test_one_byte_that_differs_is_named(built: Path, home: Path) -> None:
    (built / "frame.html.br").write_bytes(b"not really brotli")
    (built / "engine-abc.zip").unlink()
    play(home, r"""
        run verify self
        exit 5
        stdout '^studio +failed +frame\.html: changed$'
        stdout '^studio +failed +engine-abc\.zip: missing$'
        run verify self --json
        exit 5
        json type=self-verification ok=False
        run verify self --quiet
        exit 5
        silent stdout
        stderr 'frame\.html: changed'
    """)  # fmt: skip


def test_a_list_that_was_changed_is_no_list(built: Path, home: Path) -> None:
    place = built / files.MANIFEST
    place.write_bytes(place.read_bytes().replace(b"0123456789ab", b"0123456789ac"))
    play(home, r"""
        run verify self
        exit 5
        stderr 'list of files was changed'
        stderr '^hint: '
        run serve --no-browser
        exit 5
        stderr 'list of files was changed'
    """)  # fmt: skip


def test_a_checkout_that_has_none_is_told_how_to_build_it(
    built: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none.py").write_text("")
    monkeypatch.setattr(files, "BUILT", tmp_path / "nowhere")
    play(home, r"""
        run verify self
        exit 7
        stderr 'the Studio is not built here'
        stderr 'scripts/studio\.py builds it'
    """)  # fmt: skip
