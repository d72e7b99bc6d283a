"""Export, import, rollback, rm and what is asked: as a person meets them, without a network."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from safelight.cli import main
from safelight.engine import shelving as shelving_module
from safelight.engine.trial import Trial
from safelight.models.entry import Entry
from safelight.models.shelf import Shelf
from safelight.models.store import Store
from safelight.models.writing import write_whole
from safelight.vault.lock import hold
from tests.models.stated import state

PACKAGE = files("safelight.models")
Said = tuple[int, str, str]


@pytest.fixture(autouse=True)
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a trial does is proved in tests/engine/test_shelving.py."""
    monkeypatch.setattr(shelving_module, "try_out", lambda *_: Trial("upscale", 0.25, "megapixel"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def play(*words: str) -> Said:
        code = main.run(["models", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return play


@pytest.fixture
def models(home: Path) -> Path:
    return home / ".local" / "share" / "safelight" / "models"


def taken(models: Path, data: bytes = b"one", **changes: object) -> Entry:
    """A model on the shelf."""
    built_in = next(entry for entry in Store().entries() if entry.name == "upscale-x2")
    facts = {
        "name": "twice",
        "aliases": (),
        "exact": None,
        "pin": "single",
        "url": "https://models.example/twice.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
    }
    entry, shelf = built_in.model_copy(update=facts | changes), Shelf(models)
    write_whole(shelf.staged(entry)[0].path, data)
    shelf.take_in(entry)
    return entry


def test_a_bundle_goes_to_another_machine(
    models: Path,
    run: Callable[..., Said],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken(models)
    path = str(tmp_path / "bundle.tar")
    code, out, err = run("export", "twice", "-o", path)
    assert (code, out.split()[0]) == (0, "twice")
    assert "signed by " in err
    fingerprint = err.split()[-1]
    assert run("export", "twice", "-o", path)[0] == 1
    assert run("import", path)[0] == 0
    monkeypatch.setenv("SAFELIGHT_STATE_DIR", str(tmp_path / "other-state"))
    there = ("--data-dir", str(tmp_path / "other"))
    code, _out, err = run("import", path, "--yes", *there)
    assert code == 6
    assert "pinned by the bundle alone" in err
    assert f"hint: if you know the key: --key {fingerprint}" in err
    code, out, _err = run("import", path, "--key", fingerprint, *there)
    assert (code, out.split(";")[0]) == (0, "twice  in use")
    assert Store(tmp_path / "other" / "models").origin("twice") == "own"
    assert run("import", path, "--key", fingerprint, "--json", *there)[0] == 0


def test_a_changed_bundle_is_refused(
    models: Path, run: Callable[..., Said], tmp_path: Path
) -> None:
    taken(models)
    path = tmp_path / "bundle.tar"
    run("export", "twice", "-o", str(path))
    data = bytearray(path.read_bytes())
    data[600] ^= 1
    path.write_bytes(data)
    code, _out, err = run("import", str(path))
    assert code == 5
    assert "safelight: models: " in err
    assert not list((models / "pulled" / "staging").iterdir())


def test_a_bundle_waits_while_another_run_fetches_the_same_file(
    models: Path, run: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both would write what comes of it to one place."""
    entry, path = taken(models), str(tmp_path / "bundle.tar")
    run("export", "twice", "-o", path)
    run("rm", "twice", "--yes")
    part = Shelf(models).staged(entry)[0].path
    part.write_bytes(b"on")
    monkeypatch.setattr(shelving_module, "LOCK_WAIT_S", 0.05)
    with hold(models / ".lock"):
        code, _out, err = run("import", path)
    assert (code, part.read_bytes()) == (9, b"on")
    assert "another run changes the models" in err
    assert run("import", path)[0] == 0


def test_every_line_that_is_told_accepts_all_terms(
    models: Path, run: Callable[..., Said], tmp_path: Path
) -> None:
    for name in ("twice", "thrice"):
        taken(models, name.encode(), name=name, licence_class="consent", file=f"{name}.onnx")
    path = str(tmp_path / "bundle.tar")
    run("export", "twice", "thrice", "-o", path)
    err = run("import", path, "--accept-licence", "thrice")[2]
    assert "--accept-licence thrice --accept-licence twice\n" in err


def test_terms_are_accepted_for_what_comes_in_a_bundle_too(
    models: Path, run: Callable[..., Said], tmp_path: Path
) -> None:
    taken(models, licence_class="consent", licence="GPL-3.0")
    path = str(tmp_path / "bundle.tar")
    run("export", "twice", "-o", path)
    code, _out, err = run("import", path, "--yes")
    assert code == 6
    assert "the terms of twice must be accepted first: GPL-3.0" in err
    assert run("import", path, "--accept-licence", "twice")[0] == 0


def test_back_and_forth(models: Path, run: Callable[..., Said]) -> None:
    one, two = taken(models, b"one"), taken(models, b"two")
    assert run("rollback", "twice")[1] == f"twice  in use: {one.sha256}\n"
    assert run("rollback", "twice")[1] == f"twice  in use: {two.sha256}\n"


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("show", "upscale-4x"), "did you mean upscale-x4? safelight models list\n"),
        (("pull", "U2NETP", "--yes"), "did you mean u2netp? safelight models list --available\n"),
        (("verify", "zzzzzz"), "hint: safelight models list\n"),
    ],
)
def test_a_name_that_was_meant_is_told(
    run: Callable[..., Said], words: tuple[str, ...], near: str
) -> None:
    code, _out, err = run(*words)
    assert code == 7
    assert near in err


def test_gone_is_gone(models: Path, run: Callable[..., Said]) -> None:
    taken(models)
    assert run("rm", "twice")[0] == 2
    code, _out, err = run("rm", "twice", "--yes")
    assert code == 0
    assert "twice  gone, " in err
    assert run("rm", "twice", "--yes")[0] == 7


def test_a_choice_that_is_not_here_any_more_is_told_with_the_way_back(
    models: Path, run: Callable[..., Said]
) -> None:
    taken(models)
    run("use", "upscale=twice")
    (models / "pulled" / "in-use" / "twice").unlink()
    code, out, err = run("use")
    assert (code, out) == (0, "")
    assert "upscale  twice is not here: safelight models use upscale=\n" in err


def test_what_is_half_fetched_can_be_taken_away(models: Path, run: Callable[..., Said]) -> None:
    write_whole(models / "pulled" / "staging" / "x.part", b"half")
    assert run("rm", "--unfinished", "--yes") == (0, "", "4 bytes freed\n")
    assert run("rm", "--yes")[0] == 2


def test_what_came_from_outside_is_told_with_its_size_on_the_disk(
    models: Path, run: Callable[..., Said]
) -> None:
    taken(models)
    out = run("list", "--task", "upscale")[1]
    assert "  twice                          pulled      3 bytes" in out
    assert "pin: single source; commercial use: yes" in out
    assert "on disk for models that came from outside" in out


def test_a_newer_pin_is_told(
    models: Path, run: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = taken(models)
    newer = entry.model_copy(update={"sha256": "0" * 64, "caveat": "Mind the gap."})
    own = Store().catalogue()
    state(monkeypatch, (*own, newer))
    out = run("list", "--task", "upscale")[1]
    assert "another version is pinned now: safelight models pull twice" in out
    code, _out, err = run("pull", "--outdated")
    assert code == 2
    assert f"replaces   {entry.sha256}" in err
    assert "note       Mind the gap." in err


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Terminal]:
    def types(words: str) -> Terminal:
        said = Terminal()
        monkeypatch.setattr("sys.stdin", Terminal(words))
        monkeypatch.setattr("sys.stderr", said)
        return said

    return types


def test_a_person_is_asked_and_may_say_no(
    models: Path, typing: Callable[[str], Terminal], run: Callable[..., Said]
) -> None:
    taken(models)
    said = typing("n\n")
    assert run("rm", "twice")[0] == 130
    assert "take away twice? [y/N]" in said.getvalue()
    said = typing("n\n")
    assert run("pull", "u2netp")[0] == 130
    assert "fetch 4.6 MB from github.com? [y/N]" in said.getvalue()
    said = typing("n\n")
    assert run("pull", "isnet-general-use")[0] == 6
    assert "have you read the terms of isnet-general-use" in said.getvalue()
    assert Store(models).origin("twice") == "pulled"


def test_a_person_may_trust_a_key(
    models: Path,
    typing: Callable[[str], Terminal],
    run: Callable[..., Said],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken(models)
    path = str(tmp_path / "bundle.tar")
    run("export", "twice", "-o", path)
    monkeypatch.setenv("SAFELIGHT_STATE_DIR", str(tmp_path / "other-state"))
    said = typing("n\n")
    assert run("import", path)[0] == 6
    assert "somebody whom you trust with twice?" in said.getvalue()
    typing("y\n")
    assert run("import", path)[0] == 0


def test_progress_is_one_line_on_a_terminal(
    models: Path, typing: Callable[[str], Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    from safelight.cli.face import Face
    from safelight.cli.models_pull import Coming

    entry = taken(models)
    said = typing("")
    coming = Coming(Face(), 3)
    coming.came(entry, 1)
    coming.came(entry, 3)
    coming.begins("trial")
    assert "\rtwice: 3 bytes of 3 bytes" in said.getvalue()
    assert "trying it out over a drawn picture" in said.getvalue()
    monkeypatch.setattr("safelight.cli.models_pull.EVERY_S", 0.0)
    plain = io.StringIO()
    monkeypatch.setattr("sys.stderr", plain)
    Coming(Face(), 3).came(entry, 2)
    assert plain.getvalue() == "twice: 2 bytes of 3 bytes\n"
