"""A browser becomes known by a one-time link; tokens and devices are looked after over HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

from safelight.server.identity.preparing import new_link
from safelight.studio.files import Studio
from tests.server.known import Asked, asked, bearer

SESSION, TOKENS, DEVICES = "/api/v1/session", "/api/v1/tokens", "/api/v1/devices"


async def opened(at: Asked) -> str:
    """The header that the page of this browser sends from now on."""
    link = new_link(at.state_dir, str(at.http.base_url))
    answer = await at.http.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("safelight=sl_")
    assert "secure" not in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    return str((await at.http.get(SESSION)).json()["csrf"])


def test_a_link_makes_one_browser_known(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            link = new_link(at.state_dir, str(at.http.base_url))
            assert (await at.http.head(link)).status_code == 204
            assert (await at.http.get(link)).status_code == 303
            at.http.cookies.clear()
            again = await at.http.get(link)
            assert (again.status_code, again.json()["code"]) == (401, "caller-unknown")
            assert "status --link" in again.json()["hint"]
            assert "set-cookie" not in again.headers

    asyncio.run(run())


def test_a_browser_with_a_link_that_has_ended_is_told_in_the_studio(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            at.house.studio = cast("Studio", object())  # built; nothing of it is read here
            browser = {"Accept": "text/html,*/*;q=0.8"}
            ended = await at.http.get("/open?link=sl_ended", headers=browser)
            assert (ended.status_code, ended.headers["location"]) == (303, "/#/welcome?link=ended")
            assert "set-cookie" not in ended.headers
            # Told as a page, and counted as what it is.
            assert set(at.house.tally.calls.values()) == {1}
            assert {code for _, code in at.house.tally.calls} == {"caller-unknown"}
            assert (await at.http.get("/open?link=sl_ended")).status_code == 401

    asyncio.run(run())


def test_a_link_that_is_none_opens_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            for link in ("x", at.local, "%00", "sl_" + "a" * 50):
                assert (await at.http.get(f"/open?link={link}")).status_code == 401
            for query in ("", "?link=", "?link=" + "x" * 65, "?link=a&other=b"):
                assert (await at.http.get(f"/open{query}")).status_code in (401, 422)

    asyncio.run(run())


def test_a_browser_sees_who_it_is_and_ends_that(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            assert (await at.http.get(SESSION)).status_code == 401
            assert (await at.http.delete(SESSION)).status_code == 401
            csrf = await opened(at)
            seen = (await at.http.get(SESSION)).json()
            assert seen["kind"] == "session"
            assert seen["scopes"] == ["admin"]
            assert seen["expires"]
            kept = dict(at.http.cookies)
            refused = await at.http.delete(SESSION)
            assert (refused.status_code, refused.json()["code"]) == (403, "origin-foreign")
            ended = await at.http.delete(SESSION, headers={"Safelight-CSRF": csrf})
            assert ended.status_code == 204
            assert not dict(at.http.cookies)
            at.http.cookies.update(kept)
            assert (await at.http.get(SESSION)).status_code == 401

    asyncio.run(run())


def test_tokens_are_made_listed_and_revoked(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            wish = {"name": "ci", "scopes": ["tools"], "expires_in_s": 3600}
            answer = await at.http.post(TOKENS, json=wish, headers=at.as_local())
            made = answer.json()
            assert answer.status_code == 201
            assert made["token"].startswith(f"sl_{made['id']}_")
            listed = await at.http.get(TOKENS, headers=at.as_local())
            names = [one["name"] for one in listed.json()["items"]]
            assert names == ["this machine", "ci"]
            assert made["token"] not in listed.text
            theirs = bearer(made["token"])
            assert (await at.http.get(SESSION, headers=theirs)).status_code == 200
            assert (await at.http.get(TOKENS, headers=theirs)).status_code == 403
            gone = await at.http.delete(f"{TOKENS}/{made['id']}", headers=at.as_local())
            assert gone.status_code == 204
            assert (await at.http.get(SESSION, headers=theirs)).status_code == 401
            gone = await at.http.delete(f"{TOKENS}/{made['id']}", headers=at.as_local())
            assert gone.status_code == 404

    asyncio.run(run())


def test_a_wish_that_is_none_is_told_field_by_field(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            wrong = {"name": "\n", "scopes": ["all"], "expires_in_s": 1, "more": 1}
            answer = await at.http.post(TOKENS, json=wrong, headers=at.as_local())
            assert answer.status_code == 422
            told = {one["pointer"].split("/")[0] for one in answer.json()["errors"]}
            assert told == {"name", "scopes", "expires_in_s", "more"}

    asyncio.run(run())


def test_browsers_and_devices_are_ended_by_an_admin(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            csrf = await opened(at)
            listed = (await at.http.get(DEVICES)).json()["items"]
            assert [one["kind"] for one in listed] == ["session"]
            local = at.register.holder(at.local)
            assert local is not None
            by_page = {"Safelight-CSRF": csrf}
            kept = await at.http.delete(f"{DEVICES}/{local.id}", headers=by_page)
            assert kept.status_code == 404
            gone = await at.http.delete(f"{DEVICES}/{listed[0]['id']}", headers=by_page)
            assert gone.status_code == 204
            assert (await at.http.get(SESSION)).status_code == 401

    asyncio.run(run())


def test_a_page_of_another_site_cannot_use_a_browser_that_is_known(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            csrf = await opened(at)
            wish, page = {"name": "x"}, {"Safelight-CSRF": csrf}
            for foreign in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
                answer = await at.http.post(TOKENS, json=wish, headers=page | foreign)
                assert (answer.status_code, answer.json()["code"]) == (403, "origin-foreign")
            own = {"Origin": "http://localhost:8443", "Sec-Fetch-Site": "same-origin"}
            assert (await at.http.post(TOKENS, json=wish, headers=page | own)).status_code == 201

    asyncio.run(run())
