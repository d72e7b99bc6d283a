"""`models pull` as a person meets it, against a host on this machine."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import pytest

from safelight.cli import main
from safelight.engine import shelving
from safelight.engine.book import Book
from safelight.engine.trial import Trial
from safelight.engine.tuning import Tuning
from safelight.models import pull, staging
from safelight.models.store import Store
from tests.cli.schema import violations
from tests.cli.testscript import environment
from tests.models.hosting import ELSEWHERE, HOST, Host, Play, hosted, surroundings

pytestmark = pytest.mark.opens_sockets("a host on the loopback stands in for the internet")

PACKAGE = files("safelight.models")
X2 = (PACKAGE / "builtin" / "upscale-x2.onnx").read_bytes()


@pytest.fixture(scope="module", autouse=True)
def untimed() -> Iterator[None]:
    """No self-test of the machine: nothing here depends on what is fastest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tuning, "choice", lambda _, **__: None)
        yield


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


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def offer(models: Path, data: bytes = X2, **changes: str) -> None:
    """An entry that can be pulled, of a model that works: the built-in one under another name."""
    text = (PACKAGE / "catalogue" / "upscale-x2.toml").read_text()
    dropped = ("aliases", "exact", "sha256", "size_bytes", "name", "licence")
    input_and_output = text[text.index("[input]") :]
    head = [line for line in text[: text.index("[input]")].splitlines() if line]
    kept = [line for line in head if line.split(" ")[0] not in (*dropped, *changes)]
    pin = changes.pop("sha256", digest(data))
    facts = {
        "name": "twice",
        "url": f"https://{HOST}/twice.onnx",
        "pin": "single",
        "licence": "MIT",
        **changes,
        "sha256": pin,
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


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial takes a second or two: once is enough."""
    monkeypatch.setattr(shelving, "try_out", lambda *_: Trial("upscale", 0.25, "megapixel"))


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
    for told in (HOST, f"({len(X2)} bytes)", "MIT", digest(X2)):
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


def test_an_interrupted_pull_goes_on(
    host: Host,
    models: Path,
    run: Callable[..., Said],
    monkeypatch: pytest.MonkeyPatch,
    untried: None,
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


def test_a_pull_that_is_killed_goes_on(
    host: Host, models: Path, run: Callable[..., Said], home: Path, untried: None
) -> None:
    """Power off, kill -9: nothing is asked of the process that ends."""
    offer(models)
    host.plays.append(Play(stall=60_000))
    command = [sys.executable, "-m", "safelight.cli", "models", "pull", "twice", "--yes"]
    variables = environment(home) | surroundings(host)
    process = subprocess.Popen(command, env=variables, stderr=subprocess.PIPE)
    staging = models / "pulled" / "staging"
    for _ in range(600):
        if sum(path.stat().st_size for path in staging.glob("*.part")) == 60_000:
            break
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert here(models) == set()
    assert run("pull", "twice", "--yes")[0] == 0
    assert host.ranges == ["", "bytes=60000-"]


def test_a_model_of_the_catalogue_comes_from_its_own_address(
    run: Callable[..., Said],
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shared_data: Path,
) -> None:
    entry = next(one for one in Store().available() if one.name == "yunet-n-320")
    address = urlsplit(entry.url or "")
    found = (path for path in (shared_data / "models").rglob("*.onnx"))
    data = next(d for d in map(Path.read_bytes, found) if digest(d) == entry.sha256)
    with hosted(tmp_path, [str(address.hostname)]) as host:
        host.files[address.path] = data
        for name, value in surroundings(host).items():
            monkeypatch.setenv(name, value)
        code, out, err = run("pull", entry.name, "--yes", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert (told["state"], told["seconds_per"], told["outdated"]) == ("pulled", "picture", False)
    assert here(models) == {entry.name}
