"""A code lets one device in, once; wrong ones are heard only so often."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import segno

from safelight.errors import Busy, CallerUnknown, Unavailable
from safelight.server.front.routes import pairing
from safelight.server.front.square import square
from safelight.server.identity.guesses import MOST_KNOWN, MOST_OF_ALL, MOST_OF_ONE, Guesses
from safelight.server.identity.invitation import (
    CODE_S,
    SYMBOLS,
    address,
    drawn,
    grouped,
    new_code,
    shown,
    typed,
)
from tests.server.known import Asked, asked, bearer

FINGERPRINT = "ab" * 32
PAIRING, CODES = "/api/v1/pairing", "/api/v1/pairing/codes"


async def invite(at: Asked, **wish: object) -> dict[str, str]:
    answer = await at.http.post(CODES, json=wish, headers=at.as_local())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_device_gets_a_token_of_its_own_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            code = (await invite(at, name="phone", scopes=["tools", "auditor"]))["code"]
            typed_so = f" {code.lower().replace('-', ' ')} "
            answer = await at.http.post(PAIRING, json={"code": typed_so, "name": "Anna's"})
            made = answer.json()
            assert answer.status_code == 200
            assert (made["kind"], made["name"]) == ("device", "Anna's")
            assert made["scopes"] == ["tools", "auditor"]
            seen = await at.http.get("/api/v1/session", headers=bearer(made["token"]))
            assert seen.json()["name"] == "Anna's"
            assert seen.json()["csrf"] is None
            again = await at.http.post(PAIRING, json={"code": code})
            assert (again.status_code, again.json()["code"]) == (401, "caller-unknown")
            devices = await at.http.get("/api/v1/devices", headers=at.as_local())
            assert [one["name"] for one in devices.json()["items"]] == ["Anna's"]
            assert made["token"] not in devices.text

    asyncio.run(run())


def test_a_code_that_was_taken_back_lets_nobody_in(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            code = await invite(at)
            listed = await at.http.get(CODES, headers=at.as_local())
            assert [one["id"] for one in listed.json()["items"]] == [code["id"]]
            assert code["code"].replace("-", "") not in listed.text
            gone = await at.http.delete(f"{CODES}/{code['id']}", headers=at.as_local())
            assert gone.status_code == 204
            answer = await at.http.post(PAIRING, json={"code": code["code"]})
            assert answer.status_code == 401

    asyncio.run(run())


def test_only_an_admin_makes_codes(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            plain = at.register.add("token", "x", ("tools",), for_s=60).secret
            for headers, status in ((bearer(plain), 403), ({}, 401)):
                answer = await at.http.post(CODES, json={}, headers=headers)
                assert answer.status_code == status

    asyncio.run(run())


def test_wrong_codes_are_heard_only_so_often(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            code = (await invite(at))["code"]
            for _ in range(MOST_OF_ONE):
                answer = await at.http.post(PAIRING, json={"code": new_code()})
                assert answer.status_code == 401
            answer = await at.http.post(PAIRING, json={"code": code})
            assert (answer.status_code, answer.json()["code"]) == (429, "busy")

    asyncio.run(run())


def test_many_wrong_codes_at_once_are_no_more(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            tries = (at.http.post(PAIRING, json={"code": new_code()}) for _ in range(12))
            heard = [answer.status_code for answer in await asyncio.gather(*tries)]
            assert (heard.count(401), heard.count(429)) == (MOST_OF_ONE, 12 - MOST_OF_ONE)

    asyncio.run(run())


@pytest.mark.parametrize("path", [PAIRING, "/pair"])
def test_who_never_says_the_code_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(pairing, "WORDS_S", 0.05)

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async def run() -> None:
        async with asked(tmp_path) as at:
            kind = {"Content-Type": "application/json"}
            answer = await at.http.post(path, content=never(), headers=kind)
            assert (answer.status_code, answer.json()["code"]) == (400, "usage")
            assert "in time" in answer.text

    asyncio.run(run())


def test_what_was_right_or_could_not_be_told_is_no_guess() -> None:
    guesses = Guesses(now=lambda: 0.0)
    for _ in range(2 * MOST_OF_ONE):
        with guesses.heard("10.0.0.1"):
            pass
        with pytest.raises(Unavailable), guesses.heard("10.0.0.1"):
            raise Unavailable
    for _ in range(MOST_OF_ONE):
        with pytest.raises(CallerUnknown), guesses.heard("10.0.0.1"):
            raise CallerUnknown
    with pytest.raises(Busy), guesses.heard("10.0.0.1"):
        pass


def test_guesses_are_counted_for_one_address_and_for_all() -> None:
    now = [0.0]
    guesses = Guesses(now=lambda: now[0])
    for number in range(MOST_OF_ALL):
        guesses.require_few(f"10.0.0.{number}")
        guesses.add(f"10.0.0.{number}")
    with pytest.raises(Busy):
        guesses.require_few("10.9.9.9")
    now[0] = 61.0
    guesses.require_few("10.9.9.9")
    for _ in range(MOST_OF_ONE):
        guesses.require_few("10.1.1.1")
        guesses.add("10.1.1.1")
    with pytest.raises(Busy):
        guesses.require_few("10.1.1.1")
    guesses.require_few("10.1.1.2")


def test_who_guesses_from_many_addresses_fills_no_memory() -> None:
    now = [0.0]
    guesses = Guesses(now=lambda: now[0])
    for number in range(2 * MOST_KNOWN):
        now[0] += 61
        guesses.require_few(str(number))
        guesses.add(str(number))
    assert len(guesses._of) <= MOST_KNOWN


def test_a_browser_pairs_by_the_page_to_which_the_picture_leads(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path, scheme="https", fingerprint=FINGERPRINT) as at:
            place = (await invite(at))["address"]
            page = await at.http.get(place)
            assert page.status_code == 200
            assert "form-action 'self'" in str(page.headers)
            assert grouped(FINGERPRINT) in page.text
            assert "Stop here" not in page.text
            code = parse_qs(urlsplit(place).query)["code"][0]
            assert f'value="{code}"' in page.text
            answer = await at.http.post("/pair", data={"code": code, "name": "phone"})
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
            cookie = answer.headers["set-cookie"].lower()
            assert all(word in cookie for word in ("httponly", "secure", "samesite=strict"))
            assert cookie.startswith("__host-safelight=sl_")
            seen = (await at.http.get("/api/v1/session")).json()
            assert (seen["kind"], seen["name"]) == ("device", "phone")
            assert seen["csrf"]
            renewed = await at.http.post("/pair", data={"code": "ABCDE-FGHJK", "name": "x"})
            assert renewed.status_code == 401

    asyncio.run(run())


def test_the_page_says_where_the_code_is_anothers_and_shows_what_came_as_text(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        async with asked(tmp_path, scheme="https", fingerprint=FINGERPRINT) as at:
            given = {"code": '"><script>', "fingerprint": "<b>"}
            page = await at.http.get("/pair", params=given)
            assert "Stop here" in page.text
            assert "<script" not in page.text
            assert "<b>" not in page.text

    asyncio.run(run())


@pytest.mark.parametrize(
    "body", [b"", b"code=&name=", b"\xff" * 100, b"code=ABCDE-FGHJK&name=%0a", b"&" * 4_000]
)
def test_a_form_that_is_none_is_told_as_that(tmp_path: Path, body: bytes) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            answer = await at.http.post("/pair", content=body)
            assert answer.status_code in (401, 422)

    asyncio.run(run())


def test_a_form_that_is_too_long_is_cut_off(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path) as at:
            assert (await at.http.post("/pair", content=b"x" * 5_000)).status_code == 413

    asyncio.run(run())


def test_the_authority_is_handed_out_where_there_is_one(tmp_path: Path) -> None:
    async def run() -> None:
        async with asked(tmp_path / "a") as at:
            assert (await at.http.get("/api/v1/authority")).status_code == 404
        async with asked(tmp_path / "b", authority="-----BEGIN") as at:
            assert (await at.http.get("/api/v1/authority")).text == "-----BEGIN"

    asyncio.run(run())


def test_a_code_is_easy_to_type_and_hard_to_guess() -> None:
    code = new_code()
    assert typed(shown(code)) == typed(shown(code).lower()) == code
    assert len(SYMBOLS) ** len(code) > 2**49
    assert not {"0", "O", "1", "I", "L"} - {"L"} & set(SYMBOLS)
    for wrong in ("", "ABC", code + "A", "0" * 10, "ÄBCDE-FGHJK", "A" * 10_000):
        assert typed(wrong) == ""
    assert CODE_S == 300


def test_the_picture_holds_address_code_and_fingerprint() -> None:
    place = address("https://10.0.0.2:8443/", "ABCDEFGHJK", FINGERPRINT)
    assert place.startswith("https://10.0.0.2:8443/pair?code=ABCDE-FGHJK&fingerprint=abab")
    assert "fingerprint" not in address("http://localhost", "ABCDEFGHJK", "")
    symbol, picture = segno.make(place, error="l", micro=False), square(place)
    across = symbol.symbol_size(border=4)[0]
    assert picture.startswith(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} ')
    strokes = picture.partition('stroke="#000"')[2]
    dark = sum(map(sum, symbol.matrix))
    assert sum(int(length) for length in re.findall(r"h(\d+)", strokes)) == dark
    lines = drawn(place).splitlines()
    assert 15 < len(lines) < 60
    assert max(map(len, lines)) < 400
