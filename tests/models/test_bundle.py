"""A bundle is the same bytes for the same models, any tar reads it, and ours reads nothing else."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.errors import OutputFailed, VerificationFailed
from safelight.models import bundle
from safelight.models.staging import Staged, Wanted

STATEMENT = b'{"signed": "whatever"}'
CONTENTS = (b"first file", b"x" * 700, b"y" * 512)
FILES = tuple(
    sorted(
        (Wanted(f"{n}.onnx", hashlib.sha256(data).hexdigest(), len(data)) for n, data in
         enumerate(CONTENTS)),
        key=lambda one: one.sha256,
    )
)  # fmt: skip


def written(folder: Path) -> bytes:
    paths = {hashlib.sha256(data).hexdigest(): data for data in CONTENTS}
    for name, data in paths.items():
        (folder / name).write_bytes(data)
    out = io.BytesIO()
    bundle.write(out, STATEMENT, [(one, folder / one.sha256) for one in FILES])
    return out.getvalue()


def read(data: bytes, folder: Path) -> bytes:
    source = io.BytesIO(data)
    statement = bundle.read_statement(source)
    bundle.read_files(source, FILES, lambda one: Staged(folder / "staging", one))
    return statement


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read(written(tmp_path), tmp_path) == STATEMENT
    for one in FILES:
        path = Staged(tmp_path / "staging", one).path
        assert hashlib.sha256(path.read_bytes()).hexdigest() == one.sha256


def test_the_same_models_are_the_same_bytes(tmp_path: Path) -> None:
    assert written(tmp_path) == written(tmp_path)


def test_any_tar_reads_it(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(written(tmp_path)), mode="r:") as archive:
        members = archive.getmembers()
        assert members[0].name == bundle.STATEMENT
        assert all(one.isfile() and one.mtime == 0 and one.uid == 0 for one in members)
        assert [one.size for one in members[1:]] == [one.size_bytes for one in FILES]
        file = archive.extractfile(members[1])
        assert file is not None
        assert hashlib.sha256(file.read()).hexdigest() == FILES[0].sha256


def test_ours_is_the_header_that_tar_would_write() -> None:
    info = tarfile.TarInfo("files/abc")
    info.size, info.mode = 1_234_567, 0o644
    theirs = info.tobuf(tarfile.USTAR_FORMAT)
    assert bundle.header("files/abc", 1_234_567) == theirs


def archive(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        for info, data in members:
            info.size, info.mtime = len(data), 0
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def named(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


HEAD = (named(bundle.STATEMENT), STATEMENT)
FIRST = next(data for data in CONTENTS if hashlib.sha256(data).hexdigest() == FILES[0].sha256)
PLACE = f"files/{FILES[0].sha256}"

HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "no archive": lambda good: b"PK\x03\x04" + good,
    "nothing": lambda good: b"",
    "half a header": lambda good: good[:300],
    "cut in the statement": lambda good: good[:520],
    "cut in a file": lambda good: good[:2_100],
    "cut in the padding": lambda good: good[: -len(bundle.END) - 1],
    "cut at the end": lambda good: good[:-1],
    "without an end": lambda good: good[: -len(bundle.END)],
    "more behind the end": lambda good: good + b"\0",
    "a file more": lambda good: good[: -len(bundle.END)]
    + archive((named("files/more"), b"more")),
    "a path that climbs": lambda good: archive(HEAD, (named("../../evil"), FIRST)),
    "an absolute path": lambda good: archive(HEAD, (named("/etc/evil"), FIRST)),
    "a link": lambda good: archive(HEAD, (named(PLACE, tarfile.SYMTYPE, "/etc/passwd"), b"")),
    "a hard link": lambda good: archive(HEAD, (named(PLACE, tarfile.LNKTYPE, "/etc/passwd"), b"")),
    "a device": lambda good: archive(HEAD, (named(PLACE, tarfile.CHRTYPE), b"")),
    "a folder": lambda good: archive(HEAD, (named(PLACE, tarfile.DIRTYPE), b"")),
    "a long name": lambda good: archive(
        HEAD, (named("x" * 300), FIRST), form=tarfile.GNU_FORMAT
    ),
    "an extension": lambda good: archive(
        HEAD, (named("x" * 300), FIRST), form=tarfile.PAX_FORMAT
    ),
    "the statement twice": lambda good: archive(HEAD, HEAD),
    "no statement": lambda good: archive((named("other.json"), STATEMENT)),
    "a statement without end": lambda good: bundle.header(bundle.STATEMENT, 8**11 - 1),
    "a statement of nothing": lambda good: bundle.header(bundle.STATEMENT, 0) + bundle.END,
    "an owner": lambda good: _owned(good),
    "a byte in the padding": lambda good: good[:512 + 100] + b"x" + good[512 + 101:],
    "another order": lambda good: archive(HEAD, (named("files/" + FILES[1].sha256), FIRST)),
}  # fmt: skip


def _owned(good: bytes) -> bytes:
    info = named(bundle.STATEMENT)
    info.uid = 1000
    return archive((info, STATEMENT)) + good


@pytest.mark.parametrize("name", HOSTILE)
def test_everything_else_is_refused_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(VerificationFailed):
        read(HOSTILE[name](written(tmp_path)), tmp_path)
    staging = tmp_path / "staging"
    assert not staging.exists() or not list(staging.iterdir())


def test_every_flipped_byte_is_noticed(tmp_path: Path) -> None:
    """Or it is one of the statement, which its signature covers."""
    good = written(tmp_path)
    statement = range(512, 512 + len(STATEMENT))
    for place in range(0, len(good), 41):
        flipped = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
        if place not in statement:
            with pytest.raises(VerificationFailed):
                read(flipped, tmp_path)


def test_a_file_that_is_not_the_pinned_one_is_not_packed(tmp_path: Path) -> None:
    written(tmp_path)
    for data in (b"other file", b"first file and more", b"first"):
        one = next(f for f in FILES if f.size_bytes == len(b"first file"))
        (tmp_path / one.sha256).write_bytes(data)
        with pytest.raises(VerificationFailed, match="pinned"):
            bundle.write(io.BytesIO(), STATEMENT, [(one, tmp_path / one.sha256)])
    with pytest.raises(OutputFailed, match="cannot be read"):
        bundle.write(io.BytesIO(), STATEMENT, [(FILES[0], tmp_path / "absent")])


def test_a_bundle_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with tmp_path.joinpath("out").open("wb") as source, pytest.raises(OutputFailed):
        bundle.read_statement(source)
