"""A name that ends in .enc: encrypted on the way to the disk, opened on the way in."""

from __future__ import annotations

import hashlib
import json
import os
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safelight import Engine, Recipe
from safelight.batch.run import keep_original
from safelight.engine.existing import free_name
from safelight.engine.output import sha256_of
from safelight.engine.result import Result, Skipped
from safelight.engine.sealing import opening_of
from safelight.engine.source import open_source
from safelight.errors import (
    ContainerBroken,
    FormatUnknown,
    LimitExceeded,
    OutputFailed,
    SafelightError,
    VaultLocked,
    VerificationFailed,
)
from safelight.settings import Settings
from safelight.vault.stream import SCHEME, Decryptor
from tests.cli.pictures import draw_noise
from tests.vault.tinkered import tink_encrypts, tink_opens

SCRUB = Recipe.from_steps([{"op": "scrub"}])
SMALLER = Recipe.from_steps([{"op": "resize", "fit": "96x96"}])


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    draw_noise(path, 128)
    return path


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("state")
    with Engine(replace(Settings(), state_dir=folder / "state"), jobs=1) as made:
        yield made


def done(engine: Engine, source: Path | bytes, recipe: Recipe, **how: Any) -> Result:
    result = engine.run(source, recipe, **how)
    assert isinstance(result, Result)
    return result


def inside(engine: Engine, path: Path) -> bytes:
    with path.open("rb") as file, Decryptor(engine.book.data_key(), file.readinto) as decryptor:
        return decryptor.read(1 << 26)


def facts(result: Result) -> dict[str, Any]:
    payload = b64decode(json.loads(result.receipt)["payload"])
    found: dict[str, Any] = json.loads(payload)["predicate"]
    return found


