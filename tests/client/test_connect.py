"""Pairing: a code goes to nobody but the server with the fingerprint, and what comes back is kept
for its owner alone.
"""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.cli.main import run as safelight
from safelight.client import connections, pairing, remote
from safelight.client.address import Address
from safelight.client.connections import Connection
from safelight.client.pairing import Invitation
from safelight.client.sync import Client
from safelight.engine.book import Book
from safelight.engine.engine import Engine
from safelight.errors import ParameterInvalid, PolicyRefused, Unavailable, VerificationFailed
from safelight.server.identity import invitation
from safelight.server.identity.clerk import invited
from safelight.server.identity.preparing import register_of
from safelight.server.identity.wishes import NewCode
from safelight.server.options import ServeOptions
from safelight.server.tls.choosing import chosen
from safelight.settings import load
from tests.client.served import Near, served
from tests.client.test_client import jpeg

LOOPBACK = pytest.mark.opens_sockets("TLS is spoken to a port, on loopback")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Near]:
    """A server that speaks TLS under its own authority."""
    folder = tmp_path_factory.mktemp("studio")
    settings = load({"state_dir": folder / "state"}, {}, folder)
    options = ServeOptions()
    credentials = chosen(settings, options, ())
    with (
        Engine(settings, jobs=1, door="server") as engine,
        served(engine, options, folder, has_port=True, credentials=credentials) as near,
    ):
        yield near
    credentials.close()


def url_of(near: Near) -> str:
    return f"https://127.0.0.1:{near.port}"


def new_code(near: Near) -> str:
    register = register_of(near.house.settings.state_dir)
    return invitation.shown(invited(register, NewCode()).secret)


