"""By which names the server goes, and pages of which sites may ask it."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from safelight.errors import HostForeign, OriginForeign, UsageError
from safelight.server.identity.hosts import Hosts, is_local

HOSTS = Hosts(("Studio.local", "192.168.1.9"), ("https://App.example",))


def request(
    *headers: tuple[str, str], method: str = "POST", scheme: str = "http",
    server: str | None = "192.168.1.5", client: str | None = "192.168.1.77",
) -> Request:  # fmt: skip
    return Request({
        "type": "http", "method": method, "path": "/", "query_string": b"", "scheme": scheme,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": client and (client, 1), "server": server and (server, 8443),
    })  # fmt: skip


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8443", "LOCALHOST:1", "localhost.", "127.0.0.1", "127.5.5.5:80",
     "[::1]:8443", "[::1]", "studio.local", "studio.LOCAL.:8443", "192.168.1.9", "192.168.1.5:8443",
     "[::ffff:192.168.1.5]"],
)  # fmt: skip
def test_a_name_of_ours_is_let_in(host: str) -> None:
    HOSTS.check_host(request(("host", host)))


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "evil.example:8443", "xlocalhost", "studio.locals",
     "192.168.1.6", "[fe80::1]", "0.0.0.0", "127.0.0.1.evil.example", "x.studio.local"],
)  # fmt: skip
def test_a_foreign_name_gets_421(host: str) -> None:
    with pytest.raises(HostForeign) as refused:
        HOSTS.check_host(request(("host", host)))
    assert refused.value.status == 421


@pytest.mark.parametrize(
    "headers",
    [(), (("host", ""),), (("host", "a b"),), (("host", "localhost:"),), (("host", "a@localhost"),),
     (("host", "localhost/x"),), (("host", "localhost"), ("host", "localhost")),
     (("host", "[::1"),), (("host", "localhost" * 99),)],
)  # fmt: skip
def test_what_is_no_name_is_refused(headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises((UsageError, HostForeign)):
        HOSTS.check_host(request(*headers))


def test_the_address_at_which_a_request_came_in_is_right_only_there() -> None:
    HOSTS.check_host(request(("host", "10.0.0.4"), server="10.0.0.4"))
    for server in ("10.0.0.5", "/run/socket", None):
        with pytest.raises(HostForeign):
            HOSTS.check_host(request(("host", "10.0.0.4"), server=server))


OURS = ("host", "localhost:8443")


@pytest.mark.parametrize(
    "headers",
    [(), (("origin", "http://localhost:8443"),), (("origin", "https://app.example"),),
     (("origin", "https://app.example"), ("sec-fetch-site", "cross-site")),
     (("sec-fetch-site", "same-origin"),), (("sec-fetch-site", "none"),)],
)  # fmt: skip
def test_programs_our_pages_and_those_that_may_are_let_in(
    headers: tuple[tuple[str, str], ...],
) -> None:
    HOSTS.check_origin(request(OURS, *headers))


FOREIGN = [
    (("origin", "http://evil.example"),),
    (("origin", "null"),),
    (("origin", "null"), ("sec-fetch-site", "none")),
    (("origin", "null"), ("sec-fetch-site", "cross-site")),
    (("origin", "null"), ("sec-fetch-site", "same-origin")),
    (("origin", "http://evil.example"), ("sec-fetch-site", "none")),
    (("origin", "https://localhost:8443"),),
    (("origin", "http://localhost:9000"),),
    (("origin", "http://localhost"),),
    (("sec-fetch-site", "cross-site"),),
    (("sec-fetch-site", "same-site"),),
    (("origin", "http://localhost:8443"), ("sec-fetch-site", "cross-site")),
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_page_of_another_site_changes_nothing(
    headers: tuple[tuple[str, str], ...], method: str
) -> None:
    with pytest.raises(OriginForeign) as refused:
        HOSTS.check_origin(request(OURS, *headers, method=method))
    assert refused.value.status == 403


def test_what_the_system_hands_over_is_let_in_where_shares_are_taken() -> None:
    by_nobody = (("origin", "null"), ("sec-fetch-site", "none"))
    HOSTS.check_origin(request(OURS, *by_nobody), takes_shares=True)
    for headers in FOREIGN:
        if headers != by_nobody:
            with pytest.raises(OriginForeign):
                HOSTS.check_origin(request(OURS, *headers), takes_shares=True)


@pytest.mark.parametrize("headers", FOREIGN)
def test_what_only_looks_is_not_asked_where_it_comes_from(
    headers: tuple[tuple[str, str], ...],
) -> None:
    HOSTS.check_origin(request(OURS, *headers, method="GET"))


@pytest.mark.parametrize(
    ("client", "is_near"),
    [(None, True), ("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True),
     ("192.168.1.2", False), ("testclient", False)],
)  # fmt: skip
def test_who_comes_over_the_loopback_or_the_socket_is_near(
    client: str | None, is_near: bool
) -> None:
    assert is_local(request(OURS, client=client)) == is_near
