"""Who may ask a server that runs: as its three processes answer, with nothing in the place of any.

One server with a certificate of the user's own: over its socket file it speaks without TLS.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.serving import client, serving
from safelight.proof.serving.served import Served
from safelight.server.identity.preparing import new_link, register_of
from tests.server.certificates import brought

SESSION, TOKENS, PAIRING = "/api/v1/session", "/api/v1/tokens", "/api/v1/pairing"
LIMIT_S = 120


@pytest.fixture(scope="module")
def known() -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="known-") as name:
        certificate, key = (str(path) for path in brought(Path(name)))
        words = ("--certificate", certificate, "--key", key)
        with serving(Path(name) / "of", *words) as running:
            yield running


@pytest.fixture
def asks(known: Served) -> Iterator[httpx.Client]:
    with client(known) as opened:
        yield opened


@pytest.fixture
def nobody(known: Served) -> Iterator[httpx.Client]:
    with client(known, token="") as opened:
        yield opened


def state(served: Served) -> Path:
    return served.ground.folder / "state"


def test_the_ready_line_tells_the_fingerprint_and_a_link(known: Served) -> None:
    assert known.ready.url.startswith("https://127.0.0.1:")
    assert known.ready.link.startswith(f"{known.ready.url}/open?link=sl_")
    assert len(known.ready.fingerprint) == 64


def test_a_foreign_name_gets_421_and_a_foreign_page_403(asks: httpx.Client) -> None:
    foreign = asks.get(SESSION, headers={"Host": "evil.example"})
    assert (foreign.status_code, foreign.json()["code"]) == (421, "host-foreign")
    page = asks.post(TOKENS, json={"name": "x"}, headers={"Origin": "https://evil.example"})
    assert (page.status_code, page.json()["code"]) == (403, "origin-foreign")


def test_a_token_is_known_and_unknown_at_once(
    known: Served, asks: httpx.Client, nobody: httpx.Client
) -> None:
    fresh = register_of(state(known)).add("token", "ci", ("tools",), for_s=60)
    theirs = {"Authorization": f"Bearer {fresh.secret}"}
    assert nobody.get(SESSION, headers=theirs).json()["name"] == "ci"
    assert asks.delete(f"{TOKENS}/{fresh.record.id}").status_code == 204
    assert nobody.get(SESSION, headers=theirs).status_code == 401
    assert nobody.get(SESSION).status_code == 401


def test_what_a_front_end_had_let_in_its_successor_knows(
    known: Served, nobody: httpx.Client
) -> None:
    link = new_link(state(known), "http://localhost")
    assert nobody.get(link).status_code == 303
    assert nobody.get(SESSION).json()["kind"] == "session"
    _end_front(known)
    with client(known, token="") as again:
        again.cookies.update(nobody.cookies)
        assert _patiently(again).json()["kind"] == "session"
        assert again.get(link).status_code == 401


def test_a_device_pairs_over_the_back_end(asks: httpx.Client, nobody: httpx.Client) -> None:
    made = asks.post(f"{PAIRING}/codes", json={"name": "phone"}).json()
    token = nobody.post(PAIRING, json={"code": made["code"]}).json()["token"]
    theirs = {"Authorization": f"Bearer {token}"}
    assert nobody.get(SESSION, headers=theirs).json()["kind"] == "device"
    assert nobody.post(TOKENS, json={"name": "x"}, headers=theirs).status_code == 403


def test_the_log_tells_no_secret(known: Served, asks: httpx.Client) -> None:
    asks.get("/open", params={"link": "sl_abcdefgh_secret"})
    log = known.log()
    assert "401 caller-unknown" in log
    assert "sl_" not in log


def _end_front(served: Served) -> None:
    for folder in Path(f"/proc/{served.pid}/task/{served.pid}").glob("children"):
        for pid in folder.read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"safelight.server.front.main" in words:
                os.kill(int(pid), signal.SIGKILL)
                return
    raise AssertionError("no front end is there")


def _patiently(asks: httpx.Client) -> httpx.Response:
    """The first answer of the successor."""
    end = time.monotonic() + LIMIT_S
    while True:
        try:
            return asks.get(SESSION)
        except httpx.TransportError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
