"""From what was typed to one item a picture."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safelight.batch.naming import Placement
from safelight.batch.plan import Selection, make_plan
from safelight.errors import FormatUnknown, InputMissing, OutputClash, ParameterInvalid
from safelight.ops.convert import Convert
from safelight.ops.inspect import Inspect
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from safelight.ops.upscale import Upscale
from safelight.recipe import Recipe

JPEG = b"\xff\xd8\xff\xe0" + bytes(60)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
SCRUB = Recipe((Scrub(),))


def tree(root: Path) -> Path:
    for name in ("b.jpg", "a.PNG", "notes.txt", ".hidden.jpg", "Thumbs.db", "sub/c.jpeg"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG if name.endswith("PNG") else b"text" if "txt" in name else JPEG)
    (root / ".safelight").mkdir()
    (root / ".safelight" / "b.jpg.receipt.json").write_bytes(b"{}")
    return root


def targets(
    *inputs: str | Path,
    recipe: Recipe = SCRUB,
    recursive: bool = False,
    output: str | None = None,
    name: str | None = None,
) -> list[str]:
    selection = Selection(tuple(str(one) for one in inputs), recursive)
    items = make_plan(selection, Placement(output, name), recipe)
    return [os.path.basename(str(item.target)) for item in items if item.target]


def test_a_folder_gives_every_file_that_is_not_hidden_and_its_pictures_an_output(
    tmp_path: Path,
) -> None:
    items = make_plan(Selection((str(tree(tmp_path)),)), Placement("out"), SCRUB)
    assert [Path(item.shown).name for item in items] == ["a.PNG", "b.jpg", "notes.txt"]
    assert [item.skip for item in items] == ["", "", "no-picture"]
    assert [str(item.target) for item in items[:2]] == ["out/a.PNG", "out/b.jpg"]


def test_a_recursive_walk_mirrors_the_tree(tmp_path: Path) -> None:
    items = make_plan(Selection((str(tree(tmp_path)),), recursive=True), Placement("out"), SCRUB)
    assert str(items[-1].target) == "out/sub/c.jpeg"


def test_an_output_beside_its_input_is_called_after_the_operation(tmp_path: Path) -> None:
    photo = tree(tmp_path) / "b.jpg"
    assert targets(photo) == ["b.scrubbed.jpg"]
    assert targets(photo, recipe=Recipe((Upscale(scale=4),))) == ["b.x4.jpg"]
    assert targets(photo, recipe=Recipe((Resize(fit="8x8"), Scrub()), "web")) == ["b.web.jpg"]
    assert targets(photo, recipe=Recipe((Convert(to="webp"),))) == ["b.webp"]
    assert targets(photo, recipe=Recipe((Inspect(),))) == []


def test_one_input_and_a_plain_name_give_a_file_else_a_folder(tmp_path: Path) -> None:
    photo = tree(tmp_path) / "b.jpg"
    assert targets(photo, output=str(tmp_path / "new.jpg")) == ["new.jpg"]
    assert targets(photo, output=str(tmp_path / "sub")) == ["b.jpg"]
    assert targets(photo, output=str(tmp_path / "new") + "/") == ["b.jpg"]
    both = targets(photo, tmp_path / "a.PNG", output=str(tmp_path / "new"))
    assert both == ["b.jpg", "a.PNG"]
    with pytest.raises(OutputClash):
        targets(photo, tmp_path / "a.PNG", output=str(tmp_path / "notes.txt"))


def test_names_follow_a_template(tmp_path: Path) -> None:
    photo = tree(tmp_path) / "b.jpg"
    recipe = Recipe((Upscale(scale=2),))
    template = "{stem}-{op}-{scale}-{model}-{index}-{digest8}.{ext}"
    expected = f"b-x2-2-fast-1-{recipe.digest[:8]}.jpg"
    assert targets(photo, recipe=recipe, name=template) == [expected]
    for wrong in ("{nobody}", "{stem", "../{stem}", "{stem!r}", "{stem:>9}", ""):
        with pytest.raises(ParameterInvalid):
            targets(photo, name=wrong)


def test_outputs_that_cannot_be_told_apart_are_refused_before_any_work(tmp_path: Path) -> None:
    for name in ("x/a.jpg", "y/a.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(JPEG)
    with pytest.raises(OutputClash):
        targets(tmp_path / "x/a.jpg", tmp_path / "y/a.jpg", output="out")
    with pytest.raises(OutputClash):
        targets(tmp_path / "x/a.jpg", output=str(tmp_path / "x/a.jpg"))
    os.symlink(tmp_path / "x/a.jpg", tmp_path / "link.jpg")
    with pytest.raises(OutputClash):
        targets(tmp_path / "x/a.jpg", output=str(tmp_path / "link.jpg"))


def test_what_was_named_and_is_no_picture_is_refused_what_was_found_is_skipped(
    tmp_path: Path,
) -> None:
    named = make_plan(Selection((str(tree(tmp_path) / "notes.txt"),)), Placement(), SCRUB)
    assert isinstance(named[0].problem, FormatUnknown)


def test_a_wrong_path_is_an_item_with_a_problem_and_an_empty_folder_an_error(
    tmp_path: Path,
) -> None:
    items = make_plan(Selection((str(tmp_path / "none.jpg"),)), Placement(), SCRUB)
    assert isinstance(items[0].problem, InputMissing)
    with pytest.raises(InputMissing):
        make_plan(Selection((str(tmp_path),)), Placement(), SCRUB)
    with pytest.raises(InputMissing):
        make_plan(Selection(()), Placement(), SCRUB)


def test_links_that_leave_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(JPEG)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "inside.jpg").write_bytes(JPEG)
    os.symlink(outside, folder / "leaves.jpg")
    os.symlink(folder / "inside.jpg", folder / "stays.jpg")
    items = make_plan(Selection((str(folder),)), Placement("out"), SCRUB)
    assert {Path(i.shown).name: i.skip for i in items} == {
        "inside.jpg": "",
        "leaves.jpg": "link-outside",
        "stays.jpg": "",
    }


def test_lists_of_files_are_taken_verbatim(tmp_path: Path) -> None:
    odd = tmp_path / "with\nnewline.jpg"
    odd.write_bytes(JPEG)
    (tmp_path / "b.jpg").write_bytes(JPEG)
    lines, zeros = tmp_path / "list", tmp_path / "list0"
    lines.write_bytes(os.fsencode(tmp_path / "b.jpg") + b"\r\n\n")
    zeros.write_bytes(os.fsencode(odd) + b"\0")
    items = make_plan(
        Selection((), files_from=lines, files_from0=zeros), Placement(str(tmp_path / "out")), SCRUB
    )
    assert [item.source for item in items] == [tmp_path / "b.jpg", odd]


def test_standard_input_goes_to_standard_output_or_a_named_file(tmp_path: Path) -> None:
    assert make_plan(Selection(("-",)), Placement(), SCRUB)[0].target is None
    named = make_plan(Selection(("-",)), Placement(str(tmp_path / "a.jpg")), SCRUB)
    assert named[0].target == tmp_path / "a.jpg"
    with pytest.raises(OutputClash):
        make_plan(Selection(("-",)), Placement(str(tmp_path)), SCRUB)


def test_in_place_keeps_the_name_and_refuses_another_format(tmp_path: Path) -> None:
    photo = tree(tmp_path) / "b.jpg"
    items = make_plan(Selection((str(photo),)), Placement(in_place=True), SCRUB)
    assert items[0].target == photo
    with pytest.raises(OutputClash):
        make_plan(Selection((str(photo),)), Placement(in_place=True), Recipe((Convert(to="png"),)))


def test_a_file_named_twice_is_one_item(tmp_path: Path) -> None:
    photo = tree(tmp_path) / "b.jpg"
    assert len(make_plan(Selection((str(photo), str(photo))), Placement(), SCRUB)) == 1


@pytest.mark.parametrize("is_named", [False, True])
def test_a_result_of_an_earlier_run_is_not_worked_on_again(tmp_path: Path, is_named: bool) -> None:
    names = ["a.jpg", "a.scrubbed.jpg", "b.scrubbed.jpg"]
    (tmp_path / ".safelight").mkdir()
    for name in names:
        (tmp_path / name).write_bytes(JPEG)
        (tmp_path / f".safelight/{name}.receipt.json").write_bytes(b"{}")
    inputs = tuple(str(tmp_path / name) for name in names) if is_named else (str(tmp_path),)
    items = make_plan(Selection(inputs), Placement(), SCRUB)
    assert [item.skip for item in items] == ["", "own-output", ""]
    assert items[1].target is None
    elsewhere = make_plan(Selection(inputs), Placement(f"{tmp_path}/out/"), SCRUB)
    assert [item.skip for item in elsewhere] == ["", "", ""]


def test_an_output_never_takes_the_place_of_another_input(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.scrubbed.jpg"):
        (tmp_path / name).write_bytes(JPEG)
    with pytest.raises(OutputClash, match=r"would be the input .*a\.scrubbed\.jpg"):
        targets(tmp_path / "a.jpg", tmp_path / "a.scrubbed.jpg")


def test_in_place_means_the_picture_itself_not_a_link_to_it(tmp_path: Path) -> None:
    (tmp_path / "real.jpg").write_bytes(JPEG)
    os.symlink(tmp_path / "real.jpg", tmp_path / "link.jpg")
    selection = Selection((str(tmp_path / "link.jpg"),))
    assert make_plan(selection, Placement(in_place=True), SCRUB)[0].target == tmp_path / "real.jpg"


@pytest.mark.parametrize(
    ("name", "ending"),
    [("a.jps", ".jps"), ("a.JPG", ".JPG"), ("a.png", ".jpg"), ("a.2024", ".jpg"), ("a", ".jpg")],
)
def test_an_ending_stays_where_it_says_no_other_format(
    name: str, ending: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(JPEG)
    items = make_plan(Selection((str(tmp_path),)), Placement(f"{tmp_path}/out/"), SCRUB)
    assert [item.target.suffix for item in items if item.target] == [ending]
