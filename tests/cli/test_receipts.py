"""Receipts in somebody else's hands: another home, another key, an authority's time stamp."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from safelight.cli import handing
from safelight.errors import OutputFailed
from tests.audit.test_alone import rsa_key
from tests.audit.test_timestamp import Authority
from tests.cli.pictures import draw
from tests.cli.testscript import Script


@pytest.fixture
def script(tmp_path: Path, home: Path) -> Script:
    """A folder with one cleaned picture."""
    draw(tmp_path / "photo.jpg", "gps")
    own = Script(tmp_path, home, False)
    own.play("run scrub photo.jpg -o out/\nrun receipt verifier -o theirs/")
    return own


def test_a_bundle_is_checked_elsewhere_by_the_key_that_was_named(
    script: Script, tmp_path_factory: pytest.TempPathFactory
) -> None:
    script.play("run receipt bundle out/photo.jpg -o all.zip --with-outputs")
    elsewhere = Script(script.folder, tmp_path_factory.mktemp("elsewhere"), False)
    elsewhere.play(
        """
        run verify bundle all.zip
        exit 5
        stdout '^signature +unknown '
        stderr '--key FINGERPRINT names a key'
        run verify bundle all.zip --key theirs/receipts-key.pem
        stdout '^signature +ok '
        stdout '^chain +ok +shown to stand in a journal: 1 of 1$'
        run verify bundle all.zip --json
        exit 5
        json type=log-verification what=bundle failed=False
        run verify bundle nowhere.zip
        exit 2
        """
    )


def test_a_bundle_holds_what_its_maker_signed_and_any_name(
    script: Script, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = Script(script.folder, tmp_path_factory.mktemp("elsewhere"), False)
    elsewhere.play(
        """
        run receipt bundle out/photo.jpg -o all.zip
        exit 2
        stderr 'was signed by another key'
        missing all.zip
        """
    )
    long = f"photo.{'a' * 150}"
    script.play(
        f"""
        run scrub photo.jpg -o out/{long}
        run receipt bundle out/{long} -o all.zip --with-outputs
        run verify bundle all.zip
        stdout '^output +ok '
        run verify bundle /dev/null
        exit 2
        run receipt bundle out/photo.jpg -o more.zip -q
        silent stdout
        """
    )


def test_the_verifier_that_was_written_runs_without_our_package(script: Script) -> None:
    command = [sys.executable, "-I", "theirs/verify_receipt.py", "--key", "theirs/receipts-key.pem"]
    where = ["out/.safelight/photo.jpg.receipt.json", "out/photo.jpg"]
    done = subprocess.run(
        [*command, *where], cwd=script.folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "signature  ok" in done.stdout
    text = (script.folder / "theirs" / "verify_receipt.py").read_text()
    assert not re.search("^(?:import|from) safelight", text, re.MULTILINE)


def test_a_time_stamp_is_asked_for_and_attached(script: Script, tmp_path: Path) -> None:
    authority = Authority.at(tmp_path / "authority")
    script.play("run receipt request-timestamp out/photo.jpg -o request.tsq")
    answer = authority.answer((tmp_path / "request.tsq").read_bytes())
    (tmp_path / "answer.tsr").write_bytes(answer)
    script.play(
        """
        run receipt attach-timestamp out/photo.jpg answer.tsr
        stdout 'as the answer says; --authority PEM checks who signed it$'
        exists out/.safelight/photo.jpg.receipt.json.tsr
        run verify out/photo.jpg
        stdout '^time +unknown +20'
        run receipt attach-timestamp out/photo.jpg answer.tsr --authority authority/root.pem
        exit 1
        run receipt attach-timestamp out/photo.jpg answer.tsr --authority authority/root.pem --force
        stdout 'as an authority that you trust signed$'
        run receipt attach-timestamp out/photo.jpg answer.tsr --force -q
        silent stdout
        run verify out/photo.jpg --authority authority/root.pem
        stdout '^time +ok +it was there at 20'
        run verify out/photo.jpg --authority authority/root.pem --json
        json type=verification failed=False
        run receipt bundle out/photo.jpg -o all.zip
        run verify bundle all.zip --authority authority/root.pem
        stdout "^time +ok +with an authority's time stamp: 1$"
        run verify out/photo.jpg --authority photo.jpg
        exit 2
        run verify out/photo.jpg --authority nowhere.pem
        exit 2
        text out/.safelight/photo.jpg.receipt.json.tsr torn
        run verify out/photo.jpg
        exit 5
        stdout '^time +failed '
        """
    )


def test_a_receipt_that_was_altered_is_given_to_nobody(script: Script) -> None:
    place = script.folder / "out" / ".safelight" / "photo.jpg.receipt.json"
    place.write_bytes(place.read_bytes().replace(b'"sig":"', b'"sig":"A', 1))
    script.play(
        """
        run receipt export out/photo.jpg -o page.html
        exit 5
        missing page.html
        run receipt bundle out/photo.jpg -o all.zip
        exit 5
        missing all.zip
        run receipt request-timestamp out/photo.jpg
        exit 5
        text out/.safelight/photo.jpg.receipt.json nonsense
        run receipt list out
        stdout '^unreadable '
        run receipt list out --json
        json type=receipt readable=False
        """
    )


def test_a_keyed_digest_in_a_locked_vault_is_compared_with_the_passphrase(script: Script) -> None:
    (script.folder / "secret.txt").write_text("correct horse battery\n")
    (script.folder / "secret.txt").chmod(0o600)
    script.play(
        """
        run scrub photo.jpg -o kept/ --receipt-profile sensitive
        run vault init --kept-by passphrase --passphrase-file secret.txt
        run vault lock
        run verify out/photo.jpg
        run verify kept/photo.jpg
        exit 7
        stderr '--passphrase-file FILE'
        run verify kept/photo.jpg --passphrase-file secret.txt
        stdout '^output +ok '
        run receipt show kept/photo.jpg --passphrase-file secret.txt
        stdout '^output +ok '
        run receipt export kept/photo.jpg -o a.html --passphrase-file secret.txt
        """
    )


def test_what_cannot_be_written_leaves_nothing(script: Script) -> None:
    script.play(
        """
        folder taken.html
        run receipt export out/photo.jpg -o taken.html
        exit 2
        run receipt export out/photo.jpg -o nowhere/page.html
        exit 1
        text file.txt words
        run receipt verifier -o file.txt/below
        exit 1
        run receipt export out/photo.jpg
        exit 2
        """
    )
    assert not list(script.folder.glob(".*.part"))


def test_on_a_file_system_that_takes_no_writes_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(*_words: Any, **_more: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "open", refused)
    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(OutputFailed, match="read-only"):
        handing.write(tmp_path / "a.zip", lambda file: file.write(b""), force=False)


def test_verify_is_told_whom_to_believe(
    script: Script, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = Script(script.folder, tmp_path_factory.mktemp("elsewhere"), False)
    (script.folder / "rsa.pem").write_bytes(rsa_key())
    (script.folder / "link").symlink_to("link")
    elsewhere.play(
        """
        run verify out/photo.jpg photo.jpg
        exit 5
        stdout '^out/photo.jpg$'
        run verify out/photo.jpg --key theirs/receipts-key.pem
        stdout '^signature +ok '
        run verify out/photo.jpg --key rsa.pem
        exit 2
        stderr 'not of the kind Ed25519'
        run verify out/photo.jpg --key photo.jpg
        exit 2
        run verify out/photo.jpg --key nowhere.pem
        exit 2
        run verify out/photo.jpg photo.jpg -q
        exit 5
        silent stdout
        stderr 'photo.jpg: signature: there is no receipt'
        run verify link
        exit 2
        copy theirs/receipts-key.pem authority.pem
        run verify out/photo.jpg --authority authority.pem
        exit 2
        stderr 'the file holds no certificate'
        run receipt attach-timestamp out/photo.jpg nowhere.tsr
        exit 2
        run receipt export out/photo.jpg -o photo.html -q
        exit 5
        silent stdout
        exists photo.html
        """
    )
