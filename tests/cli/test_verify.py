"""verify: a sound signature by anybody is not enough; it must be ours and in our journal."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from safelight.vault.keys import load_or_make
from tests.cli.pictures import draw
from tests.cli.testscript import COMMAND, environment


def safelight(folder: Path, home: Path, *words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def theirs(tmp_path: Path, home: Path) -> Path:
    """The state folder of somebody else, who replaced our output and its receipt."""
    draw(tmp_path / "photo.jpg", "gps")
    other = tmp_path / "other"
    assert safelight(tmp_path, home, "scrub", "photo.jpg", "-o", "out/")[0] == 0
    shutil.rmtree(tmp_path / "out")
    words = ("scrub", "photo.jpg", "-o", "out/", "--state-dir", str(other))
    assert safelight(tmp_path, home, *words)[0] == 0
    return other


def test_an_output_replaced_with_one_of_another_key_is_not_believed(
    tmp_path: Path, home: Path, theirs: Path
) -> None:
    code, out, err = safelight(tmp_path, home, "verify", "out/photo.jpg")
    assert code == 5
    assert "signature  unknown" in out
    assert err == "hint: --key FINGERPRINT names a key that you trust\n"
    code, out, err = safelight(tmp_path, home, "verify", "out/photo.jpg", "--json")
    assert code == 5
    assert json.loads(out)["hint"].startswith("--key ")


@pytest.mark.parametrize("is_file", [False, True], ids=["fingerprint", "file"])
def test_a_key_that_is_named_is_believed(
    tmp_path: Path, home: Path, theirs: Path, is_file: bool
) -> None:
    keys = load_or_make(theirs / "keys")
    (tmp_path / "their.pem").write_bytes(keys.receipts.public_pem)
    key = "their.pem" if is_file else keys.receipts.fingerprint
    code, out, err = safelight(tmp_path, home, "verify", "out/photo.jpg", "--key", key)
    assert (code, err) == (0, "")
    assert "signature  ok" in out
    assert "chain      unknown" in out


@pytest.mark.parametrize("key", ["0" * 64, "photo.jpg", "nowhere.pem"])
def test_another_key_or_none_helps_nobody(
    tmp_path: Path, home: Path, theirs: Path, key: str
) -> None:
    code, _, err = safelight(tmp_path, home, "verify", "out/photo.jpg", "--key", key)
    assert code == (5 if key == "0" * 64 else 2)
    assert "\nhint: " in f"\n{err}"


def test_an_older_journal_put_back_is_seen_and_the_same_command_mends_it(
    tmp_path: Path, home: Path
) -> None:
    state = tmp_path / "state"
    for name in ("1.jpg", "2.jpg"):
        draw(tmp_path / name)
    first, second = (
        ("scrub", name, "-o", "out/", "--state-dir", str(state)) for name in ("1.jpg", "2.jpg")
    )
    assert safelight(tmp_path, home, *first)[0] == 0
    shutil.copytree(state / "journal", tmp_path / "older")
    assert safelight(tmp_path, home, *second)[0] == 0
    shutil.rmtree(state / "journal")
    shutil.copytree(tmp_path / "older", state / "journal")
    verify = ("verify", "out/2.jpg", "--state-dir", str(state))
    code, out, err = safelight(tmp_path, home, *verify)
    assert code == 5
    assert "chain      unknown" in out
    assert err == "hint: run the same command again: it records it\n"
    assert safelight(tmp_path, home, *second)[0] == 0
    assert safelight(tmp_path, home, *verify)[0] == 0