@LOOPBACK
def test_a_laptop_is_paired_and_uses_the_server(
    studio: Near, tmp_path: Path, state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, pin = url_of(studio), ["--fingerprint", studio.fingerprint]
    assert safelight(["connect", url, "--code", new_code(studio), *pin, "--name", "laptop"]) == 0
    (file,) = (state_dir / "connections").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert studio.fingerprint[:8] not in file.name
    capsys.readouterr()
    assert safelight(["connect", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["url"], told["scopes"], told["state"]) == (url, ["tools"], "paired")
    assert "token" not in told
    (tmp_path / "photo.jpg").write_bytes(jpeg())
    out = str(tmp_path / "small.jpg")
    resize = ["resize", str(tmp_path / "photo.jpg"), "-o", out, "--fit", "8x8", "--server", url]
    assert safelight(resize) == 0
    with Client(url) as client:
        assert client.resize(jpeg(), fit="8x8").width == 8
    assert safelight(["connect", url, "--forget"]) == 0
    assert safelight(["connect", url, "--forget"]) == 2
    assert safelight([*resize[:3], str(tmp_path / "other.jpg"), *resize[4:]]) == 5


@LOOPBACK
def test_the_whole_of_what_the_picture_holds_is_enough(studio: Near, state_dir: Path) -> None:
    place = invitation.address(url_of(studio), new_code(studio), studio.fingerprint)
    assert safelight(["connect", place, "-q"]) == 0
    (found,) = connections.all_of(state_dir)
    assert (found.url, found.fingerprint) == (url_of(studio), studio.fingerprint)


@LOOPBACK
def test_a_code_that_is_wrong_pairs_nothing(studio: Near, state_dir: Path) -> None:
    pin = ["--fingerprint", studio.fingerprint]
    assert safelight(["connect", url_of(studio), "--code", "AAAAA-AAAAA", *pin, "--json"]) == 6
    assert not list(connections.all_of(state_dir))


@LOOPBACK
def test_the_code_goes_to_no_other_server(studio: Near, state_dir: Path) -> None:
    """With the control: the same bytes with the right fingerprint do arrive."""
    code, wrong = new_code(studio), "0" * 64
    assert safelight(["connect", url_of(studio), "--code", code, "--fingerprint", wrong]) == 5
    with pytest.raises(VerificationFailed, match="another one"):
        Client(url_of(studio), token="secret", fingerprint=wrong)
    assert not list(connections.all_of(state_dir))
    right = ["--fingerprint", ":".join([studio.fingerprint[n : n + 2] for n in range(0, 64, 2)])]
    assert safelight(["connect", url_of(studio), "--code", code, *right]) == 0


@LOOPBACK
def test_who_is_trusted_by_nobody_is_told_nothing(studio: Near) -> None:
    with (
        Client(url_of(studio), token="secret-of-mine-000") as client,
        pytest.raises(VerificationFailed, match="certificate"),
    ):
        client.capabilities()


@LOOPBACK
def test_a_certificate_of_ones_own_is_pinned_itself(studio: Near, tmp_path: Path) -> None:
    """Whatever name it was made out to: here it is a leaf of some authority."""
    pem = ssl.get_server_certificate(("127.0.0.1", studio.port))
    with Client(url_of(studio), token=studio.token, fingerprint=_digest(pem)) as client:
        assert client.capabilities()
        assert client.address.is_leaf


def _digest(pem: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


@LOOPBACK
def test_an_older_tls_is_not_spoken(studio: Near, tmp_path: Path) -> None:
    """A server that speaks 1.2 alone: the client leaves before it says anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    credentials = chosen(studio.house.settings, ServeOptions(), ())
    context.load_cert_chain(f"/proc/self/fd/{credentials.leaf_fd}")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line, _ = listener.accept()
            try:
                with context.wrap_socket(line, server_side=True) as secured:
                    heard.append(secured.recv(100).decode())
            except ssl.SSLError as error:
                heard.append(error.reason or "")

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(Unavailable):
            Client(url, token="secret", fingerprint=credentials.fingerprint, patience_s=0.1)
        thread.join(120)
    credentials.close()
    assert "GET" not in "".join(heard)


def test_an_attempt_that_fails_stands_in_the_ledger_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the control: where nothing may leave, nothing was tried."""
    monkeypatch.setattr(pairing, "proved", refused)
    monkeypatch.setattr(remote, "proved", refused)
    url = "https://studio.local:8443"
    words = ["connect", url, "--code", "ABCDE-FGHJK", "--fingerprint", "0" * 64]
    assert safelight(words) == 5
    with pytest.raises(VerificationFailed):
        remote.RemoteEngine.of(load({"server": url}))
    monkeypatch.setenv("SAFELIGHT_NETWORK", "none")
    assert safelight(words) != 0
    told = [(one["why"], one["host"]) for one in Book.of(load({})).ledger.read()]
    assert told == [("connect", "studio.local:8443"), ("--server", "studio.local:8443")]


def refused(*_: object) -> Address:
    raise VerificationFailed("another one")


@pytest.mark.parametrize(
    ("url", "code", "fingerprint"),
    [
        ("https://studio.local:8443", "", ""),
        ("https://studio.local:8443", "<script>", ""),
        ("https://studio.local:8443/pair?code=&fingerprint=", "", ""),
    ],
)
def test_an_invitation_without_a_code_is_none(url: str, code: str, fingerprint: str) -> None:
    with pytest.raises(ParameterInvalid):
        Invitation.of(url, code, fingerprint)


def test_words_on_the_command_line_that_go_nowhere() -> None:
    assert safelight(["connect", "--code", "ABCDE-FGHJK", "--json"]) == 2
    assert safelight(["connect", "--json"]) == 0
    assert safelight(["connect"]) == 0
    assert safelight(["connect", "unix:/tmp/x", "--code", "ABCDE-FGHJK", "--json"]) == 2
    assert safelight(["connect", "ftp://x", "--code", "ABCDE-FGHJK", "--json"]) == 2
    pinned = ["--code", "ABCDE-FGHJK", "--fingerprint", "12"]
    assert safelight(["connect", "https://127.0.0.1:1", *pinned, "--json"]) == 2


def test_a_stored_connection_that_was_tampered_with_is_refused(state_dir: Path) -> None:
    state_dir.mkdir(parents=True)
    connections.keep(state_dir, Connection("https://studio.local:8443", "a-token"))
    (file,) = (state_dir / "connections").iterdir()
    file.write_text("{}")
    with pytest.raises(PolicyRefused, match="damaged"):
        list(connections.all_of(state_dir))
    file.chmod(0o644)
    with pytest.raises(PolicyRefused):
        connections.found(state_dir, "https://studio.local:8443")
