"""What holds for every endpoint that there is, whoever adds one: who may ask, by which name, from
which page, by which method, and the headers of every answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import pytest

from safelight.server.endpoint import Endpoint, Scope, discovered
from safelight.server.front.headers import ALWAYS
from tests.server.standing import Standing, engine_in, standing_before
from tests.server.test_health import Silent

ENDPOINTS = list(discovered())
NAMES = [f"{one.method} {one.full_path}" for one in ENDPOINTS]
GUARDED = [one for one in ENDPOINTS if one.scope is not None]
CHANGING = [one for one in ENDPOINTS if one.method != "GET"]
OTHERS = ("PATCH", "TRACE", "BREW")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Nothing here comes as far as a back end."""
    folder = tmp_path_factory.mktemp("home")
    with engine_in(folder) as engine:
        yield standing_before(Silent(), engine, folder)


def place(endpoint: Endpoint) -> str:
    return re.sub(r"\{\w+(:\w+)?\}", "some", endpoint.full_path)


def named(endpoints: list[Endpoint]) -> list[str]:
    return [f"{one.method} {one.full_path}" for one in endpoints]


@pytest.mark.parametrize("endpoint", GUARDED, ids=named(GUARDED))
def test_nobody_and_the_wrong_one_are_turned_away(server: Standing, endpoint: Endpoint) -> None:
    nobody = server.ask(endpoint.method, place(endpoint), scopes=None)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "caller-unknown")
    scopes: tuple[Scope, ...] = get_args(Scope)
    wrong = tuple(one for one in scopes if one not in (endpoint.scope, "admin"))
    answer = server.ask(endpoint.method, place(endpoint), scopes=wrong)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=NAMES)
def test_a_foreign_name_a_wrong_token_and_the_headers_of_every_answer(
    server: Standing, endpoint: Endpoint
) -> None:
    asked = (endpoint.method, place(endpoint))
    foreign = server.ask(*asked, headers={"Host": "example.org"})
    assert (foreign.status_code, foreign.json()["code"]) == (421, "host-foreign")
    stranger = server.ask(*asked, scopes=None, headers={"Authorization": "Bearer sl_no_such"})
    assert stranger.status_code == 401
    for answer in (foreign, stranger):
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
        assert answer.headers["safelight-request"]
        assert "server" not in answer.headers


@pytest.mark.parametrize("endpoint", CHANGING, ids=named(CHANGING))
def test_pages_of_other_sites_change_nothing(server: Standing, endpoint: Endpoint) -> None:
    for headers in ({"Origin": "https://example.org"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = server.ask(endpoint.method, place(endpoint), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin-foreign")
    by_nobody = {"Origin": "null", "Sec-Fetch-Site": "none"}  # the system, with what was shared
    answer = server.ask(endpoint.method, place(endpoint), headers=by_nobody)
    is_refused = answer.status_code == 403 and answer.json()["code"] == "origin-foreign"
    assert is_refused is (place(endpoint) != "/share")


@pytest.mark.parametrize("path", sorted({place(one) for one in ENDPOINTS}))
def test_another_method_is_told_which_ones_there_are(server: Standing, path: str) -> None:
    for method in OTHERS:
        answer = server.ask(method, path)
        assert (answer.status_code, answer.json()["code"]) == (405, "method-unknown")
        methods = {one.method for one in ENDPOINTS if place(one) == path}
        assert methods <= set(answer.headers["allow"].replace(" ", "").split(","))
