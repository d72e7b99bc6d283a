"""Programs that watch the folder, hold a picture open, or serve it: real ones and planted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.proof.dataflow.ground import Ground
from safelight.proof.dataflow.parts import Map
from tests.codecs.making import jpeg
from tests.proof.flows import plant, seen, ways

TCP = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid inode\n"
# Watch a folder as a sync client does, say that it is done, and wait to be told to leave.
WATCHER = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.inotify_init1(0)
if libc.inotify_add_watch(fd, os.fsencode(sys.argv[1]), 0x100) < 0:
    raise OSError(ctypes.get_errno(), "inotify")
held = open(sys.argv[2], "rb") if len(sys.argv) > 2 else None
print("ready", flush=True)
sys.stdin.read()
"""

# Listen on this machine alone, in a folder.
LISTENER = """
import os, socket, sys
os.chdir(sys.argv[1])
listener = socket.create_server(("127.0.0.1", 0))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / "a.jpg").write_bytes(jpeg())
    return folder


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours that says ready and leaves at the end of its input."""
    line = [sys.executable, "-c", *words]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


def own(found: Map, process: subprocess.Popen[bytes]) -> list[tuple[str, str]]:
    """What the map tells of one process: words on the arrow, strength."""
    shown = f"process {process.pid}"
    return [
        (arrow.what, arrow.strength)
        for arrow in found.arrows
        if any(shown in (one.file, one.value) for one in arrow.evidence)
    ]


def test_a_real_process_that_watches_the_folder_is_seen_and_one_that_watches_another_is_not(
    folder: Path, tmp_path: Path, ground: Ground, engine: Engine
) -> None:
    here = Ground(ground.home, etc=ground.etc, samba_shares=ground.samba_shares)
    other = tmp_path / "other"
    other.mkdir()
    with running(WATCHER, str(folder)) as watcher, running(WATCHER, str(other)) as control:
        found = seen(folder, here, engine)
        assert own(found, watcher) == [("watched by", "observed")]
        assert own(found, control) == []
    assert own(seen(folder, here, engine), watcher) == []


def test_a_real_process_that_holds_a_picture_open_is_seen(
    folder: Path, tmp_path: Path, ground: Ground, engine: Engine
) -> None:
    here = Ground(ground.home, etc=ground.etc, samba_shares=ground.samba_shares)
    with running(WATCHER, str(tmp_path), str(folder / "a.jpg")) as holder:
        assert own(seen(folder, here, engine), holder) == [("open in", "observed")]


def process(ground: Ground, number: int, *, cwd: Path, words: bytes = b"x\0") -> Path:
    """A process as the kernel would show it."""
    folder = ground.proc / str(number)
    (folder / "fd").mkdir(parents=True)
    (folder / "fdinfo").mkdir()
    (folder / "comm").write_text("server\n")
    (folder / "cmdline").write_bytes(words)
    (folder / "cwd").symlink_to(cwd)
    return folder


def listening(ground: Ground, address: str, port: int, inode: int) -> None:
    rest = "00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0"
    table = "tcp" if len(address) == 8 else "tcp6"
    plant(ground.proc / "net" / table, f"{TCP}   0: {address}:{port:04X} {rest} {inode} 1\n")


ANY4, LOOP4, ANY6, LOOP6 = "00000000", "0100007F", "0" * 32, "0" * 24 + "01000000"
MAPPED_LOOP = "0000000000000000FFFF00000100007F"


@pytest.mark.parametrize(
    ("address", "reach"),
    [(ANY4, "other machines"), (LOOP4, "this machine alone"), (ANY6, "other machines"),
     (LOOP6, "this machine alone"), (MAPPED_LOOP, "this machine alone")],
)  # fmt: skip
def test_a_server_that_works_in_the_folder_is_tied_to_it(
    folder: Path, ground: Ground, engine: Engine, address: str, reach: str
) -> None:
    listening(ground, address, 8000, 777)
    (process(ground, 41, cwd=folder) / "fd" / "3").symlink_to("socket:[777]")
    found = seen(folder, ground, engine)
    assert ways(found) == {"server, port 8000": "observed"}
    assert list(found.of_kind("way")[0].details)[-1:] == [reach] or reach in str(found.document())


