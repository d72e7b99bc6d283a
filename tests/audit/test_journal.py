"""The journal: many append at once, acknowledged means on disk, nothing changes unseen."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from safelight.audit import disk, lines
from safelight.audit.journal import Journal
from safelight.audit.merkle import Tree
from safelight.audit.walk import Checked, empty, walk
from safelight.errors import DiskFull, PolicyRefused, Unavailable, VerificationFailed
from safelight.vault.lock import hold
from tests.audit.making import Desk, filled, fixed_signer, leaf

APPEND = (
    "import sys; from pathlib import Path\n"
    "from safelight.audit.journal import Journal\n"
    "from tests.audit.making import fixed_signer, leaf\n"
    "journal = Journal(Path(sys.argv[1]), fixed_signer())\n"
    "for number in range(int(sys.argv[2])):\n"
    "    print(journal.append(leaf(number)), flush=True)\n"
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


def test_entries_are_numbered_from_one(desk: Desk) -> None:
    assert [desk.journal.append(leaf(number)) for number in range(3)] == [1, 2, 3]
    assert list(desk.journal.append_all([leaf(3), leaf(4)])) == [4, 5]
    assert desk.fresh().journal.append(leaf(5)) == 6
    checked = desk.fresh().journal.check()
    assert checked.head.entries == 6
    assert [checked.numbers[leaf(number).commitment] for number in range(6)] == [1, 2, 3, 4, 5, 6]
    assert checked.unfinished_bytes == 0


def test_a_line_holds_time_duration_sizes_a_code_a_commitment_and_nothing_else(desk: Desk) -> None:
    entry = json.loads(filled(desk)[1])
    named = {"time", "duration_ms", "input_bytes", "output_bytes", "code", "commitment"}
    assert set(entry) == named | {"number", "previous"}


def test_an_empty_journal_is_whole(desk: Desk) -> None:
    assert desk.journal.check() == empty(desk.keys.journal.fingerprint)
    assert not desk.book.exists()
    assert desk.journal.head().entries == 0
    assert desk.journal.check().head == desk.journal.head()
    assert Desk.at(desk.folder / "absent").journal.check().head.entries == 0


def test_heads_are_heads_of_what_is_checked(desk: Desk) -> None:
    heads = []
    for number in range(5):
        heads.append(desk.journal.head())
        desk.journal.append(leaf(number))
    checked = desk.journal.check()
    assert all(checked.roots[head.entries] == head.root for head in heads)
    assert desk.fresh().journal.head() == desk.journal.head() == checked.head


def test_every_head_is_a_note_in_the_c2sp_form(desk: Desk) -> None:
    filled(desk)
    text = (desk.folder / "journal" / "head").read_text().split("\n")
    name = f"safelight/journal/{desk.keys.journal.fingerprint}"
    assert text[:2] == [name, "6"]
    assert text[3] == ""
    assert text[4].startswith(f"— {name} ")
    assert desk.journal.head().entries == 6


def test_files_and_folder_are_private(desk: Desk) -> None:
    filled(desk)
    assert (desk.folder / "journal").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in desk.book.parent.iterdir()} == {0o600}
    desk.book.chmod(0o644)
    with pytest.raises(PolicyRefused, match="open to others"):
        desk.fresh().journal.append(leaf(9))


def test_many_threads_share_a_few_writes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    commit = disk.Disk.commit

    def slowly(self: disk.Disk, leaves: list[lines.Leaf], known: disk.End | None) -> disk.End:
        writes.append(len(leaves))
        if len(writes) == 1:
            gathered.wait()
        return commit(self, leaves, known)

    gathered = threading.Event()
    monkeypatch.setattr(disk.Disk, "commit", slowly)
    with ThreadPoolExecutor(20) as pool:
        given = [pool.submit(desk.journal.append, leaf(number)) for number in range(20)]
        while len(desk.journal._queue) + sum(writes) < 20:
            threading.Event().wait(0.001)
        gathered.set()
        assert sorted(number.result() for number in given) == list(range(1, 21))
    assert len(writes) == 2
    assert desk.journal.check().head.entries == 20


def test_many_processes_keep_one_chain(desk: Desk, root: Path) -> None:
    command = [sys.executable, "-c", APPEND, str(desk.book.parent), "8"]
    runs = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) for _ in range(3)]
    numbers = [int(line) for run in runs for line in run.communicate()[0].split()]
    assert sorted(numbers) == list(range(1, 25))
    assert desk.journal.check().head.entries == 24


def test_what_was_acknowledged_outlives_a_kill(desk: Desk, root: Path) -> None:
    command = [sys.executable, "-c", APPEND, str(desk.book.parent), "100000"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        acknowledged = [int(run.stdout.readline()) for _ in range(5)][-1]
        run.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, run.stdout.read().split())])
    assert desk.journal.check().head.entries >= acknowledged
    assert desk.journal.append(leaf(0)) > acknowledged
    assert desk.journal.check().unfinished_bytes == 0


def test_acknowledged_means_after_fsync(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.journal.head()
    synced: list[bytes] = []
    monkeypatch.setattr("os.fsync", lambda fd: synced.append(desk.book.read_bytes()))
    desk.journal.append(leaf(0))
    assert leaf(0).commitment.encode() in synced[-1]
    assert b"checkpoint" in synced[-1]


def test_nobody_waits_for_anothers_imports(desk: Desk, root: Path) -> None:
    """Two hundred programs that begin at once queue for this lock; each import took ten times as
    long as the entry itself.
    """
    program = (
        "import sys; from contextlib import contextmanager; from safelight.audit import journal\n"
        "@contextmanager\n"
        "def hold(path, **how):\n"
        "    before = set(sys.modules); yield; print(*sorted(set(sys.modules) - before))\n"
        "journal.hold = hold\n"
    ) + APPEND
    command = [sys.executable, "-c", program, str(desk.book.parent), "1"]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert [line for line in told.splitlines() if "cryptography" in line] == []
    assert told.endswith("1\n")


def test_a_lock_that_is_held_makes_others_give_up(desk: Desk) -> None:
    filled(desk)
    impatient = Journal(desk.book.parent, desk.keys.journal, wait_s=0.02)
    with hold(desk.book.parent / ".lock"), pytest.raises(Unavailable):
        impatient.append(leaf(9))
    assert impatient.append(leaf(9)) == 7


@pytest.mark.parametrize("kept", [1, 30, 200, 700])
def test_a_torn_batch_is_cut_off_by_the_next_append(desk: Desk, kept: int) -> None:
    whole = b"".join(line + b"\n" for line in filled(desk))
    desk.journal.append(leaf(6))
    torn = desk.book.read_bytes()[: len(whole) + kept]
    head = lines.note(6, _tree(whole).root, desk.keys.journal)
    desk.book.write_bytes(torn)
    (desk.book.parent / "head").write_text(head)
    after = desk.fresh()
    assert after.journal.check().unfinished_bytes == len(torn) - len(whole)
    assert after.journal.append(leaf(7)) == 7
    assert after.journal.check().unfinished_bytes == 0
    assert desk.book.read_bytes().startswith(whole)


def test_a_batch_whose_head_was_not_yet_written_stays(desk: Desk) -> None:
    filled(desk, batches=1)
    old = (desk.book.parent / "head").read_bytes()
    filled(desk, batches=1)
    (desk.book.parent / "head").write_bytes(old)
    assert desk.fresh().journal.check().head.entries == 4
    assert desk.fresh().journal.append(leaf(9)) == 5


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_a_full_disk_loses_nothing_and_claims_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    filled(desk)
    calls = []
    write = os.write

    def fill_up(fd: int, data: bytes) -> int:
        calls.append(fd)
        if len(calls) >= pieces:
            raise OSError(errno.ENOSPC, "full")
        return write(fd, bytes(data[:40]))

    with monkeypatch.context() as full:
        full.setattr("os.write", fill_up)
        with pytest.raises(DiskFull):
            desk.journal.append(leaf(6))
    assert desk.journal.check().head.entries == 6
    assert desk.journal.append(leaf(6)) == 7
    assert desk.fresh().journal.check().head.entries == 7


def test_an_interrupted_writer_leaves_nobody_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_rest: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(disk.Disk, "commit", interrupt)
        with pytest.raises(KeyboardInterrupt):
            desk.journal.append(leaf(0))
    assert desk.journal.append(leaf(0)) == 1


def test_a_second_look_at_an_unchanged_journal_is_not_a_second_walk(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(desk)
    first = desk.journal.check()
    monkeypatch.setattr(disk, "walk", None)
    assert desk.journal.check() is first


def test_a_long_last_batch_is_found_again(desk: Desk) -> None:
    desk.journal.append_all([leaf(number) for number in range(600)])
    desk.book.write_bytes(desk.book.read_bytes() + b"x" * 3 * disk.TAIL_BYTES)
    assert desk.fresh().journal.append(leaf(600)) == 601


def _tree(data: bytes) -> Tree:
    tree = Tree()
    for line in data.split(b"\n"):
        if b'"commitment"' in line:
            tree.append(line)
    return tree


def test_a_long_check_keeps_nobody_from_writing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(desk)
    other = Journal(desk.book.parent, desk.keys.journal, wait_s=0.02)

    def slowly(*given: Any) -> Checked:
        assert other.append(leaf(6)) == 7
        return walk(*given)

    monkeypatch.setattr(disk, "walk", slowly)
    assert desk.journal.check().head.entries == 6
    monkeypatch.undo()
    assert desk.journal.check().head.entries == 7


def test_a_journal_whose_key_is_lost_is_told_as_that(desk: Desk) -> None:
    filled(desk)
    stranger = Journal(desk.book.parent, fixed_signer(1))
    for ask in (stranger.check, stranger.head, lambda: stranger.append(leaf(9))):
        with pytest.raises(VerificationFailed, match=r"the key 5647\w+, which is not the one") as e:
            ask()
        assert "if it is lost, move the folder of the journal away" in e.value.hint
    desk.book.parent.rename(desk.folder / "older")
    assert stranger.append(leaf(9)) == 1
