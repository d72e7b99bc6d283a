"""The way of every request: who is let in, what every answer says, and what the log tells."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.responses import PlainTextResponse, Response

from safelight.errors import ContainerBroken, SafelightError, UsageError
from safelight.server.description import sheet
from safelight.server.description.problem import Problem
from safelight.server.endpoint import Call, Endpoint, Scope
from safelight.server.front.app import App
from safelight.server.front.building import house_of
from safelight.server.front.headers import ALWAYS, POLICY
from safelight.server.front.routes import pairing
from safelight.server.front.routing import Routes
from safelight.server.identity.door import Door
from safelight.server.identity.hosts import Hosts
from safelight.server.identity.register import Register
from safelight.server.options import ServeOptions
from safelight.server.work import Back
from safelight.settings import Settings
from tests.server.acting import Acting
from tests.server.standing import Standing

SITE = "https://studio.example"
LINE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \d+\.\d ms \d+ B \d{3}"


async def fine(call: Call) -> Response:
    return PlainTextResponse(f"{call.request.path_params} {call.who.kind}")


async def bad(call: Call) -> Response:
    raise ContainerBroken(hint="another one")


async def worse(call: Call) -> Response:
    raise RuntimeError("IMG_0815.jpg of anna")


def told(error: SafelightError, _request_id: str) -> Response:
    return PlainTextResponse(f"other: {error.code}", error.status)


def endpoint(path: str, handler: Any = fine, method: Any = "GET", **more: Any) -> Endpoint:
    scope: Scope | None = more.pop("scope", None)
    return Endpoint(method, path, handler, "A test", scope=scope, tag="tests", **more)


ENDPOINTS = (
    endpoint("/fine"),
    endpoint("/fine", method="POST", scope="tools"),
    endpoint("/fine/{id}"),
    endpoint("/fine/known"),
    endpoint("/number/{n:int}"),
    endpoint("/bad", bad),
    endpoint("/worse", worse),
    endpoint("/other", bad, failing=told),
    endpoint("/page", is_rooted=True),
)


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def server(tmp_path: Path, lines: list[str]) -> Standing:
    register = Register(tmp_path / "identity")
    options = ServeOptions(origins=(SITE,))
    door = Door(register, Hosts(("studio.local",), options.origins))
    house = house_of(Settings(), options, door, cast(Back, Acting()))
    app = App(house, ENDPOINTS, log=lambda line: lines.append(str(line)))
    return Standing(app, register)


def test_what_every_answer_says_keeps_other_pages_away() -> None:
    assert ALWAYS == {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Content-Security-Policy": POLICY,
    }
    for policy in (POLICY, sheet.POLICY, pairing.MAY_POST):
        wanted = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
        assert set(wanted) <= {part.strip() for part in policy.split(";")}
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(policy.split())
        assert "form-action 'none'" in policy or policy == pairing.MAY_POST


def test_every_answer_says_that_nothing_may_be_kept_or_guessed(server: Standing) -> None:
    for path in ("/api/v1/fine", "/api/v1/bad", "/nowhere", "/page"):
        answer = server.get(path, scopes=None)
        assert {name: answer.headers[name] for name in ALWAYS} == ALWAYS
        assert len(answer.headers["safelight-request"]) == 16
        assert "total;dur=" in answer.headers["server-timing"]
        assert not {"server", "date", "x-powered-by"} & set(answer.headers)


def test_a_foreign_name_is_no_name_of_ours(server: Standing, lines: list[str]) -> None:
    answer = server.get("/api/v1/fine", scopes=None, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (421, "host-foreign")
    own = server.get("/api/v1/fine", scopes=None, headers={"Host": "studio.local:8443"})
    assert own.status_code == 200
    assert lines[0].endswith("0 B 421 host-foreign")


def test_a_page_of_another_site_may_change_nothing(server: Standing) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = server.post("/api/v1/fine", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin-foreign")


def test_a_page_of_a_site_that_may_is_told_so_and_others_are_not(server: Standing) -> None:
    for site, is_allowed in ((SITE, True), ("https://evil.example", False)):
        headers = {"Origin": site, "Access-Control-Request-Method": "POST"}
        answer = server.ask("OPTIONS", "/api/v1/fine", scopes=None, headers=headers)
        assert answer.status_code == 204
        assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
        assert ("access-control-allow-methods" in answer.headers) is is_allowed
        answer = server.get("/api/v1/fine", scopes=None, headers={"Origin": site})
        found = answer.headers.get("access-control-allow-origin")
        assert found == (SITE if is_allowed else None)


def test_who_may_not_is_told_why(server: Standing) -> None:
    unknown = server.post("/api/v1/fine", scopes=None)
    assert (unknown.status_code, unknown.json()["code"]) == (401, "caller-unknown")
    assert unknown.headers["www-authenticate"] == "Bearer"
    known = server.post("/api/v1/fine", scopes=("auditor",))
    assert (known.status_code, known.json()["code"]) == (403, "not-allowed")
    assert server.post("/api/v1/fine", scopes=("tools",)).status_code == 200


def test_a_path_is_found_exactly_first_and_its_parameters_are_read(server: Standing) -> None:
    assert server.get("/api/v1/fine/known").text == "{} token"
    assert server.get("/api/v1/fine/other").text == "{'id': 'other'} token"
    assert server.get("/api/v1/number/12").text == "{'n': 12} token"
    for path in ("/api/v1/number/x", "/api/v1/fine/a/b", "/fine", "/api/v1/fine/"):
        answer = server.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "path-unknown")


def test_a_method_that_is_not_taken_is_answered_with_those_that_are(server: Standing) -> None:
    answer = server.ask("DELETE", "/api/v1/fine")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-unknown")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_a_problem_tells_what_and_what_helps(server: Standing) -> None:
    answer = server.get("/api/v1/bad")
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["type"] == "urn:safelight:problem:container-broken"
    assert (found["status"], found["code"], found["hint"]) == (
        422,
        "container-broken",
        "another one",
    )
    assert found["instance"] == answer.headers["safelight-request"]


def test_who_opens_an_address_in_a_browser_gets_a_page(server: Standing) -> None:
    answer = server.get("/api/v1/bad", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "another one" in answer.text
    assert "/problems/container-broken" in answer.text
    assert "default-src 'none'; style-src 'sha256-" in answer.headers["content-security-policy"]


def test_who_sends_requests_is_told_of_no_command_for_help() -> None:
    assert UsageError().hint == "safelight help"
    assert Problem.of(UsageError(), "1").hint == "GET /reference tells every parameter"
    assert Problem.of(UsageError(hint="another"), "1").hint == "another"


def test_what_is_wrong_in_us_tells_nothing_of_it(server: Standing, lines: list[str]) -> None:
    answer = server.get("/api/v1/worse")
    assert (answer.status_code, answer.json()["code"]) == (500, "failed")
    assert "anna" not in answer.text
    assert lines[-1].endswith("500 failed")


def test_an_endpoint_may_have_a_form_of_its_own_for_what_fails(server: Standing) -> None:
    assert server.get("/api/v1/other").text == "other: container-broken"


def test_the_log_and_the_tally_know_numbers_and_codes_alone(
    server: Standing, lines: list[str]
) -> None:
    import re

    server.post("/api/v1/fine?name=IMG_0815.jpg", content=b"x" * 7)
    server.get("/api/v1/bad?name=IMG_0815.jpg")
    assert re.fullmatch(LINE, lines[0])
    assert re.fullmatch(LINE + " container-broken", lines[1])
    calls = server.house.tally.calls
    assert dict(calls) == {("tests", "done"): 1, ("tests", "container-broken"): 1}


def test_two_that_answer_the_same_are_a_mistake() -> None:
    with pytest.raises(SafelightError, match="two endpoints"):
        Routes((endpoint("/fine"), endpoint("/fine")))


def test_other_protocols_are_turned_away(server: Standing) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(server.app({"type": "websocket"}, receive, send))
    asyncio.run(server.app({"type": "lifespan"}, receive, send))
    assert [one["type"] for one in sent] == ["websocket.close"]


def test_the_page_about_it_says_what_this_is_and_who_asks(tmp_path: Path) -> None:
    register = Register(tmp_path / "identity")
    door = Door(register, Hosts())
    server = Standing(
        App(house_of(Settings(), ServeOptions(), door, cast(Back, Acting()))), register
    )
    nobody, known = server.get("/about", scopes=None), server.get("/about", scopes=("tools",))
    assert "does not know you yet" in nobody.text
    assert "you may do what <code>tools</code> allows" in known.text
    assert "you may do everything" in server.get("/about", scopes=("admin",)).text
    assert "http://localhost/api/v1/resize" in known.text
    assert "10 minutes at most" in known.text
    assert "<script" not in nobody.text
    assert "default-src 'none'" in nobody.headers["content-security-policy"]
