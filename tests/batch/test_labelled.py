"""Pictures and their tags: from folders, or from a table; what is unclear is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.batch import labelled as module
from safelight.batch.labelled import labelled
from safelight.errors import InputMissing, SafelightError, UsageError
from safelight.ops.embed import Embed
from safelight.recipe import Recipe

PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
RECIPE = Recipe((Embed(),))


def put(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG)
    return root


def told(place: Path) -> dict[str, set[str]]:
    """The tags of each file, by its name."""
    found = labelled(place, RECIPE)
    return {Path(item.shown).name: set(found.tags[item.index]) for item in found.items}


def table(root: Path, *lines: str) -> Path:
    path = root / "tags.csv"
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    return path


def test_a_folder_is_a_tag_however_deep_its_pictures_lie(tmp_path: Path) -> None:
    put(tmp_path, "cat/a.png", "cat/more/deep/b.png", "dog/c.png", "dog/.hidden.png")
    (tmp_path / "readme.txt").write_text("words")
    assert told(tmp_path) == {"a.png": {"cat"}, "b.png": {"cat"}, "c.png": {"dog"}}
    found = labelled(tmp_path, RECIPE)
    assert [Path(item.shown).name for item in found.passed_over] == ["readme.txt"]


def test_a_table_gives_several_tags_or_none(tmp_path: Path) -> None:
    put(tmp_path, "in/a.png", "in/b.png", "in/c.png")
    lines = ("who,tag,file", "x,cat,in/a.png", 'x," wild, big ",in/./a.png', ",,in/b.png", "")
    found = told(table(tmp_path, *lines, f"x,cat,{tmp_path}/in/c.png"))
    assert found == {"a.png": {"cat", "wild, big"}, "b.png": set(), "c.png": {"cat"}}


def test_a_file_that_is_missing_is_an_item_that_will_fail(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    found = labelled(table(tmp_path, "file,tag", "a.png,cat", "none.png,dog"), RECIPE)
    assert [item.problem is None for item in found.items] == [True, False]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("a.png,cat",), "does not name the columns"),
        (("file,tag", ",cat"), "line 2 names no file"),
        (("file,tag", 'a.png,"cat'), "cannot be used"),
        (("file,tag", "a.png," + "x" * 65), "is no tag"),
        (("file,tag", "a.png,c\x1bt"), "is no tag"),
        (("file,tag", "a.png,cat", "b.png,cat"), "nothing to tell apart"),
        (("file,tag", "a.png,", "b.png"), "nothing to tell apart"),
    ],
)
def test_a_table_that_is_unclear_is_refused(
    tmp_path: Path, lines: tuple[str, ...], said: str
) -> None:
    put(tmp_path, "a.png", "b.png")
    with pytest.raises(UsageError, match=said):
        labelled(table(tmp_path, *lines), RECIPE)


def test_what_names_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="names no file"):
        labelled(table(tmp_path, "file,tag"), RECIPE)
    with pytest.raises(InputMissing, match="cannot be read"):
        labelled(tmp_path / "nowhere", RECIPE)
    (tmp_path / "tags.csv").write_bytes(b"file,tag\n\xff,cat\n")
    with pytest.raises(UsageError, match="cannot be used"):
        labelled(tmp_path / "tags.csv", RECIPE)


def test_a_picture_in_no_folder_of_a_tag_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"loose\.png lies in the folder of no tag"):
        labelled(put(tmp_path, "cat/a.png", "loose.png"), RECIPE)


@pytest.mark.parametrize("limit", ["MAX_PICTURES", "MAX_TAGS", "MAX_TABLE_BYTES"])
def test_more_than_can_be_held_is_refused(
    tmp_path: Path, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.png", "b.png")
    place = table(tmp_path, "file,tag", "a.png,cat", "b.png,dog")
    labelled(place, RECIPE)
    monkeypatch.setattr(module, limit, 1)
    with pytest.raises(SafelightError, match=r"more than|at most"):
        labelled(place, RECIPE)
