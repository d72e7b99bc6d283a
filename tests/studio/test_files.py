"""The Studio's files: one byte that differs is found and named, in the list itself as well."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import VerificationFailed
from safelight.studio import files
from safelight.studio.files import MANIFEST, Difference, canonical
from tests.server.studios import CONTENTS, described, write


def test_all_of_it_is_read_as_it_lies(tmp_path: Path) -> None:
    studio = files.load(write(tmp_path / "built"))
    assert {name: data for name, (data, _, _) in CONTENTS.items()} == dict(studio.data)
    assert studio.manifest.parts["engine.zip"] == "engine-abc.zip"
    assert files.differences(tmp_path / "built") == (studio.manifest, ())


def test_no_more_room_is_taken_than_the_files_need(tmp_path: Path) -> None:
    """What a server frees it overwrites; so room for more would keep whoever starts one waiting."""
    folder = write(tmp_path / "built")
    files.load(folder)  # what is loaded once for all
    tracemalloc.start()
    try:
        files.load(folder)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1_000_000 < files.MAX_FILE_BYTES


@pytest.mark.parametrize("name", CONTENTS)
def test_one_byte_that_differs_is_found_and_named(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "built")
    place = folder / (f"{name}.br" if CONTENTS[name][1] == "br" else name)
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 1
    place.write_bytes(data)
    assert files.differences(folder)[1] == (Difference(name, "changed"),)
    with pytest.raises(VerificationFailed, match=f"file {name} is not what was built"):
        files.load(folder)


def test_what_is_missing_and_what_does_not_belong_are_told_apart(tmp_path: Path) -> None:
    folder = write(tmp_path / "built")
    (folder / "sw.js").unlink()
    (folder / "more.js").write_text("")
    told = (Difference("sw.js", "missing"), Difference("more.js", "not of it"))
    assert files.differences(folder)[1] == told
    with pytest.raises(VerificationFailed, match=r"sw\.js is missing"):
        files.load(folder)


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda told: told.pop(key)


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "no script": without("script"),
    "another form": lambda told: told.update(form=2),
    "a field that nobody knows": lambda told: told.update(more=1),
    "a name with a path": lambda told: told["files"].update({"../x": told["files"]["sw.js"]}),
    "its own name": lambda told: told["files"].update({MANIFEST: told["files"]["sw.js"]}),
    "a part that is no file": lambda told: told["parts"].update(other="other.zip"),
    "a policy that it would bend": lambda told: told.update(script="sha256-'; script-src *"),
    "a header that it would add": lambda told: told["files"]["sw.js"].update(mime="a/b\r\nX: 1"),
    "an endless file": lambda told: told["files"]["sw.js"].update(size=10**12),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_list_that_no_build_writes_is_refused_though_its_digest_fits(
    tmp_path: Path, name: str
) -> None:
    told = described()
    WRONG[name](told)
    with pytest.raises(VerificationFailed, match="list of files"):
        files.load(write(tmp_path / "built", told))


def test_any_byte_of_the_list_counts(tmp_path: Path) -> None:
    folder = write(tmp_path / "built")
    whole = (folder / MANIFEST).read_bytes()
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 1
        (folder / MANIFEST).write_bytes(changed)
        with pytest.raises(VerificationFailed):
            files.load(folder)
    (folder / MANIFEST).write_bytes(whole + b" ")
    with pytest.raises(VerificationFailed, match="changed"):
        files.load(folder)
    for other in (b"", b"[]", b"[" * 100_000, b"\xff"):
        (folder / MANIFEST).write_bytes(other)
        with pytest.raises(VerificationFailed, match="damaged"):
            files.load(folder)


def test_a_checkout_without_it_is_told_from_an_installation_that_lost_it(tmp_path: Path) -> None:
    folder, builder = tmp_path / "built", tmp_path / "studio.py"
    assert not files.is_unbuilt(folder, builder)
    builder.write_text("")
    assert files.is_unbuilt(folder, builder)
    with pytest.raises(VerificationFailed, match="is missing"):
        files.load(folder)
    assert not files.is_unbuilt(write(folder), builder)


def test_it_is_written_as_the_reader_compares_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "built")
    told = (folder / MANIFEST).read_bytes()
    assert canonical(json.loads(told)) == told
