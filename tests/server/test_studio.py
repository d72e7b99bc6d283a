"""The Studio's routes: what each file is handed out with, and what it is not handed out without."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from safelight.server.front.routes.studio import takes_brotli
from safelight.studio import files
from tests.server.standing import Standing, engine_in, standing_before
from tests.server.studios import CONTENTS, SCRIPT, VERSION, write
from tests.server.test_health import Silent

BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    folder = tmp_path_factory.mktemp("home")
    with engine_in(folder) as engine:
        standing = standing_before(Silent(), engine, folder)
        standing.house.studio = files.load(write(folder / "built"))
        yield standing


def policy(headers: object) -> dict[str, str]:
    text = str(headers["content-security-policy"])  # type: ignore[index]
    return {one.split()[0]: " ".join(one.split()[1:]) for one in text.split(";")}


def test_the_page_may_ask_its_own_server_alone(server: Standing) -> None:
    answer = server.get("/", scopes=None)
    assert (answer.status_code, answer.content) == (200, CONTENTS["index.html"][0])
    told = policy(answer.headers)
    assert told["default-src"] == "'none'"
    assert told["script-src"] == told["connect-src"] == told["frame-src"] == "'self'"
    assert told["frame-ancestors"] == "'none'"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
    assert answer.headers["cache-control"] == "private, no-cache"


def test_the_frame_may_ask_nobody(server: Standing) -> None:
    answer = server.get("/studio/frame.html", scopes=None, headers=BROWSER)
    told = policy(answer.headers)
    assert told["sandbox"] == "allow-scripts allow-downloads"
    assert told["default-src"] == told["connect-src"] == "'none'"
    assert told["script-src"] == f"'{SCRIPT}' 'unsafe-eval' 'wasm-unsafe-eval'"
    assert told["frame-ancestors"] == "'self'"
    assert answer.headers["connection-allowlist"] == "()"
    assert answer.headers["x-dns-prefetch-control"] == "off"
    assert answer.headers["content-encoding"] == "br"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_what_keeps_it_is_a_script_of_the_whole_site_that_asks_it_alone(server: Standing) -> None:
    for path in ("/sw.js", "/studio/sw.js"):
        answer = server.get(path, scopes=None)
        assert answer.content == CONTENTS["sw.js"][0]
        assert answer.headers["service-worker-allowed"] == "/"
        assert policy(answer.headers) == {"default-src": "'none'", "connect-src": "'self'"}


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "none", "Origin": "null"}], ids=["plain", "by the system"]
)
def test_a_share_that_no_service_worker_took_is_told_and_not_read(
    server: Standing, headers: dict[str, str]
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"--x"
        raise AssertionError("the body was read")

    sent = {"Content-Type": "multipart/form-data; boundary=x", **headers}
    answer = server.post("/share", scopes=None, headers=sent, content=endless())
    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["location"] == "/#/start?shared=lost"


def test_a_name_that_changes_with_its_bytes_is_kept_for_good(server: Standing) -> None:
    def keeping(path: str) -> str:
        return server.get(path, scopes=None, headers=BROWSER).headers["cache-control"]

    forever = "private, max-age=31536000, immutable"
    assert keeping("/studio/main-abc.js") == keeping("/studio/engine-abc.zip") == forever
    assert keeping(f"/studio/frame.html?v={VERSION}") == forever
    for path in ("/studio/frame.html", "/studio/frame.html?v=other", "/studio/manifest.json"):
        assert keeping(path) == "private, no-cache"


def test_who_has_it_is_not_sent_it_again(server: Standing) -> None:
    for path in ("/", "/studio/frame.html", "/studio/manifest.json"):
        first = server.get(path, headers=BROWSER)
        known = {**BROWSER, "If-None-Match": f'"other", {first.headers["etag"]}'}
        again = server.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        for name in ("etag", "cache-control", "content-security-policy"):
            assert again.headers[name] == first.headers[name]


def test_who_takes_no_brotli_is_told_so(server: Standing) -> None:
    answer = server.get("/studio/main-abc.js", headers={"Accept-Encoding": "gzip, br;q=0"})
    assert (answer.status_code, answer.json()["code"]) == (406, "answer-unknown")
    assert "HTTPS" in answer.json()["hint"]
    assert server.get("/studio/engine-abc.zip", headers={"Accept-Encoding": ""}).content == b"PK"


@pytest.mark.parametrize(
    ("accepted", "is_taken"),
    [
        ("gzip, deflate, br", True), ("BR;q=0.5", True), ("*", True), ("br; q=1.0, *;q=0", True),
        ("", False), ("gzip", False), ("br;q=0", False), ("br;q=0.000, *", False), ("*;q=0", False),
    ],
)  # fmt: skip
def test_which_codings_are_taken(accepted: str, is_taken: bool) -> None:
    assert takes_brotli(accepted) == is_taken


def test_the_list_is_handed_out_and_nothing_beside_it(server: Standing) -> None:
    answer = server.get("/studio/manifest.json")
    assert answer.json()["parts"] == {"engine.zip": "engine-abc.zip"}
    assert answer.json()["version"] == VERSION
    for name in ("other.js", "main-abc.js.br", "..%2Ffiles.py"):
        assert server.get(f"/studio/{name}", headers=BROWSER).status_code == 404


def test_the_page_about_the_server_has_moved(server: Standing) -> None:
    answer = server.get("/about", scopes=None)
    assert '<a href="/">' in answer.text
    assert "not built" not in answer.text


def test_where_nobody_built_it_the_page_says_how_to(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        server = standing_before(Silent(), engine, tmp_path)
        assert "scripts/studio.py" in server.get("/", scopes=None).text
        answer = server.get("/sw.js")
        assert (answer.status_code, answer.json()["hint"]) == (404, "scripts/studio.py builds it")
