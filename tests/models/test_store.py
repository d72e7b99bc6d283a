"""Only pinned bytes leave the store, whatever happens to the file meanwhile."""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import ModelMissing, UsageError, VerificationFailed
from safelight.models import sealed as store_module
from safelight.models.entry import Entry
from safelight.models.store import Store
from safelight.operation import ModelNeed
from tests.models.making import add_model, entry_toml

NEED = ModelNeed("upscale", "twice", 2)


def swap(path: Path, data: bytes) -> None:
    """Put another file into the place of this one, as an update or an intruder would."""
    other = path.with_name("other")
    other.write_bytes(data)
    other.replace(path)


def test_every_builtin_model_is_the_pinned_one() -> None:
    store = Store()
    assert store.entries()
    assert all(store.verify(entry) for entry in store.entries())


def test_a_model_is_found_by_name_alias_task_and_scale(tmp_path: Path) -> None:
    add_model(tmp_path)
    store = Store(tmp_path)
    assert store.find(NEED).name == "twice"
    assert store.find(ModelNeed("upscale", "plain", 2)).name == "twice"
    assert store.find(ModelNeed("upscale", "fast", 4)).output.scale == 4


def with_twin(folder: Path, **changes: Any) -> Store:
    """twice, also called plain, whose exact twin is twice-fp32."""
    add_model(folder, aliases='["plain"]\nexact = "twice-fp32"', precision="int8")
    add_model(folder, name="twice-fp32", file="other.bin", aliases="[]", **changes)
    return Store(folder)


@pytest.mark.parametrize(
    ("name", "precision", "wanted"),
    [
        ("plain", "", "twice"),
        ("plain", "int8", "twice"),
        ("plain", "fp32", "twice-fp32"),
        ("plain", "fp16", "twice"),
        ("twice", "fp32", "twice"),
        ("twice-fp32", "int8", "twice-fp32"),
    ],
)
def test_an_alias_means_the_precision_that_won_and_a_name_means_its_file(
    tmp_path: Path, name: str, precision: str, wanted: str
) -> None:
    need = ModelNeed("upscale", name, 2)
    assert with_twin(tmp_path).find(need, precision=precision).name == wanted


def test_an_alias_without_a_twin_means_its_file(tmp_path: Path) -> None:
    add_model(tmp_path)
    need = ModelNeed("upscale", "plain", 2)
    assert Store(tmp_path).find(need, precision="fp32").name == "twice"


def test_every_exact_twin_of_a_builtin_model_is_here_and_exact() -> None:
    store = Store()
    twins = {entry.name: store.twin(entry) for entry in store.entries() if entry.exact}
    assert twins
    assert {twin.precision for twin in twins.values() if twin} == {"fp32"}


def test_a_twin_of_other_tensors_is_refused(tmp_path: Path) -> None:
    store = with_twin(tmp_path, input="multiple = 2")
    with pytest.raises(UsageError, match="other tensors than twice"):
        store.twin(store.find(NEED))


def test_a_model_for_another_task_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(
        ModelMissing, match=r"^yunet-n is a model for detect, not for cutout$"
    ) as no:
        Store(tmp_path).find(ModelNeed("cutout", "yunet-n"))
    assert no.value.hint == "for cutout there is products; safelight models list"


def test_a_twin_that_is_not_here_is_missed(tmp_path: Path) -> None:
    add_model(tmp_path, aliases='[]\nexact = "twice-fp32"')
    store = Store(tmp_path)
    with pytest.raises(ModelMissing, match="twice-fp32, the exact twin of twice, is not here"):
        store.twin(store.find(NEED))


@pytest.mark.parametrize(
    ("need", "hint"),
    [
        (ModelNeed("upscale", "twicee", 2), "did you mean twice?"),
        (
            ModelNeed("upscale", "zebra", 2),
            "for upscale there is fast x2 and x4, photo x4, plain x2; safelight models list",
        ),
        (ModelNeed("cutout", "twice"), "for cutout there is products; safelight models list"),
        (ModelNeed("colourise", "twice"), "safelight models list"),
    ],
)
def test_a_model_that_is_not_there_is_named_with_the_nearest(
    tmp_path: Path, need: ModelNeed, hint: str
) -> None:
    add_model(tmp_path)
    with pytest.raises(ModelMissing) as caught:
        Store(tmp_path).find(need)
    assert caught.value.hint.startswith(hint)


