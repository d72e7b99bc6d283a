"""The command line with a server in the place of this machine: the same words, the same ends."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from safelight.audit.receipt import Receipt, path_for
from safelight.batch.runs import Runs
from safelight.cli.main import run as safelight
from safelight.client.remote import RemoteEngine, explicit
from safelight.engine.book import Book
from safelight.engine.engine import Engine
from safelight.errors import (
    Cancelled,
)
from safelight.ops.resize import Resize
from safelight.ops.sanitize import Sanitize
from safelight.ops.scrub import Scrub
from safelight.recipe import Recipe
from safelight.settings import Settings, load
from tests.client.served import Near
from tests.client.test_client import jpeg, png


def last_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_inspection_is_as_it_is_here(
    there: list[str], photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert safelight(["inspect", str(photos / "0.jpg"), "--json", *there]) == 0
    found = last_lines(capsys)
    assert safelight(["inspect", str(photos / "0.jpg"), "--json"]) == 0
    here = last_lines(capsys)
    kinds = ("finding", "meaning")
    assert [one for one in found if one["type"] in kinds] == [
        one for one in here if one["type"] in kinds
    ]


def test_a_folder_is_worked_on_there_and_the_second_run_finds_it_done(
    there: list[str], photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "resize",
        str(photos),
        "-o",
        str(tmp_path / "out"),
        "--fit",
        "8x8",
        "-j",
        "2",
        *there,
    ]
    assert safelight([*command, "--json"]) == 0
    items = [one for one in last_lines(capsys) if one["type"] == "item"]
    assert {one["status"] for one in items} == {"done"}
    for one in items:
        receipt = Receipt.parse(path_for(Path(str(one["output"]))).read_bytes())
        assert receipt.id == one["receipt"]
        assert receipt.predicate.locality.entry == "server"
    assert safelight([*command, "--json"]) == 0
    again = [one for one in last_lines(capsys) if one["type"] == "item"]
    assert {(one["status"], one["code"]) for one in again} == {("skipped", "verified")}
    (tmp_path / "out" / "0.jpg").write_bytes(jpeg())
    assert safelight([*command, "--json"]) == 3
    codes = [one["code"] for one in last_lines(capsys) if one["type"] == "item"]
    assert sorted(map(str, codes)) == ["output-exists", "verified", "verified"]
    other = [*command[:4], "--fit", "9x9", *there, "--json"]
    assert safelight(other) == 1  # the same names, made with another recipe


def test_a_file_is_replaced_by_its_result(
    there: list[str], photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (photos / "0.jpg").read_bytes()
    command = ["scrub", str(photos / "0.jpg"), "--in-place", "--yes", *there, "--json"]
    assert safelight([*command, "--backup-dir", str(tmp_path / "kept")]) == 0
    assert (photos / "0.jpg").read_bytes() != before
    assert (tmp_path / "kept" / "0.jpg").read_bytes() == before
    capsys.readouterr()
    assert safelight(command) == 0
    assert [one["code"] for one in last_lines(capsys) if one["type"] == "item"] == ["verified"]


def test_what_is_encrypted_here_is_plain_there_alone(
    there: list[str], photos: Path, tmp_path: Path
) -> None:
    assert safelight(["vault", "encrypt", str(photos / "0.jpg"), "--json"]) == 0
    out = tmp_path / "small.jpg.enc"
    source = str(photos / "0.jpg.enc")
    assert safelight(["resize", source, "-o", str(out), "--fit", "8x8", *there, "--json"]) == 0
    assert b"JFIF" not in out.read_bytes()
    assert safelight(["inspect", str(out), "--json"]) == 0


def test_a_recipe_with_a_further_picture_goes_along(
    there: list[str], photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mark.png").write_bytes(png())
    (tmp_path / "marked.toml").write_text(
        '[[steps]]\nop = "watermark"\nimage = "mark.png"\n[[steps]]\nop = "resize"\nfit = "9x9"\n'
    )
    out = tmp_path / "out.jpg"
    command = ["run", str(tmp_path / "marked.toml"), str(photos / "0.jpg"), "-o", str(out), *there]
    assert safelight([*command, "--json"]) == 0
    assert out.is_file()


def test_a_bad_picture_fails_alone(
    there: list[str], photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "1.jpg").write_bytes(jpeg()[:200])
    command = ["resize", str(photos), "-o", str(tmp_path / "out"), "--fit", "8x8", *there, "--json"]
    assert safelight(command) == 3
    items = {one["input"]: one for one in last_lines(capsys) if one["type"] == "item"}
    assert items[str(photos / "1.jpg")]["code"] == "container-broken"
    assert len(list((tmp_path / "out").glob("*.jpg"))) == 2


def test_a_server_that_is_not_there_ends_with_9(tmp_path: Path, photos: Path) -> None:
    command = ["scrub", str(photos / "0.jpg"), "--server", f"unix:{tmp_path}/none", "--json"]
    assert safelight(command) == 9
    assert safelight(["scrub", str(photos / "0.jpg"), "--server", "local", "--json"]) == 9


def test_pictures_do_not_leave_a_machine_that_lets_nothing_out(photos: Path) -> None:
    named = ["--server", "https://studio.local:8443", "--json"]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SAFELIGHT_NETWORK", "none")
        assert safelight(["scrub", str(photos / "0.jpg"), *named]) == 6


def test_in_the_clear_nothing_goes_over_a_network(photos: Path) -> None:
    command = ["scrub", str(photos / "0.jpg"), "--server", "http://studio.local:8443", "--json"]
    assert safelight(command) == 6


def test_the_scrub_that_is_meant_here_is_said_aloud() -> None:
    strict = load({"profile": "strict"}, {})
    small = Recipe((Resize(fit="8x8"),))
    told = explicit(small, strict)
    assert told.steps == (Scrub(profile="strict"), *small.steps)
    assert explicit(told, Settings()) == told
    cages = Recipe((Sanitize(),))
    assert explicit(cages, strict) == cages


def test_a_run_that_is_stopped_is_cancelled(near: Near, tmp_path: Path, photos: Path) -> None:
    settings = load({"server": near.url}, {"HOME": str(tmp_path)})
    token = tmp_path / "token"
    token.write_text(near.token)
    token.chmod(0o600)
    settings = load({"server": near.url, "server_token_file": str(token)}, {})
    with RemoteEngine.of(settings) as engine:
        runs: Runs = engine
        engine.cancel()
        with pytest.raises(Cancelled):
            runs.run(photos / "0.jpg", Recipe((Resize(fit="8x8"),)))
    assert near.house.desk.schedule.waiting == 0


def test_an_engine_and_a_server_are_alike_to_a_batch() -> None:
    """Checked by the type checker; here, that the threads of a batch find what they call."""
    wanted = {"run", "prepare", "note", "cancel", "sweep"}
    assert wanted <= {*dir(Engine)} & {*dir(RemoteEngine)}
    assert threading.active_count()


def test_a_connection_to_another_machine_stands_in_the_ledger(
    near: Near, tmp_path: Path, state_dir: Path
) -> None:
    """With the control: one that stays on this machine does not."""
    token = tmp_path / "token"
    token.write_text(near.token)
    token.chmod(0o600)
    for server in (near.url, "https://studio.local:8443"):
        settings = load({"server": server, "server_token_file": str(token)})
        RemoteEngine.of(settings).close()
    lines = Book.of(settings).ledger.read()
    told = [(one["what"], one["why"], one["host"]) for one in lines]
    assert told == [("connection", "--server", "studio.local:8443")]


def test_a_flag_that_only_this_machine_could_heed_is_refused(
    there: list[str], photos: Path
) -> None:
    assert safelight(["scrub", str(photos / "0.jpg"), "--device", "cpu", *there, "--json"]) == 2
