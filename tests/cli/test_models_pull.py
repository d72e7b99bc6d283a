"""`models pull` as a person meets it, against a host on this machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import IO

import pytest

from safelight.cli import main
from safelight.engine.book import Book
from safelight.models import pull, staging
from safelight.models.store import Store
from tests.cli.schema import violations
from tests.models.hosting import ELSEWHERE, HOST, Host, Play, hosted, surroundings

pytestmark = pytest.mark.opens_sockets("a host on the loopback stands in for the internet")

PACKAGE = files("safelight.models")
X2 = (PACKAGE / "builtin" / "upscale-x2.onnx").read_bytes()
X2_EXACT = (PACKAGE / "builtin" / "upscale-x2-fp32.onnx").read_bytes()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with hosted(tmp_path_factory.mktemp("host")) as host:
        yield host


@pytest.fixture
def host(running: Host, monkeypatch: pytest.MonkeyPatch, models: Path) -> Host:
    for one in (running.asked, running.connected, running.plays):
        one.clear()
    running.files = {"/twice.onnx": X2}
    for name, value in surroundings(running).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(pull, "PAUSE_S", 0.0)
    return running


@pytest.fixture
def models(home: Path) -> Path:
    folder = home / ".local" / "share" / "safelight" / "models"
    folder.mkdir(parents=True)
    return folder


def offer(models: Path, data: bytes = X2, **changes: str) -> None:
    """An entry that can be pulled, of a model that works: the built-in one under another name."""
    text = (PACKAGE / "catalogue" / "upscale-x2.toml").read_text()
    dropped = ("aliases", "exact", "sha256", "size_bytes", "name", "licence")
    input_and_output = text[text.index("[input]") :]
    head = [line for line in text[: text.index("[input]")].splitlines() if line]
    kept = [line for line in head if line.split(" ")[0] not in (*dropped, *changes)]
    digest = changes.pop("sha256", hashlib.sha256(data).hexdigest())
    facts = {
        "name": "twice",
        "url": f"https://{HOST}/twice.onnx",
        "pin": "single",
        "licence": "MIT",
        **changes,
        "sha256": digest,
    }
    lines = [*(f'{key} = "{value}"' for key, value in facts.items()), f"size_bytes = {len(data)}"]
    (models / "twice.toml").write_text("\n".join([*kept, *lines, "", input_and_output]))


Said = tuple[int, str, str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def play(*words: str) -> Said:
        code = main.run(["models", *words])
        said = capsys.readouterr()
        for line in said.out.splitlines() if "--json" in words else ():
            assert violations(json.loads(line)) == []
        return code, said.out, said.err

    return play


def here(models: Path) -> set[str]:
    return {entry.name for entry in Store(models).entries()} - {e.name for e in Store().entries()}


def test_a_pull_shows_everything_asks_fetches_tries_and_takes_into_use(
    host: Host, models: Path, run: Callable[..., Said], state_dir: Path
) -> None:
    offer(models)
    code, out, err = run("list", "--available", "--task", "upscale")
    assert code == 0
    assert "twice" in out
    assert "not here" in out
    code, out, err = run("pull", "twice", "--yes")
    assert (code, here(models)) == (0, {"twice"}), err
    assert out.startswith("twice  in use; tried out in the cage by upscale: ")
    for told in (HOST, f"({len(X2)} bytes)", "MIT", hashlib.sha256(X2).hexdigest()):
        assert told in err
    assert "single source: its digest rests on a single public source" in err
    assert host.connected == [HOST]
    code, out, err = run("list", "--task", "upscale")
    assert "twice" in out
    assert "s a megapixel" in out
    kept = Book(state_dir).ledger.read()
    assert [(one["what"], one.get("host"), one.get("outcome")) for one in kept] == [
        ("connection", HOST, None),
        ("fetched", None, "whole"),
    ]
    assert run("pull", "twice", "--yes") == (
        0,
        "",
        "everything is here as the catalogue pins it; nothing was fetched\n",
    )
    assert run("verify", "twice")[0] == 0


def test_nothing_comes_unasked(host: Host, models: Path, run: Callable[..., Said]) -> None:
    offer(models)
    code, _out, err = run("pull", "twice")
    assert code == 2
    assert "nobody can be asked here" in err
    assert "--yes answers it" in err
    assert host.connected == []


@pytest.mark.parametrize(
    ("play", "code", "sentence"),
    [
        (Play(flip=50_000), 5, "is not the file that is pinned"),
        (Play(length="7"), 5, "7 bytes where"),
        (
            Play(status=302, location=f"https://{ELSEWHERE}/x"),
            6,
            f"hands the file on to {ELSEWHERE}",
        ),
        (Play(status=302, location=f"http://{HOST}/x"), 6, "not https"),
        (Play(status=404), 9, "answers 404"),
    ],
)
def test_what_goes_wrong_has_one_line_a_hint_and_a_code(
    host: Host, models: Path, run: Callable[..., Said], play: Play, code: int, sentence: str
) -> None:
    offer(models)
    host.plays.append(play)
    found, out, err = run("pull", "twice", "--yes")
    assert (found, out, here(models)) == (code, "", set())
    assert len([line for line in err.splitlines() if line.startswith("safelight: ")]) == 1
    assert sentence in err
    assert run("pull", "twice", "--yes")[0] == 0


def test_an_interrupted_pull_goes_on(
    host: Host, models: Path, run: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(models)
    whole = staging.written

    def interrupted(file: IO[bytes], data: bytes) -> None:
        whole(file, data[:1_000])
        raise KeyboardInterrupt

    monkeypatch.setattr(pull, "written", interrupted)
    code, _out, err = run("pull", "twice", "--yes")
    assert code == 130
    assert "run the same command again" in err
    monkeypatch.setattr(pull, "written", whole)
    code, _out, err = run("pull", "twice", "--yes")
    assert code == 0
    assert "1.0 kB of it here already" in err
    assert host.ranges == ["", "bytes=1000-"]
