"""An output and its receipt are there whole or not at all, and nothing else is touched."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from safelight.engine.output import Owner, delivery, heir_of, output_error, sha256_of, sweep
from safelight.engine.workshop import Workshop, temporary_name
from safelight.errors import DiskFull, OutputExists, OutputFailed

SLIP = "a.jpg.receipt.json"


def everything_below(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def deliver(target: Path, data: bytes, receipt: bytes = b"slip", *, replace: bool = False) -> None:
    with delivery(target, [data]) as parcel:
        parcel.commit(receipt, f"{target.name}.receipt.json", replace=replace)


def told(receipt: bytes, output: Path) -> bool:
    """A receipt of these tests is the output's own digest."""
    return receipt == sha256_of(output).encode()


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


@pytest.fixture(params=["unnamed", "named"], autouse=True)
def road(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test on both roads: with files that have no name yet, and where there are none."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE")
    return str(request.param)


def test_nothing_has_its_name_until_commit(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    with delivery(target, [b"one", memoryview(b"two")]) as parcel:
        assert not target.exists()
        assert not (tmp_path / ".safelight" / SLIP).exists()
        parcel.commit(b"slip", SLIP, replace=False)
    assert everything_below(tmp_path) == {"a.jpg": b"onetwo", f".safelight/{SLIP}": b"slip"}


def test_without_commit_nothing_stays(tmp_path: Path) -> None:
    with delivery(tmp_path / "a.jpg", [b"one"]):
        pass
    assert everything_below(tmp_path) == {}


def test_an_existing_file_and_its_receipt_are_kept_unless_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    deliver(target, b"old", b"old slip")
    with pytest.raises(OutputExists):
        deliver(target, b"new", b"new slip")
    assert everything_below(tmp_path) == {"a.jpg": b"old", f".safelight/{SLIP}": b"old slip"}
    deliver(target, b"new", b"new slip", replace=True)
    assert everything_below(tmp_path) == {"a.jpg": b"new", f".safelight/{SLIP}": b"new slip"}


def test_a_name_taken_at_the_last_moment_keeps_its_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.jpg"
    deliver(target, b"theirs", b"their slip")
    monkeypatch.setattr(os.path, "lexists", lambda _path: False)
    with pytest.raises(OutputExists):
        deliver(target, b"ours", b"our slip")
    assert everything_below(tmp_path) == {"a.jpg": b"theirs", f".safelight/{SLIP}": b"their slip"}


def test_the_sweep_takes_what_nobody_holds_and_leaves_what_somebody_does(
    tmp_path: Path, road: str
) -> None:
    shop = Workshop(tmp_path)
    with shop.temporaries() as place:
        os.close(os.open(temporary_name(), os.O_CREAT | os.O_WRONLY, dir_fd=place))
    shop.close()
    with delivery(tmp_path / "a.jpg", [b"one"]):
        assert sweep(tmp_path, told) == 1
        held = list((tmp_path / ".safelight").rglob("*"))
        assert len([path for path in held if path.is_file()]) == (1 if road == "named" else 0)
    assert sweep(tmp_path, told) == 0


def test_the_sweep_follows_no_link_and_takes_nothing_that_is_not_ours(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (victim / "tmp").mkdir(parents=True)
    kept = [victim / "thesis.odt", victim / "0123456789abcdef", victim / "tmp/0123456789abcdef"]
    for path in kept:
        path.write_bytes(b"years of work")
    one, two = tmp_path / "one", tmp_path / "two"
    (one / ".safelight").mkdir(parents=True)
    os.symlink(victim, one / ".safelight/tmp")
    two.mkdir()
    os.symlink(victim, two / ".safelight")
    plain = tmp_path / "three/.safelight/tmp"
    plain.mkdir(parents=True)
    for path in (plain / "notes.txt", plain / "fedcba9876543210.jpg"):
        path.write_bytes(b"not ours")
        kept.append(path)
    os.mkfifo(plain / "0123456789abcdef")
    os.symlink(victim / "thesis.odt", plain / "1123456789abcdef")
    for folder in (one, two, tmp_path / "three"):
        assert sweep(folder, told) == 0
    assert all(path.exists() for path in kept)


def test_a_link_in_place_of_our_folder_is_refused_and_nothing_goes_through_it(
    tmp_path: Path,
) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "out"
    victim.mkdir()
    folder.mkdir()
    os.symlink(victim, folder / ".safelight")
    with pytest.raises(OutputFailed, match="link"):
        deliver(folder / "a.jpg", b"pixels")
    assert everything_below(victim) == {}
    assert not (folder / "a.jpg").exists()


def test_a_run_killed_before_its_output_got_the_name_gives_the_old_receipt_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path / "a.jpg", b"old", digest(b"old"))
    shop = tmp_path / ".safelight"
    (shop / f"{SLIP}.before").write_bytes(digest(b"old"))
    (shop / SLIP).write_bytes(digest(b"new"))
    sweep(tmp_path, told)
    assert everything_below(tmp_path) == {"a.jpg": b"old", f".safelight/{SLIP}": digest(b"old")}
    (shop / f"{SLIP}.before").write_bytes(digest(b"older"))
    sweep(tmp_path, told)
    assert everything_below(tmp_path) == {"a.jpg": b"old", f".safelight/{SLIP}": digest(b"old")}


@pytest.mark.parametrize("moment", ["become", "sync_folder"])
def test_a_killed_writer_leaves_output_and_receipt_that_belong_together(
    tmp_path: Path, moment: str
) -> None:
    deliver(tmp_path / "a.jpg", b"old", digest(b"old"))
    script = (
        "import sys, os, signal, hashlib\n"
        "from pathlib import Path\n"
        "from safelight.engine import output\n"
        "count = 0\n"
        "def dying(real):\n"
        "    def work(*a, **k):\n"
        "        global count\n"
        "        count += 1\n"
        "        if count == int(sys.argv[2]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "        return real(*a, **k)\n"
        "    return work\n"
        "if sys.argv[3] == 'become': output.Staged.become = dying(output.Staged.become)\n"
        "else: output.sync_folder = dying(output.sync_folder)\n"
        "slip = hashlib.sha256(b'new').hexdigest().encode()\n"
        "with output.delivery(Path(sys.argv[1]), [b'new']) as parcel:\n"
        "    parcel.commit(slip, 'a.jpg.receipt.json', replace=True)\n"
    )
    for count in ("1", "2"):
        arguments = [str(tmp_path / "a.jpg"), count, moment]
        killed = subprocess.run([sys.executable, "-c", script, *arguments], check=False)
        assert killed.returncode in (-signal.SIGKILL, 0)
        deadline = time.monotonic() + 5
        while (tmp_path / ".safelight/tmp").exists() and time.monotonic() < deadline:
            sweep(tmp_path, told)
        sweep(tmp_path, told)
        found = everything_below(tmp_path)
        assert set(found) == {"a.jpg", f".safelight/{SLIP}"}
        assert found[f".safelight/{SLIP}"] == digest(found["a.jpg"])


def test_a_full_disk_and_a_closed_folder_are_told_apart(tmp_path: Path) -> None:
    assert isinstance(output_error(OSError(errno.ENOSPC, "x")), DiskFull)
    assert not isinstance(output_error(OSError(errno.EACCES, "x")), DiskFull)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputFailed):
        deliver(tmp_path / "file" / "a.jpg", b"one")


