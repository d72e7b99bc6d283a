"""Models from outside: what is in use, what was before, what is thrown away, what `use` does."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import DiskFull, ModelMissing, OutputFailed, UsageError, VerificationFailed
from safelight.models import shelf as shelf_module
from safelight.models.entry import Entry
from safelight.models.shelf import Choice, Shelf, Versions, pins
from safelight.models.staging import Staged, Wanted, refuse_full_disk
from safelight.models.store import Place, Store
from safelight.models.writing import failed, write_whole
from safelight.operation import ModelNeed
from tests.models.making import entry_toml
from tests.models.stated import state

NEED = ModelNeed("upscale", "plain", 2)
URL = 'url = "https://models.example/twice.bin"'


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def an_entry(data: bytes = b"weights", part: bytes = b"", **changes: Any) -> Entry:
    """Of a model that can be pulled, with a part where one is given."""
    aliases = changes.pop("aliases", '["plain"]')
    if part:
        changes["output_range"] = (
            '[0.0, 1.0]\n[[parts]]\nfile = "words.json"\nrole = "vocabulary"\n'
            f'sha256 = "{digest(part)}"\nsize_bytes = {len(part)}\n'
            'url = "https://models.example/words.json"'
        )
    return Entry.from_toml(entry_toml(data, aliases=f"{aliases}\n{URL}", **changes))


def taken(folder: Path, data: bytes = b"weights", part: bytes = b"", **changes: Any) -> Entry:
    """Take such a model in."""
    entry, shelf = an_entry(data, part, **changes), Shelf(folder)
    for staged, bytes_ in zip(shelf.staged(entry), (data, part), strict=False):
        write_whole(staged.path, bytes_)
    shelf.take_in(entry)
    return entry


def files(folder: Path) -> set[str]:
    return {path.name for path in (folder / "pulled" / "files").iterdir()}


def test_what_was_taken_in_is_in_use(tmp_path: Path) -> None:
    entry = taken(tmp_path)
    store = Store(tmp_path)
    assert store.find(NEED) == entry
    assert store.origin("twice") == "pulled"
    with store.load(NEED) as model:
        assert bytes(model.view()) == b"weights"
    assert store.available() == Store().available()
    assert not list((tmp_path / "pulled" / "staging").iterdir())


def test_a_model_and_its_parts_come_as_one(tmp_path: Path) -> None:
    taken(tmp_path, b"weights", b"the words")
    with Store(tmp_path).load(NEED) as model:
        assert bytes(model.view()) == b"weightsthe words"
        assert model.size_bytes == 16


def test_a_part_that_was_changed_is_noticed(tmp_path: Path) -> None:
    entry = taken(tmp_path, b"weights", b"the words")
    path = Shelf(tmp_path).paths(entry)[1]
    path.write_bytes(b"the sword")
    assert not Store(tmp_path).verify(entry)


def test_a_newer_version_keeps_the_one_before_and_no_other(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    versions = [taken(tmp_path, data) for data in (b"one", b"two", b"three")]
    assert Store(tmp_path).find(NEED) == versions[2]
    assert files(tmp_path) == {digest(b"two"), digest(b"three")}
    assert shelf.roll_back("twice") == versions[1]
    assert Store(tmp_path).find(NEED) == versions[1]
    assert shelf.roll_back("twice") == versions[2]
    assert Store(tmp_path).find(NEED) == versions[2]


def test_the_same_version_again_changes_nothing(tmp_path: Path) -> None:
    taken(tmp_path, b"one")
    before = Shelf(tmp_path).versions("twice")
    taken(tmp_path, b"one")
    assert Shelf(tmp_path).versions("twice") == before == Versions(before.now if before else "")
    taken(tmp_path, b"two")
    both = Shelf(tmp_path).versions("twice")
    taken(tmp_path, b"two")
    assert Shelf(tmp_path).versions("twice") == both


def test_without_a_version_before_there_is_no_way_back(tmp_path: Path) -> None:
    taken(tmp_path)
    for name in ("twice", "elephant"):
        with pytest.raises(ModelMissing, match="no version"):
            Shelf(tmp_path).roll_back(name)


def test_a_file_of_two_models_stays_while_one_is_left(tmp_path: Path) -> None:
    taken(tmp_path, b"one", b"words")
    taken(tmp_path, b"two", b"words", name="other")
    shelf = Shelf(tmp_path)
    assert shelf.remove("twice")
    assert files(tmp_path) == {digest(b"two"), digest(b"words")}
    assert shelf.remove("other")
    assert files(tmp_path) == set()
    assert not shelf.remove("other")
    assert shelf.used_bytes() == 0


def test_a_failure_while_taking_in_leaves_the_version_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = taken(tmp_path, b"one")

    def refuse(*_: object) -> None:
        raise DiskFull

    monkeypatch.setattr(shelf_module, "write_whole", refuse)
    with pytest.raises(DiskFull):
        taken(tmp_path, b"two")
    assert Store(tmp_path).find(NEED) == before
    assert Store(tmp_path).verify(before)


@pytest.mark.parametrize("lines", ["", "x\n", "0" * 64, "0" * 64 + "\n\n", "../../x\n-\n"])
def test_damaged_lines_are_told_with_what_frees_the_name(tmp_path: Path, lines: str) -> None:
    taken(tmp_path)
    (tmp_path / "pulled" / "in-use" / "twice").write_text(lines)
    with pytest.raises(UsageError, match="twice is damaged") as caught:
        Store(tmp_path).entries()
    assert caught.value.hint == "safelight models rm twice"
    assert Shelf(tmp_path).remove("twice")
    assert Store(tmp_path).entries()


@pytest.mark.parametrize("change", ["gone", "altered"])
def test_a_damaged_entry_is_told_with_what_frees_the_name(tmp_path: Path, change: str) -> None:
    taken(tmp_path, b"one")
    taken(tmp_path, b"two", name="other")
    found = Shelf(tmp_path).versions("twice")
    path = tmp_path / "pulled" / "entries" / (found.now if found else "")
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b"Repeats", b"Rewrite"))
    with pytest.raises(UsageError) as caught:
        Store(tmp_path).entries()
    assert caught.value.hint == "safelight models rm twice"
    Shelf(tmp_path).remove("other")  # throws no file away while it cannot tell which are used
    assert digest(b"one") in files(tmp_path)


def test_the_catalogue_says_it_best_where_the_files_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(tmp_path)
    better = an_entry(precision="fp16")
    state(monkeypatch, (better,))
    store = Store(tmp_path)
    assert store.find(NEED) == better
    assert store.outdated() == ()
    newer = an_entry(b"heavier")
    state(monkeypatch, (newer,))
    store = Store(tmp_path)
    assert pins(store.find(NEED)) == (digest(b"weights"),)
    assert store.outdated() == (newer,)


def test_a_name_of_the_package_is_never_taken(tmp_path: Path) -> None:
    taken(tmp_path, name="upscale-x4")
    assert Store(tmp_path).origin("upscale-x4") == "built-in"


def test_a_model_that_could_be_pulled_is_missed_with_the_line_that_gets_it(tmp_path: Path) -> None:
    (tmp_path / "twice.toml").write_bytes(entry_toml(aliases=f'["plain"]\n{URL}'))
    store = Store(tmp_path)
    assert [entry.name for entry in store.available()][-1:] == ["twice"]
    assert store.origin("twice") is None
    for name in ("plain", "twice"):
        with pytest.raises(
            ModelMissing, match="needs the model twice, which is not here"
        ) as caught:
            store.find(ModelNeed("upscale", name, 2))
        assert caught.value.hint == "safelight models pull twice"
    (tmp_path / "twice.bin").write_bytes(b"weights")
    assert Store(tmp_path).find(NEED).name == "twice"
    assert Store(tmp_path).origin("twice") == "own"


def test_a_task_with_nothing_here_says_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        Store(tmp_path).find(ModelNeed("detect", "zebra"))
    assert caught.value.hint.endswith("safelight models list --available")


def test_a_twin_that_could_be_pulled_is_missed_with_its_line(tmp_path: Path) -> None:
    taken(tmp_path, aliases='["plain"]\nexact = "exactly"')
    (tmp_path / "exactly.toml").write_bytes(entry_toml(b"e", name="exactly", aliases=f"[]\n{URL}"))
    store = Store(tmp_path)
    with pytest.raises(ModelMissing, match="the exact twin of twice") as caught:
        store.find(NEED)
    assert caught.value.hint == "safelight models pull exactly"


def test_a_model_on_trial_stands_in_the_place_of_its_name(tmp_path: Path) -> None:
    taken(tmp_path, b"one")
    path = tmp_path / "elsewhere"
    path.write_bytes(b"two")
    entry = an_entry(b"two")
    store = Store(tmp_path, trying=Place(entry, (path,), "trial"))
    with store.load(NEED) as model:
        assert bytes(model.view()) == b"two"
    assert store.origin("twice") == "trial"


def test_a_choice_stands_in_for_the_usual_name(tmp_path: Path) -> None:
    taken(tmp_path, b"one")
    chosen = taken(tmp_path, b"two", name="other", aliases="[]")
    shelf = Shelf(tmp_path)
    shelf.choose({"upscale": Choice("plain", "other")})
    assert Store(tmp_path).find(NEED) == chosen
    assert Store(tmp_path).find(ModelNeed("upscale", "twice", 2)).name == "twice"
    shelf.remove("other")
    assert shelf.choices() == {}
    assert Store(tmp_path).find(NEED).name == "twice"


@pytest.mark.parametrize("text", ["[]", "{", '{"a": 1}', '{"a": {}}', "[" * 10_000])
def test_damaged_choices_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "pulled").mkdir()
    (tmp_path / "pulled" / "chosen.json").write_text(text)
    with pytest.raises(UsageError, match="damaged"):
        Store(tmp_path).find(NEED)


def test_what_never_came_whole_can_be_thrown_away(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    write_whole(shelf.staged(an_entry())[0].path, b"weig")
    assert shelf.used_bytes() == 4
    assert shelf.clear_staging() == 4
    assert shelf.used_bytes() == 0


def test_a_link_in_the_place_of_what_comes_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_bytes(b"")
    staged = Staged(tmp_path, Wanted("f", digest(b"x"), 1))
    staged.path.symlink_to(target)
    assert staged.have == 0
    with staged.appending() as file:
        file.write(b"x")
    assert target.read_bytes() == b""


def test_what_came_is_checked_where_it_lies(tmp_path: Path) -> None:
    staged = Staged(tmp_path, Wanted("f", digest(b"right"), 5))
    with pytest.raises(OutputFailed):
        staged.check()
    write_whole(staged.path, b"wrong")
    with pytest.raises(VerificationFailed, match="thrown away"):
        staged.check()
    assert staged.have == 0


def test_a_disk_without_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="are needed"):
        refuse_full_disk(tmp_path / "not" / "yet", 10**18)
    refuse_full_disk(tmp_path / "not" / "yet", 1)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputFailed, match="models' folder"):
        write_whole(tmp_path / "file" / "below", b"x")
    staged = Staged(tmp_path / "file", Wanted("f", digest(b"x"), 1))
    with pytest.raises(OutputFailed), staged.appending():
        raise AssertionError("never open")
    assert isinstance(failed(OSError(28, "No space left")), DiskFull)


def test_the_choices_are_a_file_that_a_person_can_read(tmp_path: Path) -> None:
    Shelf(tmp_path).choose({"cutout": Choice("products", "u2netp")})
    found = json.loads((tmp_path / "pulled" / "chosen.json").read_text())
    assert found == {"cutout": {"alias": "products", "model": "u2netp"}}
