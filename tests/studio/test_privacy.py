"""The privacy page: the shield says what was measured, every way out is tried, and what became of a
picture is told to its end.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Page,
    Request,
    Route,
    expect,
)

from bench.browsing import context_of
from safelight.proof.serving.served import Served
from tests.studio.by_keys import press_at

PATIENCE_MS = 60_000
# One request that fails for ever has the page ask now and then, not on and on.
SETTLE_MS, LEAST_LOOKS, MOST_LOOKS, MOST_ALONE = 1_500, 2, 12, 6
# One picture as a job, asked as the pages of the Studio ask.
SEND = """async (data) => {
  const {csrf} = await (await fetch('/api/v1/session')).json();
  const post = async (path, type, body) => (await fetch('/api/v1' + path,
    {method: 'POST', headers: {'Safelight-CSRF': csrf, 'Content-Type': type}, body})).json();
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const {id} = await post('/uploads', 'image/jpeg', bytes);
  const asked = {inputs: [id], steps: [{op: 'resize', width: 64}]};
  return (await post('/jobs', 'application/json', JSON.stringify(asked))).id;
}"""

ERASE = """async (job) => {
  const {csrf} = await (await fetch('/api/v1/session')).json();
  await fetch('/api/v1/jobs/' + job, {method: 'DELETE', headers: {'Safelight-CSRF': csrf}});
}"""


@pytest.fixture
def visit(browser: Browser, studio: Served, known: Any) -> Iterator[BrowserContext]:
    """Signed in. No watch over its requests: this page tries to get out, and is refused. What the
    server says may be replaced, so no service worker stands between.
    """
    with context_of(browser, studio, known, locale="en-GB", service_workers="block") as opened:
        yield opened


def opened(visit: BrowserContext) -> Page:
    page = visit.new_page()
    page.goto("/#/privacy")
    expect(page.get_by_role("heading", name="Privacy", exact=True)).to_be_visible()
    return page


def tried(page: Page) -> dict[str, list[tuple[str, str]]]:
    """By Tab to the button; for each place its ways and by what each was refused."""
    button = page.get_by_role("button", name="Try every way out")
    expect(button).to_be_enabled()
    press_at(page, "Try every way out")
    expect(button).to_be_enabled(timeout=PATIENCE_MS)
    script = """(rows) => rows.map((row) => [row.closest('details').dataset.place, row.dataset.way,
      row.lastElementChild.textContent])"""
    found: dict[str, list[tuple[str, str]]] = {}
    for place, way, by in page.locator("tr[data-way]").evaluate_all(script):
        found.setdefault(place, []).append((way, by))
    return found


def test_every_way_out_is_tried_and_refused(visit: BrowserContext, studio: Served) -> None:
    out: list[Request] = []
    visit.on(
        "request", lambda one: None if one.url.startswith(studio.ready.url) else out.append(one)
    )
    page = opened(visit)
    found = tried(page)
    assert set(found) == {"page", "frame", "front", "worker", "back"}
    assert {"fetch", "websocket", "beacon", "image", "form", "webrtc"} <= dict(found["page"]).keys()
    assert {"own-server", "top-navigation", "worker-fetch", "webrtc"} <= dict(found["frame"]).keys()
    open_ways = [way for place in found.values() for way, by in place if by.startswith("nothing")]
    assert open_ways == []
    page_ways, frame_ways = dict(found["page"]), dict(found["frame"])
    assert page_ways["fetch"] == "the browser, by the policy's connect-src"
    assert page_ways["form"] == "the browser, by the policy's form-action"
    assert frame_ways["form"] == "the browser, by the frame's sandbox"
    assert frame_ways["top-navigation"] == "the browser, with a SecurityError"
    assert all(by.startswith("the kernel: ") for _, by in found["front"])
    # What the browser tells of as a request was refused before it left.
    lasting = [one for one in out if not one.url.startswith(("blob:", "data:", "about:"))]
    assert {one.failure for one in lasting} <= {"csp"}
    expect(page.get_by_text("were not refused")).to_have_count(0)


def test_control_a_way_that_is_open_is_told(visit: BrowserContext) -> None:
    """The policy lets pictures of others in: the page notices, and says so."""

    def opened_up(route: Route) -> None:
        answer = route.fetch()
        policy = answer.headers["content-security-policy"]
        assert "img-src 'self'" in policy
        policy = policy.replace("img-src 'self'", "img-src * 'self'")
        route.fulfill(
            response=answer, headers={**answer.headers, "content-security-policy": policy}
        )

    visit.route("https://192.0.2.1/**", lambda route: route.abort())
    visit.route(lambda url: url.endswith("/") and "192.0.2.1" not in url, opened_up)
    page = opened(visit)
    found = tried(page)
    ways = [way for way, by in found["page"] if by == "nothing refused it"]
    assert ways == ["image", "prefetch"]  # what any directive lets in may be fetched ahead of time
    expect(page.get_by_text("2 ways were not refused.")).to_be_visible()


def test_what_became_of_a_picture_is_told_to_its_end(visit: BrowserContext, photo: Path) -> None:
    page = opened(visit)
    job = page.evaluate(SEND, base64.b64encode(photo.read_bytes()).decode())
    page.get_by_role("button", name="Look again").click()
    line = page.locator("details", has_text=f"Picture 1 of job {job[-6:]}")
    expect(line).to_contain_text("done", timeout=PATIENCE_MS)  # the page looks by itself
    line.locator("summary").click()
    for words in ("This computer", "image/jpeg, 640 × 480", "resize", "64 × 48", "It waits here"):
        expect(line).to_contain_text(words)
    with page.expect_download() as download:
        line.get_by_role("button", name="Download receipt").click()
    name, receipt = download.value.suggested_filename, download.value.path().read_bytes()
    assert name.endswith(".receipt.json")
    told = page.request.get(f"/api/v1/receipts/{name.split('.')[0]}").body()
    assert receipt == told == json.dumps(json.loads(told), separators=(",", ":")).encode()
    line.get_by_role("button", name="Verify").click()
    expect(line).to_contain_text("The receipt holds.")
    line.get_by_role("button", name="Erase now").click()
    expect(line).to_contain_text("Overwritten.")

    held = page.get_by_role("listitem").filter(has_text=f"One picture, job {job[-6:]}")
    expect(held).to_contain_text("at the latest")
    held.get_by_role("button", name="Erase now").click()
    expect(held).to_have_count(0)
    other = page.evaluate(SEND, base64.b64encode(photo.read_bytes()).decode())
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("listitem").filter(has_text=f"job {other[-6:]}")).to_be_visible()
    page.get_by_role("button", name="Erase all of it now").click()
    expect(page.get_by_text("No result of this browser waits")).to_be_visible()
    assert page.request.get(f"/api/v1/jobs/{other}").status == 410
    assert page.request.get(f"/api/v1/jobs/{job}").status == 410


def test_what_cannot_be_told_now_is_not_called_gone(visit: BrowserContext, photo: Path) -> None:
    """The server answers for jobs, and fails for results and for the pictures of jobs in turn."""
    page = opened(visit)
    job = page.evaluate(SEND, base64.b64encode(photo.read_bytes()).decode())
    visit.route("**/api/v1/results/**", lambda route: route.fulfill(status=500, json={}))
    page.get_by_role("button", name="Look again").click()
    line = page.locator("details", has_text=f"Picture 1 of job {job[-6:]}")
    expect(line).to_contain_text("done", timeout=PATIENCE_MS)
    line.locator("summary").click()
    expect(line).to_contain_text("Whether it is still held cannot be told now.")
    expect(line).not_to_contain_text("Overwritten")
    visit.route(f"**/api/v1/jobs/{job}/items*", lambda route: route.fulfill(status=500, json={}))
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("What is still held cannot be told now.")).to_be_visible()
    expect(page.get_by_text("This browser has sent no picture")).to_have_count(0)
    expect(page.get_by_text("No result of this browser waits")).to_have_count(0)
    visit.unroute_all()
    page.evaluate(ERASE, job)


def test_what_a_tool_sent_is_told_though_its_job_was_erased(visit: BrowserContext) -> None:
    page = visit.new_page()
    page.goto("/#/enlarge")
    out = io.BytesIO()
    Image.effect_noise((24, 18), 90).convert("RGB").save(out, "PNG")
    chosen: FilePayload = {"name": "small.png", "mimeType": "image/png", "buffer": out.getvalue()}
    page.locator(".page input[type=file]").first.set_input_files(chosen)
    page.get_by_role("button", name="Enlarge", exact=True).click()
    region = page.get_by_role("region", name="Result")
    expect(region).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Erase now", exact=True).click()
    expect(region).to_have_count(0)
    page.evaluate("location.hash = '#/privacy'")
    line = page.locator("details", has_text="Upscale")
    line.locator("summary").click()
    for words in ("image/png, 24 × 18", "model upscale-x2", "It was fetched", "Overwritten."):
        expect(line).to_contain_text(words)
    assert "small" not in page.evaluate("JSON.stringify(sessionStorage)")


@pytest.mark.parametrize(
    ("cage", "locks", "words", "how"),
    [
        ((3, 101), ["sieve"], "No way out", "kernel: 101 of 101 contained, level 3"),
        ((0, 100), ["sieve"], "Blocked in process", "workers: 100 of 101 contained, level 0"),
        ((0, 0), [], "Watching only", "no lock was seen: 0 of 101 contained"),
        ((3, 101), None, "Watching only", "no lock was seen: 101 of 101 contained"),
    ],
)
def test_the_shield_says_what_was_measured(
    visit: BrowserContext, cage: tuple[int, int], locks: list[str] | None, words: str, how: str
) -> None:
    """What nobody said of a lock is no lock."""
    level, contained = cage
    facts = {"level": level, "attempted": 101, "contained": contained, "not_covered": []}
    _answers(visit, "/api/v1/capabilities", cage=facts, locks=locks)
    shield = opened(visit).get_by_role("banner").get_by_role("status")
    expect(shield).to_contain_text(words)
    expect(shield).to_contain_text(how)


def test_one_request_that_fails_for_ever_is_not_asked_for_on_and_on(visit: BrowserContext) -> None:
    """Though everything else answers, so that the server is found again each time."""
    asked: list[str] = []
    visit.on("request", lambda one: asked.append(one.url))
    visit.route("**/api/v1/audit/ledger*", lambda route: route.abort())
    opened(visit).wait_for_timeout(2 * SETTLE_MS)
    assert 1 <= sum("/audit/ledger" in url for url in asked) < MOST_ALONE


def test_a_lost_server_is_told_and_the_shield_comes_back_by_itself(visit: BrowserContext) -> None:
    """Who is no auditor is told so, and sees the locks all the same, for they are told to all."""
    _answers(visit, "/api/v1/session", scopes=["tools"])
    visit.route("**/api/v1/status", lambda route: route.abort())
    assert "sieve" in visit.request.get("/api/v1/capabilities").json()["locks"]
    asked: list[str] = []
    visit.on("request", lambda one: asked.append(one.url))
    visit.route("**/api/v1/capabilities", lambda route: route.abort())
    page = opened(visit)
    page.wait_for_timeout(SETTLE_MS)
    looks = sum(url.endswith("/api/v1/session") for url in asked)
    assert LEAST_LOOKS <= looks < MOST_LOOKS
    visit.unroute("**/api/v1/capabilities")
    page.reload()
    shield = page.get_by_role("banner").get_by_role("status")
    expect(shield).to_contain_text("No way out")
    expect(page.get_by_text("The ledger is for auditors")).to_be_visible()
    expect(page.get_by_text("A filter of system calls.")).to_be_visible()
    visit.route("**/api/**", lambda route: route.abort())
    page.get_by_role("button", name="Look again").click()
    expect(shield).to_contain_text("Server not there")
    expect(page.get_by_text("The server does not answer.").first).to_be_visible()
    visit.unroute("**/api/**")
    expect(shield).to_contain_text("No way out", timeout=PATIENCE_MS)


def _answers(visit: BrowserContext, path: str, **told: Any) -> None:
    """The server's answer with these fields replaced."""
    answer = {**visit.request.get(path).json(), **told}
    visit.route(f"**{path}", lambda route: route.fulfill(json=answer))
