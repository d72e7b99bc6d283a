"""Where the server listens: the loopback unless it is told otherwise, and never in the open."""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from safelight.errors import InputMissing, PolicyRefused, SafelightError, Unavailable, UsageError
from safelight.server import listening
from safelight.server.listening import Bound, hosts, listen, url
from safelight.server.options import ServeOptions

opens = pytest.mark.opens_sockets("a server binds to the loopback")


@contextmanager
def listening_at(options: ServeOptions) -> Iterator[list[Bound]]:
    bound = listen(options)
    try:
        yield bound
    finally:
        for one in bound:
            one.socket.close()


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with these addresses: loopback, public, of a link, and private ones."""
    texts = ("127.0.0.1", "203.0.113.7", "169.254.3.4", "192.168.1.5", "10.0.0.8", "fd00::5", "::1")
    found = [ipaddress.ip_address(text) for text in texts]
    monkeypatch.setattr(listening, "_addresses", lambda: iter(found))


def test_without_more_it_is_the_loopback_in_both_versions() -> None:
    assert hosts(ServeOptions()) == ("127.0.0.1", "::1")
    assert hosts(ServeOptions(host="localhost")) == ("127.0.0.1", "::1")
    assert hosts(ServeOptions(host="::1")) == ("::1", "127.0.0.1")
    assert hosts(ServeOptions(host="127.0.0.9")) == ("127.0.0.9",)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "203.0.113.7"])
def test_what_others_reach_needs_tls_and_tokens(host: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        hosts(ServeOptions(host=host))
    assert "--lan" in refused.value.hint


def test_a_certificate_alone_does_not_open_it() -> None:
    with pytest.raises(PolicyRefused):
        hosts(ServeOptions(host="0.0.0.0", certificate="c", certificate_key="k"))


@pytest.mark.usefixtures("addresses")
def test_a_local_network_is_the_private_addresses_of_this_machine() -> None:
    found = hosts(ServeOptions(is_lan=True))
    assert found == ("10.0.0.8", "192.168.1.5", "fd00::5", "127.0.0.1", "::1")


@pytest.mark.usefixtures("addresses")
def test_an_address_that_is_named_is_the_one() -> None:
    assert hosts(ServeOptions(is_lan=True, host="203.0.113.7")) == (
        "203.0.113.7", "127.0.0.1", "::1",
    )  # fmt: skip
    assert hosts(ServeOptions(is_lan=True, host="0.0.0.0")) == ("0.0.0.0",)


def test_a_machine_without_a_local_network_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_addresses", lambda: iter(()))
    with pytest.raises(InputMissing, match="no address on a local network"):
        hosts(ServeOptions(is_lan=True))


@opens
def test_the_addresses_of_this_machine_are_found() -> None:
    assert ipaddress.ip_address("127.0.0.1") in set(listening._addresses())


def test_a_name_is_no_address() -> None:
    with pytest.raises(UsageError):
        hosts(ServeOptions(host="studio.example"))


@opens
def test_one_free_port_for_all_addresses() -> None:
    with listening_at(ServeOptions(port=0)) as bound:
        assert len({one.told.port for one in bound}) == 1
        assert bound[0].told.host == "127.0.0.1"
        assert bound[0].told.port > 0
        assert all(one.told.is_local and not one.told.is_tls for one in bound)
        assert all(not os.get_inheritable(one.socket.fileno()) for one in bound)
        assert url(bound) == f"http://127.0.0.1:{bound[0].told.port}"


@opens
def test_a_local_network_speaks_tls() -> None:
    with listening_at(ServeOptions(host="127.0.0.2", port=0, is_lan=True)) as bound:
        assert [one.told.is_tls for one in bound] == [True]
        assert url(bound).startswith("https://127.0.0.2:")


@opens
def test_an_address_of_every_network_is_told_as_one_that_can_be_asked() -> None:
    with listening_at(ServeOptions(host="0.0.0.0", port=0, is_lan=True)) as bound:
        assert url(bound) == f"https://127.0.0.1:{bound[0].told.port}"


@opens
def test_a_port_that_is_taken_is_told() -> None:
    with listening_at(ServeOptions(port=0)) as bound, pytest.raises(Unavailable, match="port"):
        listen(ServeOptions(port=bound[0].told.port))


@opens
def test_a_port_that_is_taken_in_the_other_version_is_passed_over() -> None:
    """The system picks a port for the first address, and another one has it in the second."""
    refused: list[int] = []

    class Crowded(socket.socket):
        def bind(self, address: object) -> None:
            if self.family == socket.AF_INET6 and not refused:
                refused.append(1)
                raise OSError(98, "address already in use")
            super().bind(address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", Crowded)
        with listening_at(ServeOptions(port=0)) as bound:
            assert len({one.told.port for one in bound}) == 1


@opens
def test_a_machine_with_one_version_does_with_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_ipv6", False)
    with listening_at(ServeOptions(port=0)) as bound:
        assert [one.told.host for one in bound] == ["127.0.0.1"]


@opens
def test_an_address_that_is_not_of_this_machine_is_told() -> None:
    with pytest.raises(SafelightError, match="nothing can listen") as raised:
        listen(ServeOptions(host="203.0.113.7", port=0, is_lan=True))
    assert "--host" in raised.value.hint


@opens
def test_only_this_user_may_connect_to_the_path(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with listening_at(ServeOptions(port=0, unix=str(path))) as bound:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert bound[-1].told.kind == "unix"
        with pytest.raises(Unavailable, match="--unix"):
            listen(ServeOptions(port=0, unix=str(path)))
        assert path.exists()


@opens
def test_a_path_that_a_killed_server_left_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with listening_at(ServeOptions(port=0, unix=str(path))) as bound:
        assert len(bound) >= 2


@opens
def test_a_file_at_the_path_is_not_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("mine")
    with pytest.raises(Unavailable):
        listen(ServeOptions(port=0, unix=str(path)))
    assert path.read_text() == "mine"


@opens
def test_a_path_that_no_socket_can_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too long"):
        listen(ServeOptions(port=0, unix=str(tmp_path / ("x" * 120))))