def test_a_server_started_with_the_folder_is_tied_to_it(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    listening(ground, LOOP4, 8000, 777)
    words = b"server\0--root\0" + os.fsencode(folder) + b"\0"
    (process(ground, 41, cwd=Path("/"), words=words) / "fd" / "3").symlink_to("socket:[777]")
    assert ways(seen(folder, ground, engine)) == {"server, port 8000": "observed"}


@pytest.mark.parametrize(
    ("address", "port", "expected"),
    [
        (ANY4, 445, {"SMB on this machine": "possible"}),
        (ANY4, 9999, {"other programs that listen": "possible"}),
        (LOOP4, 445, {}),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_listener_elsewhere_is_only_possible(
    folder: Path, ground: Ground, engine: Engine, *, address: str, port: int,
    expected: dict[str, str], is_known: bool,
) -> None:  # fmt: skip
    listening(ground, address, port, 777)
    if is_known:
        (process(ground, 41, cwd=Path("/")) / "fd" / "3").symlink_to("socket:[777]")
    assert ways(seen(folder, ground, engine)) == expected


def test_a_real_listener_in_the_folder_is_tied_to_it(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    here = Ground(ground.home, etc=ground.etc, samba_shares=ground.samba_shares)
    with running(LISTENER, str(folder)) as server, running(LISTENER, "/") as control:
        found = seen(folder, here, engine)
        assert own(found, server) == [("could be served by", "observed")]
        assert own(found, control) == []


def test_a_whole_file_system_that_is_watched_may_be_this_one(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    watcher = process(ground, 42, cwd=Path("/"))
    (watcher / "fd" / "5").symlink_to("anon_inode:[fanotify]")
    (watcher / "fdinfo" / "5").write_text("pos:\t0\nfanotify sdev:800001 mflags:0 mask:3b\n")
    assert ways(seen(folder, ground, engine)) == {"server": "possible"}


def test_an_inode_that_is_watched_elsewhere_is_not_this_one(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    facts = folder.stat()
    device = os.major(facts.st_dev) << 20 | os.minor(facts.st_dev)
    watcher = process(ground, 42, cwd=Path("/"))
    (watcher / "fd" / "5").symlink_to("anon_inode:inotify")
    line = "inotify wd:1 ino:{:x} sdev:{:x} mask:fc6 ignored_mask:0\n"
    (watcher / "fdinfo" / "5").write_text(line.format(facts.st_ino, device + 1))
    assert ways(seen(folder, ground, engine)) == {}
    (watcher / "fdinfo" / "5").write_text(line.format(facts.st_ino, device))
    assert ways(seen(folder, ground, engine)) == {"server": "observed"}


def test_what_cannot_be_looked_at_is_said(
    folder: Path, ground: Ground, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    process(ground, 42, cwd=Path("/"))
    listed = os.listdir

    def refused(path: Path) -> list[str]:
        if str(path).endswith("/42/fd"):
            raise PermissionError(13, "no")
        return listed(path)

    monkeypatch.setattr("safelight.proof.dataflow.processes.os.listdir", refused)
    found = seen(folder, ground, engine)
    assert any("1 processes of other users" in sentence for sentence in found.limits)


def test_a_system_that_does_not_tell_of_programs_is_said(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    assert any("does not tell" in sentence for sentence in seen(folder, ground, engine).limits)
    ground.proc.mkdir(parents=True)  # there, and empty
    empty = replace(ground, unseen=set())
    assert any("does not tell" in sentence for sentence in seen(folder, empty, engine).limits)
    process(ground, 42, cwd=Path("/"))
    assert seen(folder, replace(ground, unseen=set()), engine).limits[3:] == []
