"""What a job spills lies encrypted in a file without a name, and dropping the key is the wipe."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from safelight.errors import DiskFull, OutputFailed, VerificationFailed
from safelight.vault.spill import Spill
from safelight.vault.stream import SEGMENT_BYTES

CANARY = b"canary in what is held" * 100_000


@pytest.fixture(params=["unnamed", "named for a moment"], autouse=True)
def road(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test on both roads: with files that never had a name, and where there are none."""
    if request.param != "unnamed":
        monkeypatch.delattr(os, "O_TMPFILE")
    return str(request.param)


def filled(folder: Path, data: bytes = CANARY) -> Spill:
    spill = Spill(folder)
    for start in range(0, len(data), 99_999):
        spill.write(data[start : start + 99_999])
    spill.finish()
    return spill


def on_disk(spill: Spill) -> bytes:
    """What lies in the file, as whoever reads the disk would see it."""
    fd = spill._fd
    return os.pread(fd, os.fstat(fd).st_size, 0)


def test_it_is_read_as_often_as_wanted(tmp_path: Path) -> None:
    with filled(tmp_path) as spill:
        assert spill.size_bytes == len(CANARY) > 2 * SEGMENT_BYTES
        for _ in range(2):
            with spill.reader() as reader:
                assert reader.read(len(CANARY) + 1) == CANARY


def test_the_disk_holds_no_name_and_no_plain_byte(tmp_path: Path) -> None:
    with filled(tmp_path) as spill:
        assert list(tmp_path.iterdir()) == []
        assert os.fstat(spill._fd).st_nlink == 0
        assert CANARY[:22] not in on_disk(spill)


def test_after_drop_neither_key_nor_file_is_there(tmp_path: Path) -> None:
    spill = filled(tmp_path)
    late = spill.reader()
    spill.drop()
    assert not any(spill._key)
    with pytest.raises(OSError, match="Bad file descriptor"):
        late.read(1)
    spill.drop()


def test_what_is_left_on_the_disk_opens_for_nobody(tmp_path: Path) -> None:
    spill = filled(tmp_path)
    again = os.dup(spill._fd)
    spill.drop()
    try:
        spill._fd = again
        with pytest.raises(VerificationFailed), spill.reader() as reader:
            reader.read(1)
    finally:
        spill.drop()


def test_a_job_that_ends_before_its_end_leaves_nothing(tmp_path: Path) -> None:
    with Spill(tmp_path) as spill:
        spill.write(CANARY)
    assert not any(spill._key)
    assert not any(spill._encryptor._kept)


@pytest.mark.parametrize(
    ("number", "error"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EIO, None)]
)
def test_a_full_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[OutputFailed] | None
) -> None:
    def full(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with Spill(tmp_path) as spill:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(error or OutputFailed):
            spill.write(CANARY)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match="no such file"):
        Spill(tmp_path / "none")


def test_no_right_to_write_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(OutputFailed, match="permission denied"):
        Spill(tmp_path)
