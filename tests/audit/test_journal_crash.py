"""A run that dies in mid-append, at whatever byte, costs no entry that was acknowledged, and no
later run is kept from going on.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.audit import disk
from safelight.errors import SafelightError, VerificationFailed
from safelight.vault.private import write_private
from tests.audit.making import Desk, failed, filled, leaf
from tests.audit.test_journal import APPEND

pytestmark = pytest.mark.uncounted  # a sweep: to count its lines takes longer than to run them

BATCH = (failed(6),)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


class Died(BaseException):
    """The process ends here."""


def crashed_at(desk: Desk, monkeypatch: pytest.MonkeyPatch, bytes_left: int) -> None:
    """Append a batch in a run that dies once so many bytes of it were written."""
    write, left = os.write, bytes_left

    def dying(fd: int, data: memoryview) -> int:
        nonlocal left
        if left < len(data):
            write(fd, bytes(data)[:left])
            raise Died
        left -= len(data)
        return write(fd, data)

    with monkeypatch.context() as patch:
        patch.setattr("os.write", dying)
        with pytest.raises(Died):
            desk.journal.append_all(BATCH)


def test_a_crash_at_every_byte_of_an_append_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(desk, batches=1)
    monkeypatch.setattr("os.fsync", lambda _fd: None)
    files = [desk.book, desk.book.parent / "head"]
    before = [file.read_bytes() for file in files]
    desk.journal.append_all(BATCH)
    whole = [file.read_bytes() for file in files]
    written = len(whole[0]) - len(before[0]) + len(whole[1])
    for cut in range(written):
        for file, data in zip(files, before, strict=True):
            file.write_bytes(data)
        crashed_at(desk.fresh(), monkeypatch, cut)
        after = desk.fresh().journal
        if cut % 7 == 0:  # a look before the next append: the bytes are told of, and harmless
            assert after.check().head.entries in (2, 3)
        entries = after.append(leaf(9))
        assert entries in (3, 4)
        checked = after.check()
        assert (checked.head.entries, checked.unfinished_bytes) == (entries, 0)


def test_control_what_a_crash_left_is_seen_where_the_next_line_follows_it(desk: Desk) -> None:
    found = filled(desk)
    torn = b"".join(line + b"\n" for line in found[:-3]) + found[-3][:40]
    desk.book.write_bytes(torn + b"\n" + found[-2] + b"\n" + found[-1] + b"\n")
    with pytest.raises(VerificationFailed, match="altered at entry 4 or 5"):
        desk.fresh().journal.check()


def test_a_head_that_no_crash_leaves_is_refused(desk: Desk) -> None:
    filled(desk)
    head = desk.book.parent / "head"
    note = head.read_bytes()
    for damaged in (b"", b"\xff" * len(note), note[:-1], note[:40] + b"!" * 20 + note[60:]):
        head.write_bytes(damaged)
        with pytest.raises(VerificationFailed, match="head file is damaged"):
            desk.fresh().journal.check()
        with pytest.raises(VerificationFailed):
            desk.fresh().journal.append(leaf(9))
    desk.book.unlink()
    with pytest.raises(VerificationFailed, match="head file is damaged"):
        desk.fresh().journal.append(leaf(9))


def test_a_crash_in_the_first_append_leaves_a_journal_that_begins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.journal.head()
    for cut in (0, 1, 200, 500, 700):
        crashed_at(desk.fresh(), monkeypatch, cut)
    assert desk.fresh().journal.append(leaf(0)) == 1
    assert desk.fresh().journal.check().head.entries == 1


def test_a_crash_between_the_first_two_files_leaves_a_journal_that_begins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def once(path: Path, data: bytes) -> None:
        write_private(path, data)
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(disk, "write_private", once)
        with pytest.raises(Died):
            desk.journal.head()
    assert desk.fresh().journal.append(leaf(0)) == 1


def errors_of(work: Iterator[int]) -> list[SafelightError]:
    found = []
    try:
        list(work)
    except SafelightError as error:
        found.append(error)
    return found


def test_many_journals_on_one_folder_keep_one_chain(desk: Desk) -> None:
    """As many processes, each with threads: every one has its own idea of where the end is."""
    journals = [desk.fresh().journal for _ in range(4)]
    failures: list[SafelightError] = []

    def work(number: int) -> None:
        journal = journals[number % 4]
        failures.extend(errors_of(journal.append(leaf(number)) for _ in range(5)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    log = desk.fresh().journal.log()
    assert log.head.entries == 40
    assert [entry.number for entry in log.entries()] == list(range(1, 41))


def test_a_writer_that_is_killed_costs_the_others_nothing(desk: Desk, root: Path) -> None:
    command = [sys.executable, "-c", APPEND, str(desk.book.parent)]
    runs = [
        subprocess.Popen([*command, count], cwd=root, stdout=subprocess.PIPE)
        for count in ("100000", "15", "15")
    ]
    assert runs[0].stdout is not None
    first = [runs[0].stdout.readline() for _ in range(3)]
    runs[0].kill()
    told = [*first, *(run.communicate()[0] for run in runs)]
    acknowledged = [int(number) for text in told for number in text.split()]
    log = desk.journal.log()
    assert len(acknowledged) == len(set(acknowledged)) <= log.head.entries
    assert max(acknowledged) <= log.head.entries
    assert [run.returncode for run in runs[1:]] == [0, 0]


def test_a_disk_that_fails_at_the_head_is_told_and_gone_on_from(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(desk)

    def refuse(_self: disk.Disk, _tree: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(disk.Disk, "_keep_head", refuse)
        with pytest.raises(SafelightError, match="input/output error"):
            desk.journal.append(leaf(6))
    assert desk.fresh().journal.check().head.entries == 7
    assert desk.journal.append(leaf(7)) == 8