def test_a_loaded_model_is_the_pinned_bytes_and_sealed(tmp_path: Path) -> None:
    add_model(tmp_path)
    with Store(tmp_path).load(NEED) as model:
        assert bytes(model.view()) == b"weights"
        assert model.size_bytes == 7
        with pytest.raises(PermissionError):
            os.pwrite(model.fd, b"W", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(model.fd, 0)
        assert fcntl.fcntl(model.fd, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SEAL


@pytest.mark.parametrize("data", [b"weightS", b"weight", b"weights and more", b""])
def test_other_bytes_are_refused(tmp_path: Path, data: bytes) -> None:
    entry = add_model(tmp_path)
    (tmp_path / entry.file).write_bytes(data)
    store = Store(tmp_path)
    with pytest.raises(VerificationFailed):
        store.load(NEED)
    assert not store.verify(entry)


def test_control_with_the_comparison_off_other_bytes_would_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = add_model(tmp_path)
    (tmp_path / entry.file).write_bytes(b"weightS")
    monkeypatch.setattr("hmac.compare_digest", lambda _found, _pinned: True)
    with Store(tmp_path).load(NEED) as model:
        assert bytes(model.view()) == b"weightS"


def test_a_refused_model_leaves_no_descriptor_open(tmp_path: Path) -> None:
    entry = add_model(tmp_path)
    (tmp_path / entry.file).write_bytes(b"weightS")
    before = len(os.listdir("/proc/self/fd"))
    Store(tmp_path).verify(entry)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_swapped_after_the_check_changes_nothing(tmp_path: Path) -> None:
    entry = add_model(tmp_path)
    with Store(tmp_path).load(NEED) as model:
        swap(tmp_path / entry.file, b"hostile")
        assert bytes(model.view()) == b"weights"


def test_a_file_overwritten_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = add_model(tmp_path)
    monkeypatch.setattr(store_module, "CHUNK_BYTES", 4)
    whole = store_module._write_all

    def overwrite_behind(fd: int, data: bytes) -> None:
        whole(fd, data)
        with (tmp_path / entry.file).open("r+b") as file:
            file.write(b"hostile")

    monkeypatch.setattr(store_module, "_write_all", overwrite_behind)
    with pytest.raises(VerificationFailed):
        Store(tmp_path).load(NEED)


def test_a_file_swapped_while_it_is_read_does_not_reach_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = add_model(tmp_path)
    monkeypatch.setattr(store_module, "CHUNK_BYTES", 4)
    whole = store_module._write_all

    def swap_behind(fd: int, data: bytes) -> None:
        whole(fd, data)
        swap(tmp_path / entry.file, b"hostile")

    monkeypatch.setattr(store_module, "_write_all", swap_behind)
    with Store(tmp_path).load(NEED) as model:
        assert bytes(model.view()) == b"weights"


def test_control_check_then_read_again_gives_the_swapped_file(tmp_path: Path) -> None:
    """What the store must not do: this loader checks one file and uses another."""
    entry = add_model(tmp_path)
    path = tmp_path / entry.file
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256
    swap(path, b"hostile")
    assert path.read_bytes() == b"hostile"


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    entry = add_model(tmp_path)
    (tmp_path / entry.file).unlink()
    with pytest.raises(ModelMissing, match=r"twice\.bin"):
        Store(tmp_path).verify(entry)


def test_a_pipe_in_the_place_of_a_model_is_refused_at_once(tmp_path: Path) -> None:
    entry = add_model(tmp_path)
    (tmp_path / entry.file).unlink()
    os.mkfifo(tmp_path / entry.file)
    with pytest.raises(VerificationFailed, match="regular"):
        Store(tmp_path).load(NEED)


def test_an_entry_of_another_store_is_refused(tmp_path: Path) -> None:
    entry = add_model(tmp_path)
    with pytest.raises(ModelMissing):
        Store().open(entry)
    forged = entry.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(ModelMissing):
        Store(tmp_path).open(forged)


def test_a_user_cannot_take_over_a_builtin_name(tmp_path: Path) -> None:
    add_model(tmp_path, name="upscale-x4", file="mine.bin", scale=4)
    found = Store(tmp_path).find(ModelNeed("upscale", "upscale-x4", 4))
    assert found.file == "upscale-x4.onnx"


def test_a_wrong_entry_of_the_user_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(entry_toml(runtime="pickle"))
    with pytest.raises(UsageError, match=r"bad\.toml.*runtime"):
        Store(tmp_path).entries()


def test_an_entry_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(UsageError, match=r"folder\.toml cannot be read"):
        Store(tmp_path).entries()


def test_a_folder_that_is_not_there_holds_no_models(tmp_path: Path) -> None:
    assert Store(tmp_path / "absent").entries() == Store().entries()


def test_without_memfd_an_unnamed_file_holds_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_model(tmp_path)
    monkeypatch.setattr("sys.platform", "darwin")
    with Store(tmp_path).load(NEED) as model:
        assert bytes(model.view()) == b"weights"
        assert os.fstat(model.fd).st_nlink == 0


def test_an_entry_makes_the_way_to_a_worker_and_back(tmp_path: Path) -> None:
    entry = add_model(tmp_path)
    assert Entry.from_json(entry.to_json()) == entry


def test_what_the_program_brings_is_told_apart_from_what_a_user_has(tmp_path: Path) -> None:
    add_model(tmp_path)
    store = Store(tmp_path)
    assert store.built_in() == Store().entries()
    assert store.origin("twice") == "own"
