"""Which files the map looks into: sidecars, other formats by their marks, folders below."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.errors import (
    ContainerBroken,
    InputMissing,
    LevelTooLow,
    SafelightError,
    VaultLocked,
)
from safelight.proof.dataflow.carriers import carrier, carriers_in
from safelight.proof.dataflow.ground import Ground
from safelight.proof.dataflow.machine import Machine
from safelight.proof.dataflow.survey import Reader, Seen, Walk, survey
from safelight.proof.dataflow.table import lines
from tests.codecs.making import exif, jpeg, xmp
from tests.proof.flows import MAKE, MODEL, mapped, names, taken


def test_a_sidecar_is_read_in_the_cage(folder: Path, ground: Ground, engine: Engine) -> None:
    packet = xmp("<x:CreatorTool>Sorter 4.0</x:CreatorTool>", x="http://ns.adobe.com/xap/1.0/")
    (folder / "a.xmp").write_bytes(packet)
    found = mapped(folder, ground=ground, engine=engine)
    assert names(found, "program") == ["Sorter"]
    assert (found.roots[0].read, found.roots[0].searched) == (0, 1)


def test_blocks_in_files_of_other_formats_are_found_by_their_marks(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    packet = xmp("<x:CreatorTool>Sorter 4.0</x:CreatorTool>", x="http://ns.adobe.com/xap/1.0/")
    block = b"Exif\0\0" + exif({MAKE: "Acme", MODEL: "Q1"})
    (folder / "a.odd").write_bytes(b"no picture" + block + b"rest" + packet)
    raw = exif({MODEL: "Raw One"})
    (folder / "b.odd").write_bytes({b"II": b"IIRO", b"MM": b"MMOR"}[raw[:2]] + raw[4:])
    (folder / "c.odd").write_bytes(b"before" + taken(model="Within"))
    (folder / "d.odd").write_bytes(b"nothing that shows")
    (folder / "e.odd").write_bytes(b"RIFF....AVI ISFT\x08\0\0\0Filmer 2\0")
    (folder / "f.odd").write_bytes(b"")
    found = mapped(folder, ground=ground, engine=engine)
    assert set(names(found, "device")) == {"Acme Q1", "Raw One", "Within"}
    assert set(names(found, "program")) == {"Sorter", "Filmer"}
    assert [Path(file).name for file in found.roots[0].unread] == ["d.odd", "f.odd"]


def test_a_carrier_holds_what_was_put_in_and_nothing_else() -> None:
    made = carrier(exif=b"MM\0*abc", xmp=b"<x/>")
    assert made.count(b"MM\0*abc") == made.count(b"<x/>") == 1
    assert list(carriers_in(b"nothing")) == []


@pytest.mark.parametrize("error", [LevelTooLow(), VaultLocked(), ContainerBroken()])
def test_where_no_cage_opens_there_is_no_map_of_nothing(
    folder: Path,
    ground: Ground,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    error: SafelightError,
) -> None:
    def refused(*_given: object, **_named: object) -> None:
        raise error

    (folder / "a.jpg").write_bytes(jpeg())
    (folder / "b.odd").write_bytes(b"nothing that shows")
    monkeypatch.setattr(Engine, "run", refused)
    if isinstance(error, ContainerBroken):  # that is the picture's own fault
        assert len(mapped(folder, ground=ground, engine=engine).roots[0].unread) == 2
        return
    with pytest.raises(type(error)):
        mapped(folder, ground=ground, engine=engine)


def test_what_cannot_be_read_is_listed_and_ends_nothing(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    (folder / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "c.jpg.enc").write_bytes(b"not what it says")
    (folder / "b.jpg").write_bytes(taken(model="Q1"))
    found = mapped(folder, ground=ground, engine=engine)
    assert names(found, "device") == ["Q1"]
    assert [Path(file).name for file in found.roots[0].unread] == ["a.jpg", "c.jpg.enc"]
    assert "1 picture read, 2 not read" in next(lines(found))


def test_who_has_had_enough_waits_for_no_further_file(
    folder: Path, ground: Ground, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(40):
        (folder / f"{at:02}.jpg").write_bytes(jpeg())
    looked: list[Path] = []
    look = Reader.look

    def counted(reader: Reader, item: tuple[int, Path]) -> Seen:
        looked.append(item[1])
        return look(reader, item)

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Reader, "look", counted)
    with pytest.raises(KeyboardInterrupt):
        survey(engine, Walk([folder]), machine=Machine(ground), progress=stop)
    assert len(looked) < 40


def test_folders_below_are_looked_into_where_asked(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "a.jpg").write_bytes(taken(model="Deep"))
    (folder / ".hidden.jpg").write_bytes(taken(model="Hidden"))
    (folder / "out.jpg").symlink_to("/etc/hostname")
    assert names(mapped(folder, ground=ground, engine=engine), "device") == []
    deep = mapped(folder, ground=ground, engine=engine, recursive=True)
    assert names(deep, "device") == ["Deep"]
    assert deep.roots[0].unread == {}


def test_a_folder_that_cannot_be_listed_is_told_and_ends_nothing(
    folder: Path, ground: Ground, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "shut").mkdir()
    (folder / "a.jpg").write_bytes(taken(model="Q1"))
    scan = os.scandir

    def refused(path: str) -> object:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr("os.scandir", refused)
    found = mapped(folder, ground=ground, engine=engine, recursive=True)
    assert names(found, "device") == ["Q1"]
    unread = found.roots[0].unread
    assert unread == {str(folder / "shut"): "cannot read the input: permission denied"}


def test_each_named_folder_has_arrows_of_its_own(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    other = folder.with_name("other")
    other.mkdir()
    (folder / "a.jpg").write_bytes(taken(model="Q1"))
    (other / "b.jpg").write_bytes(taken(model="Q1"))
    found = mapped(folder, other / "b.jpg", ground=ground, engine=engine)
    device = found.of_kind("device")[0]
    assert [arrow.target for arrow in found.at(device)] == ["pictures-1", "pictures-2"]


def test_a_folder_that_is_not_there_is_refused(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    with pytest.raises(InputMissing, match="there is no"):
        mapped(folder / "nothing", ground=ground, engine=engine)
