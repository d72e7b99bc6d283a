"""Which server is meant, by which way, and with which token."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.client.address import fingerprint_of, parse, token_in
from safelight.client.calls import fetch, named
from safelight.client.opening import Opening, address_of
from safelight.client.steps import Weighed
from safelight.client.sync import Client
from safelight.client.trust import context_of, pinned
from safelight.errors import (
    ParameterInvalid,
    PolicyRefused,
    SafelightError,
    Unavailable,
    VerificationFailed,
    WireBroken,
)
from safelight.settings import Settings, load

LATEST = 19


@pytest.mark.parametrize(
    ("text", "url", "is_near"),
    [
        ("https://studio.local", "https://studio.local:443", False),
        ("https://Studio.local:8443/", "https://studio.local:8443", False),
        ("http://127.0.0.1:8443", "http://127.0.0.1:8443", True),
        ("http://localhost:8443", "http://localhost:8443", True),
        ("https://[::1]:8443", "https://[::1]:8443", True),
        ("https://192.168.1.5:8443", "https://192.168.1.5:8443", False),
    ],
)
def test_an_address_is_scheme_host_and_port(text: str, url: str, is_near: bool) -> None:
    found = parse(text)
    assert (found.url, found.is_near) == (url, is_near)
    assert parse(found.url).url == found.url


def test_a_socket_in_the_file_system_is_near() -> None:
    found = parse("unix:/run/safelight.sock")
    assert (str(found.unix), found.is_near) == ("/run/safelight.sock", True)


@pytest.mark.parametrize(
    "text",
    [
        "studio.local", "ftp://studio.local", "https://", "https://a:b@studio.local",
        "https://studio.local/api", "https://studio.local?x=1", "https://studio.local:99999",
        "https://studio\x00.local", "unix:relative", "https://[::1", "https://studio.local#x",
    ],
)  # fmt: skip
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ParameterInvalid):
        parse(text)


@pytest.mark.parametrize(
    "text", ["http://studio.local:8443", "http://192.168.1.5", "http://[fe80::1]"]
)
def test_over_a_network_nothing_goes_in_the_clear(text: str) -> None:
    with pytest.raises(PolicyRefused, match="https alone"):
        parse(text)


def test_a_fingerprint_is_read_as_people_write_it() -> None:
    plain = "0123456789abcdef" * 4
    shown = " ".join(plain[n : n + 4] for n in range(0, 64, 4)).upper()
    assert fingerprint_of(shown) == fingerprint_of(f"SHA256:{plain}") == plain
    with pytest.raises(ParameterInvalid):
        fingerprint_of("0123")


@pytest.fixture
def running(state_dir: Path) -> Path:
    """What a server that is this very process would have written down."""
    folder = state_dir / "server"
    (folder / "identity").mkdir(parents=True)
    folder.chmod(0o700)
    began = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[LATEST]
    facts = {"url": "http://127.0.0.1:8443", "pid": os.getpid(), "began": int(began), "unix": None}
    put(folder / "running.json", json.dumps(facts))
    put(folder / "token", "a-token\n")
    return folder


def put(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)


def test_the_server_that_runs_here_is_found_with_its_token(running: Path) -> None:
    found = address_of(Opening(None, None, None))
    assert (found.url, found.token, found.unix) == ("http://127.0.0.1:8443", "a-token", None)
    assert address_of(Opening("local", "another", None)).token == "another"
    assert "a-token" not in repr(found)
    facts = json.loads((running / "running.json").read_text())
    put(running / "running.json", json.dumps(facts | {"unix": "/run/there.sock"}))
    assert str(address_of(Opening("local", None, None)).unix) == "/run/there.sock"
    with Client() as client:
        assert client.address.token == "a-token"


def test_what_a_killed_server_left_behind_is_no_server(running: Path) -> None:
    facts = json.loads((running / "running.json").read_text())
    for stale in ({"began": 1}, {"pid": 2**22 + 1}, {"pid": "x"}):
        put(running / "running.json", json.dumps(facts | stale))
        with pytest.raises(Unavailable, match="no server runs"):
            address_of(Opening(None, None, None))
    for broken in ("[]", "{"):
        put(running / "running.json", broken)
        with pytest.raises(Unavailable):
            address_of(Opening(None, None, None))


def test_a_token_that_others_could_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "token"
    put(path, "a-token")
    assert token_in(path) == "a-token"
    path.chmod(0o644)
    with pytest.raises(PolicyRefused):
        token_in(path)
    put(path, "two words")
    with pytest.raises(PolicyRefused):
        token_in(path)
    with pytest.raises(Unavailable, match="no file"):
        token_in(tmp_path / "none")


def test_wishes_that_contradict_each_other(tmp_path: Path) -> None:
    put(tmp_path / "token", "a-token")
    url = "https://studio.local:8443"
    with pytest.raises(ParameterInvalid, match="exclude"):
        address_of(Opening(url, "x", None, tmp_path / "token"), Settings())
    with pytest.raises(ParameterInvalid, match="https"):
        address_of(Opening("http://127.0.0.1:1", "x", "0" * 64), Settings())
    with pytest.raises(PolicyRefused, match="nothing leave"):
        address_of(Opening(url, None, None), load({"network": "none"}, {}))


def test_what_vouches_must_be_a_certificate() -> None:
    address = parse("https://studio.local")
    for pem in (
        "",
        "nothing",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
        "x" * 70_000,
    ):
        with pytest.raises(VerificationFailed):
            pinned(address, "0" * 64, b"leaf", pem)
    with pytest.raises(VerificationFailed, match="no certificate"):
        context_of(replace(address, authority="nothing"))
    usual = context_of(address)
    assert usual.check_hostname
    assert usual.minimum_version.name == "TLSv1_3"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "ä"])
def test_a_name_never_leads_elsewhere(name: str) -> None:
    with pytest.raises(ParameterInvalid):
        named(name)
    with pytest.raises(WireBroken):
        fetch(f"/api/v1/results/{name}/..", Weighed([].append))  # type: ignore[arg-type]  # never written to


def test_a_project_cannot_choose_where_pictures_go(tmp_path: Path) -> None:
    (tmp_path / "safelight.toml").write_text('server = "https://elsewhere.example"\n')
    settings = load({}, {}, tmp_path)
    assert settings.server == ""
    assert any("server" in warning for warning in settings.warnings)
    assert load({}, {"SAFELIGHT_SERVER": "none"}).server == ""
    with pytest.raises(SafelightError):
        load({"server": "x" * 400}, {})