def test_the_file_is_tinks_and_holds_the_same_picture(
    engine: Engine, photo: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.png.enc"
    result = done(engine, photo, SCRUB, output=target)
    plain = done(engine, photo, SCRUB).data
    assert plain is not None
    assert tink_opens(engine.book.keys.data, target.read_bytes()) == plain
    (output,) = facts(result)["outputs"]
    assert output["sha256"] == sha256_of(target)
    assert output["bytes"] == target.stat().st_size > len(plain)
    assert output["encryption"] == SCHEME
    assert "encryption" not in facts(result)["inputs"][0]


def test_what_tink_encrypted_is_an_input(engine: Engine, photo: Path, tmp_path: Path) -> None:
    sealed = tmp_path / "theirs.PNG.ENC"
    sealed.write_bytes(tink_encrypts(engine.book.keys.data, photo.read_bytes()))
    ours, plain = (done(engine, source, SMALLER) for source in (sealed, photo))
    assert ours.data == plain.data
    for key in ("keyed_digest", "bytes", "width"):
        assert facts(ours)["inputs"][0][key] == facts(plain)["inputs"][0][key]
    assert facts(ours)["inputs"][0]["encryption"] == SCHEME


def test_a_picture_that_a_recipe_names_may_be_encrypted(
    engine: Engine, photo: Path, tmp_path: Path
) -> None:
    data = photo.read_bytes()
    (tmp_path / "plain.png").write_bytes(data)
    (tmp_path / "sealed.png.enc").write_bytes(tink_encrypts(engine.book.keys.data, data))
    made = []
    for name in ("plain.png", "sealed.png.enc"):
        text = f'[[steps]]\nop = "difference"\nreference = "{name}"\nformat = "png"\n'
        (tmp_path / "r.toml").write_text(text)
        recipe = Recipe.load(tmp_path / "r.toml", opening=opening_of(engine.settings))
        made.append((recipe.digest, done(engine, photo, recipe).data))
    assert made[0] == made[1]
    with pytest.raises(FormatUnknown):
        Recipe.load(tmp_path / "r.toml")
    (tmp_path / "sealed.png.enc").write_bytes(data)
    with pytest.raises(VerificationFailed):
        Recipe.load(tmp_path / "r.toml", opening=opening_of(engine.settings))


def test_the_same_again_is_skipped_and_another_is_refused(
    engine: Engine, photo: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.png.enc"
    done(engine, photo, SCRUB, output=target)
    assert engine.run(photo, SCRUB, output=target) == Skipped(target, "verified")
    target.write_bytes(target.read_bytes()[:-1])
    with pytest.raises(SafelightError, match="there already"):
        engine.run(photo, SCRUB, output=target)


def test_in_place_it_stays_encrypted_by_whatever_name(
    engine: Engine, photo: Path, tmp_path: Path
) -> None:
    target, link = tmp_path / "out.png.enc", tmp_path / "plainly-named"
    done(engine, photo, SCRUB, output=target)
    os.link(target, link)
    before = target.stat()
    result = done(engine, target, SMALLER, output=target, in_place=True)
    assert result.width == 96
    assert target.stat().st_mode == before.st_mode
    assert inside(engine, target) == done(engine, photo, SMALLER).data
    # The input says how it is written: a link of another name must not bring plain bytes about.
    link.unlink()
    done(engine, target, SCRUB, output=link, in_place=False)
    link.unlink()
    os.symlink(target, tmp_path / "link.enc")
    os.link(target, link)
    done(engine, tmp_path / "link.enc", SMALLER, output=link, in_place=True)
    assert inside(engine, link).startswith(b"\x89PNG")


def test_a_disk_that_gives_back_other_bytes_is_noticed(
    engine: Engine, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.png.enc"
    done(engine, photo, SCRUB, output=target)
    kept, real = target.read_bytes(), os.write

    def broken(fd: int, data: memoryview) -> int:
        return real(fd, bytes(len(data)) if len(data) > 2_000 else data)

    monkeypatch.setattr(os, "write", broken)
    with pytest.raises(OutputFailed, match="read back"):
        engine.run(target, SMALLER, output=target, in_place=True)
    assert target.read_bytes() == kept


@pytest.mark.parametrize("cut", [-1, 60, 0])
def test_what_does_not_open_is_no_input(
    engine: Engine, photo: Path, tmp_path: Path, cut: int
) -> None:
    sealed = tmp_path / "a.png.enc"
    sealed.write_bytes(tink_encrypts(engine.book.keys.data, photo.read_bytes())[:cut])
    with pytest.raises(VerificationFailed):
        engine.run(sealed, SCRUB)
    sealed.write_bytes(tink_encrypts(engine.book.keys.data, b""))
    with pytest.raises(ContainerBroken, match="empty"):
        engine.run(sealed, SCRUB)


def test_the_limit_is_that_of_the_picture(photo: Path, tmp_path: Path) -> None:
    size, sealed = photo.stat().st_size, tmp_path / "a.png.enc"
    sealed.write_bytes(tink_encrypts(bytes(32), photo.read_bytes()))
    with open_source(sealed, size, hashlib.sha256(), key=lambda: bytearray(32)) as held:
        assert held.size_bytes == size
    reading = open_source(sealed, size - 1, hashlib.sha256(), key=lambda: bytearray(32))
    with pytest.raises(LimitExceeded), reading:
        pass


def test_a_locked_vault_is_told_before_anything_is_written(
    engine: Engine, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked() -> bytearray:
        raise VaultLocked()

    monkeypatch.setattr(engine.book, "data_key", locked)
    sealed = tmp_path / "a.png.enc"
    with pytest.raises(VaultLocked):
        engine.run(photo, SCRUB, output=sealed)
    assert not sealed.exists()
    sealed.write_bytes(b"x" * 100)
    with pytest.raises(VaultLocked):
        engine.run(sealed, SCRUB)


def test_a_key_is_taken_for_one_use_and_overwritten(
    photo: Path, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[bytearray] = []
    real = engine.book.data_key

    def noted() -> bytearray:
        given.append(real())
        return given[-1]

    monkeypatch.setattr(engine.book, "data_key", noted)
    target = tmp_path / "out.png.enc"
    done(engine, photo, SCRUB, output=target)
    done(engine, target, SMALLER, output=target, in_place=True)
    assert len(given) == 4
    assert not any(map(any, given))


def test_names_keep_their_ending(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg.enc"
    path.write_bytes(b"x")
    assert free_name(path).name == "photo-1.jpg.enc"
    kept = [keep_original(path, tmp_path / "kept").name for _ in range(2)]
    assert kept == ["photo.jpg.enc", "photo-1.jpg.enc"]
