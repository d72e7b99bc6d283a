"""Many files in the tab: one after another, those that fail named, out as one archive."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, expect

from bench.browsing import Watch
from tests.studio.browsing import asked_before_leaving, drop, open_tool, saved
from tests.studio.in_node import called
from tests.studio.tab_engine import native

pytestmark = pytest.mark.comes_again

BAD = ("bad.jpg", b"no picture at all")
WORK_MS = 30_000


def button(frame: Frame, name: str) -> None:
    frame.get_by_role("button", name=name).click()


def stages(frame: Frame) -> list[str | None]:
    return [row.get_attribute("data-stage") for row in frame.locator("tr[data-stage]").all()]


def test_names_are_never_twice_the_same_and_no_cell_is_a_formula() -> None:
    names = ["a.jpg", "A.jpg", "a.jpg", "a-2.jpg", "b", "b", ".c"]
    given = ("safe", "=1+1", 'say "x", y', -3)
    found = called("naming", [("distinct", (names,)), ("named", ("photo.tar.jpg", "cut", ".png"))])
    assert found == [
        ["a.jpg", "A-3.jpg", "a-4.jpg", "a-2.jpg", "b", "b-2", ".c"],
        "photo.tar.cut.png",
    ]
    (table,) = called("tables", [("csv", ([given],))])
    assert next(csv.reader([table.lstrip("\ufeff")])) == ["safe", "'=1+1", 'say "x", y', "-3"]


def test_a_name_leads_nowhere_and_is_of_its_kind() -> None:
    wanted = {
        ("../../etc/passwd.jpg", "image/jpeg"): "_.._etc_passwd.jpg",
        ("C:\\x\x00y.png", "image/png"): "C__x_y.png",
        (".bashrc", "image/png"): "bashrc.png",
        ("nul.jpg", "image/jpeg"): "_nul.jpg",
        ("COM1 .tar.jpg", "image/jpeg"): "_COM1 .tar.jpg",
        ("photo.jpg. .", "image/jpeg"): "photo.jpg",
        ("photo\u202egpj.exe", "image/jpeg"): "photo_gpj.exe.jpg",
        ("photo.JPG", "image/jpeg"): "photo.JPG",
        ("run.sh", "what/ever"): "run.sh.bin",
        ("..", ""): "picture.bin",
    }
    assert called("naming", [("proper", pair) for pair in wanted]) == list(wanted.values())


def test_what_tools_leave_here_has_no_room_for_a_picture() -> None:
    right = [
        ("metadata.profile", "strict"), ("many", {"profile": "share", "text": "© A. Person"}),
        ("edit", {"sizing": "same", "long": 2048, "quality": None, "lossless": False}),
        ("watermark", {"colour": "#ffffff", "gravity": "southeast", "scale": 30}), ("edit", None),
    ]  # fmt: skip
    wrong = [
        ("any", 1), ("constructor", None), ("edit", {"pixels": 1}), ("edit", {"long": "x"}),
        ("many", {"text": "x" * 81}), ("watermark", {"colour": "#" + "f" * 99}), ("many", "x"),
    ]  # fmt: skip
    found = called("remembered", [("isRemembered", pair) for pair in right + wrong])
    assert found == [True] * len(right) + [False] * len(wrong)


def test_no_archive_holds_more_than_its_form_can_say() -> None:
    files = [{"name": f"{at}.png", "blob": {"size": 100, "type": "image/png"}} for at in range(5)]
    of_two, by_bytes, refused = called(
        "zipping",
        [
            ("divided", [files, {"bytes": 10_000, "files": 2}]),
            ("divided", [files, {"bytes": 3 * (100 + 92 + 10), "files": 9}]),
            ("divided", [files, {"bytes": 100, "files": 9}]),
        ],
    )
    assert [len(part) for part in of_two] == [2, 2, 1]
    assert [len(part) for part in by_bytes] == [3, 2]
    assert refused == {"failed": "Problem"}


def test_a_batch_gives_what_the_engine_gives_and_names_what_failed(
    page: Page, frame: Frame, photo: Path, watch: Watch
) -> None:
    asked, data = len(watch.asked), photo.read_bytes()
    open_tool(page, "many")
    drop(frame, [*((f"{number}.jpg", data) for number in range(5)), BAD, ("0.JPG", data)])
    assert stages(frame) == ["waiting"] * 7
    frame.get_by_label("Longest side at most").fill("320")
    frame.get_by_label("Save as").select_option("webp")
    button(frame, "Start with 7 files")
    expect(frame.get_by_text("6 files are done.")).to_be_visible()
    assert stages(frame) == [*["done"] * 5, "failed", "done"]
    assert asked_before_leaving(page)
    expect(frame.locator("tr[data-stage=failed]")).to_contain_text("no picture")
    ((name, packed),) = saved(page, lambda: button(frame, "Save 6 results as a zip"))
    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert (name, archive.testzip()) == ("safelight.zip", None)
    assert archive.namelist() == [*(f"{number}.webp" for number in range(5)), "0-2.webp"]
    steps = [{"op": "resize", "fit": "320x320"}, {"op": "scrub"}, {"op": "convert", "to": "webp"}]
    wanted = native(data, steps)
    assert {archive.read(one) for one in archive.namelist()} == {wanted}
    ((_, table),) = saved(page, lambda: button(frame, "Save the table as CSV"))
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert [row["state"] for row in rows].count("done") == 6
    assert (rows[0]["bytes_before"], rows[0]["bytes_after"]) == (str(len(data)), str(len(wanted)))
    assert rows[5]["problem"]
    button(frame, "Try 1 file again")
    expect(frame.locator("tr[data-stage=failed]")).to_have_count(1)
    assert list(watch.after(asked)) == []
    assert not asked_before_leaving(page)


def test_it_can_be_paused_cancelled_and_goes_on_behind_another_tool(
    page: Page, frame: Frame, photo: Path
) -> None:
    data = photo.read_bytes()
    open_tool(page, "many")
    drop(frame, [(f"{number}.jpg", data) for number in range(30)])
    frame.get_by_label("Save as").select_option("avif")
    button(frame, "Start with 30 files")
    button(frame, "Pause")
    expect(frame.get_by_text("Paused.")).to_be_visible()
    expect(frame.locator("tr[data-stage=working]")).to_have_count(0)
    assert "waiting" in stages(frame)
    button(frame, "Go on")
    open_tool(page, "receipt")
    expect(frame.get_by_label("Fingerprint of the key")).to_be_visible()
    open_tool(page, "many")
    button(frame, "Cancel")
    expect(frame.locator("tr[data-stage=stopped]").first).to_be_visible()
    assert not {"waiting", "working"} & set(stages(frame))


# Let go of so many empty files at once.
DROP_MANY = """(count) => {
  const carried = new DataTransfer();
  for (let at = 0; at < count; at += 1) carried.items.add(new File([], at + '.jpg'));
  const options = {bubbles: true, cancelable: true, dataTransfer: carried};
  document.body.dispatchEvent(new DragEvent('drop', options));
}"""


def test_a_written_recipe_goes_along_to_this_computer(
    page: Page, frame: Frame, photo: Path
) -> None:
    open_tool(page, "many")
    frame.evaluate(DROP_MANY, 10_001)
    expect(frame.get_by_text("10,000 files are taken at once at most.")).to_be_visible()
    expect(frame.get_by_role("button", name="Start with 10,000 files")).to_be_visible()
    button(frame, "Empty the list")
    frame.locator("[data-picker]").set_input_files(photo)  # of a disk, as people's are
    expect(frame.get_by_text("are taken at once at most.")).to_have_count(0)
    frame.get_by_label("Write the recipe as JSON").check()
    recipe = frame.get_by_label("Recipe", exact=True)
    for wrong, words in (("{", "This is no JSON"), ('{"steps": [{}]}', "a list named steps")):
        recipe.fill(wrong)
        button(frame, "Start with")
        expect(frame.get_by_text(words)).to_be_visible()
    recipe.fill(json.dumps({"steps": [{"op": "scrub", "profile": "strict"}]}))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    button(frame, "Continue on this computer")
    expect(page).to_have_url(re.compile("#/batch$"))
    # Nothing of it is taken before a button of the page is pressed, the recipe not even then.
    expect(page.get_by_text("It has not left this page")).to_be_visible()
    expect(page.get_by_role("button", name="Start 1 file")).to_have_count(0)
    assert set(sent) <= {"GET"}
    page.get_by_role("button", name="Take 1 picture to this computer").click()
    expect(page.get_by_role("button", name="Start 1 file")).to_be_visible()
    expect(page.get_by_text("Its steps: scrub")).to_be_visible()
    page.get_by_role("button", name="Use this recipe").click()
    expect(page.get_by_text("Its steps: scrub")).to_have_count(0)
    page.get_by_role("button", name="Start 1 file").click()
    expect(page.get_by_text("1 done, 0 failed")).to_be_visible(timeout=WORK_MS)
