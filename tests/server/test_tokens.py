"""token, pair and trust on the command line, beside a server that runs and one that does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from safelight.cli import trusting
from safelight.server.identity.preparing import prepare, register_of, server_folder
from safelight.server.running import Running, write_down
from safelight.server.tls import stores as stores_of
from tests.cli.testscript import environment, in_this_process

URL, FINGERPRINT = "https://10.0.0.2:8443", "cd" * 32


def safelight(folder: Path, home: Path, *words: str) -> tuple[int, str, str]:
    code, out, err = in_this_process(list(words), folder, environment(home), b"")
    return code, out.decode(), err.decode()


@pytest.fixture
def state(home: Path) -> Path:
    """The folder that the command uses."""
    return home / ".local" / "state" / "safelight"


@pytest.fixture
def runs(state: Path) -> None:
    """As if a server ran: this process is what it wrote down."""
    prepare(state)
    told = Running.of_this_process(URL, fingerprint=FINGERPRINT)
    write_down(server_folder(state), told)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.usefixtures("runs")
def test_a_code_is_shown_with_address_and_fingerprint(
    tmp_path: Path, home: Path, state: Path
) -> None:
    words = ("pair", "--name", "Anna's phone", "--scope", "tools", "--expires", "30d")
    code, out, err = safelight(tmp_path, home, *words)
    assert code == 0, err
    assert "this machine alone" not in err
    shown = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert (shown["server"], shown["fingerprint"]) == (URL, FINGERPRINT)
    typed = shown["code"].split()[0]
    assert f"safelight connect {URL} --code {typed} --fingerprint {FINGERPRINT}" in err
    register = register_of(state)
    fresh = register.redeem(typed.replace("-", ""), "pairing")
    assert fresh is not None
    assert (fresh.record.name, fresh.record.lasts_s) == ("Anna's phone", None)
    assert fresh.record.expires is not None
    assert fresh.record.expires - fresh.record.created == 30 * 86_400


@pytest.mark.usefixtures("runs")
def test_a_code_as_json_holds_what_a_picture_would(tmp_path: Path, home: Path) -> None:
    code, out, _ = safelight(tmp_path, home, "pair", "new", "--json")
    told = lines(out)[0]
    assert code == 0
    assert (told["type"], told["kind"]) == ("holder", "pairing")
    query = parse_qs(urlsplit(told["address"]).query)
    assert query == {"code": [told["code"]], "fingerprint": [FINGERPRINT]}
    listed = lines(safelight(tmp_path, home, "pair", "list", "--json")[1])
    assert [one["id"] for one in listed] == [told["id"]]
    assert safelight(tmp_path, home, "pair", "revoke", told["id"])[0] == 0
    assert safelight(tmp_path, home, "pair", "list")[1] == "nobody\n"


@pytest.mark.usefixtures("runs")
def test_a_device_ends_at_some_time(tmp_path: Path, home: Path) -> None:
    code, _, err = safelight(tmp_path, home, "pair", "--expires", "never")
    assert code == 2
    assert "--expires 3650d" in err


@pytest.mark.parametrize("url", ["http://127.0.0.1:8443", "http://[::1]:8443"])
def test_a_server_for_this_machine_alone_is_told_as_that(
    tmp_path: Path, home: Path, state: Path, url: str
) -> None:
    prepare(state)
    write_down(server_folder(state), Running.of_this_process(url, addresses=(url,)))
    code, _, err = safelight(tmp_path, home, "pair")
    assert code == 0
    assert "safelight serve --lan lets others in" in err


def test_revoking_ends_all_that_are_named_or_none(tmp_path: Path, home: Path, state: Path) -> None:
    ids = []
    for name in ("a", "b"):
        told = lines(safelight(tmp_path, home, "token", "create", name, "--json")[1])[0]
        ids.append(told["id"])
    assert safelight(tmp_path, home, "token", "revoke", ids[0], "zzzzzzzz")[0] == 2
    assert len(register_of(state).records()) == 2
    code, out, _ = safelight(tmp_path, home, "token", "revoke", *ids, ids[0], "--json")
    assert (code, [one["revoked"] for one in lines(out)]) == (0, [True, True])
    assert not register_of(state).records()


def test_trust_is_shown_installed_and_removed(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the stores of a machine that is not this one."""
    root = tmp_path / "root"
    (root / "etc/ca-certificates/trust-source/anchors").mkdir(parents=True)
    given = stores_of.stores
    monkeypatch.setattr(
        stores_of, "stores", lambda *words, home: given(*words, home=home, root=root)
    )
    monkeypatch.setattr(trusting, "_run", _without_update)
    assert "not trusted" in safelight(tmp_path, home, "trust", "show")[1]
    dry = lines(safelight(tmp_path, home, "trust", "install", "-n", "--json")[1])[0]
    assert (dry["doing"], dry["done"], len(dry["commands"])) == ("install", False, 2)
    code, out, err = safelight(tmp_path, home, "trust", "install", "--yes", "--json")
    assert (code, lines(out)[0]["done"]) == (0, True), err
    shown = lines(safelight(tmp_path, home, "trust", "show", "--json")[1])[0]
    assert [one["trusted"] for one in shown["stores"]] == [True]
    assert "already" in safelight(tmp_path, home, "trust", "install", "--yes")[2]
    assert safelight(tmp_path, home, "trust", "remove", "--yes")[0] == 0
    assert "not trusted" in safelight(tmp_path, home, "trust", "show")[1]


def test_a_machine_without_a_store_is_told_so(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores_of, "stores", lambda *_words, **_more: ())
    assert safelight(tmp_path, home, "trust", "install", "--yes")[0] == 7


def _without_update(_store: object, command: tuple[str, ...]) -> None:
    """The file is put there and taken away; what takes it in is not run."""
    words = command[1:] if command[0] == "sudo" else command
    if words[0] == "install":
        Path(words[-1]).write_bytes(Path(words[-2]).read_bytes())
    elif words[0] == "rm":
        Path(words[-1]).unlink()
