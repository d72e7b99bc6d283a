"""No name of a model leads out of the folder, and odd things in it stop nobody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safelight.errors import UsageError
from safelight.models.shelf import Shelf
from safelight.models.staging import Staged, Wanted
from safelight.models.store import Store


@pytest.mark.parametrize("form", ["{path}", "../../{name}", "../in-use/../../{name}", ".", ""])
def test_a_path_is_no_name_of_a_model(tmp_path: Path, form: str) -> None:
    """`models rm ./photo.jpg` once took the photo away."""
    precious = tmp_path / "photo.jpg"
    precious.write_text("0" * 64 + "\n" + "1" * 64 + "\n")
    shelf = Shelf(tmp_path)
    (shelf.folder / "in-use").mkdir(parents=True)
    name = form.format(path=precious, name=precious.name)
    assert shelf.versions(name) is None
    assert not shelf.remove(name)
    assert precious.exists()


def test_what_is_no_name_in_the_folder_is_no_model(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    (shelf.folder / "in-use").mkdir(parents=True)
    (shelf.folder / "in-use" / "Not A Name").write_text("junk")
    assert shelf.names() == ()


def test_a_link_to_nowhere_takes_no_room(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    (shelf.folder / "files").mkdir(parents=True)
    (shelf.folder / "files" / ("0" * 64)).symlink_to(tmp_path / "nowhere")
    assert shelf.used_bytes() < 1_000


@pytest.mark.parametrize(
    "tag", ['"a"\nHost: b', "junk", '"a b"', '"\u00e9"', '"' + "a" * 300 + '"']
)
def test_a_damaged_name_of_what_comes_is_not_sent(tmp_path: Path, tag: str) -> None:
    """It would be a header of the next request."""
    staged = Staged(tmp_path, Wanted("a.onnx", "0" * 64, 9))
    (tmp_path / f"{'0' * 64}.tag").write_text(tag)
    assert staged.tag == ""


def test_control_a_whole_name_of_what_comes_is_sent(tmp_path: Path) -> None:
    staged = Staged(tmp_path, Wanted("a.onnx", "0" * 64, 9))
    staged.start('"5d8c72a5edda8d6a:3239"')
    assert staged.tag == '"5d8c72a5edda8d6a:3239"'


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    (shelf.folder / "in-use").mkdir(parents=True)
    for path in ("mine.toml", "pulled/in-use/mine", "pulled/chosen.json"):
        os.mkfifo(tmp_path / path)
    assert shelf.versions("mine") is None
    with pytest.raises(UsageError, match=r"chosen\.json is damaged"):
        shelf.remove("mine")
    assert shelf.names() == ("mine",)
    (shelf.folder / "chosen.json").unlink()
    shelf.remove("mine")
    with pytest.raises(UsageError, match="it is no regular file"):
        Store(tmp_path).entries()