def test_writing_that_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiskFull):
        deliver(tmp_path / "a.jpg", b"one")
    assert everything_below(tmp_path) == {}


def test_a_file_system_without_links_gets_new_outputs_all_the_same(
    tmp_path: Path, road: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_words: object, **_names: object) -> None:
        raise PermissionError(errno.EPERM, "not permitted")

    if road == "named":
        monkeypatch.setattr(os, "link", no_links)
    deliver(tmp_path / "a.jpg", b"one")
    with pytest.raises(OutputExists):
        deliver(tmp_path / "a.jpg", b"two")
    assert (tmp_path / "a.jpg").read_bytes() == b"one"


def test_an_output_is_no_more_open_than_its_input(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    with delivery(target, [b"x"], heir_of(target, 0o600, in_place=False)) as parcel:
        parcel.commit(b"slip", SLIP, replace=False)
    assert target.stat().st_mode & 0o777 == 0o600
    target.chmod(0o640)
    with delivery(target, [b"y"], heir_of(target, 0o644, in_place=True)) as parcel:
        parcel.commit(b"slip", SLIP, replace=True)
    facts = target.stat()
    assert (facts.st_mode & 0o777, facts.st_uid) == (0o640, os.geteuid())
    assert heir_of(target, None, in_place=False)(0o644) == Owner(0o644)
    assert heir_of(target, 0o444, in_place=False)(0o644) == Owner(0o644)


def test_what_cannot_be_read_back_replaces_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.jpg"
    target.write_bytes(b"original")
    with delivery(target, [b"new"], reread=True):
        pass
    real = os.write

    def lying_disk(fd: int, data: bytes) -> int:
        return real(fd, bytes(len(data)))

    monkeypatch.setattr(os, "write", lying_disk)
    parcels = delivery(target, [b"new"], reread=True)
    with pytest.raises(OutputFailed, match="read back"), parcels:
        pass
    assert everything_below(tmp_path) == {"a.jpg": b"original"}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no regular file"):
        sha256_of(tmp_path / "pipe")
