"""The Studio's shell: going about by keyboard, settings, and what it does without the server."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.browsing import Watch, context_of, known_to
from bench.serving import serving
from safelight.proof.serving.served import Served
from tests.studio.browsing import open_tool, sources, tool_frame
from tests.studio.in_node import called

FRAME_STATE = "document.querySelector('.host')?.dataset.frame"
SHARED = """async () => {
  const form = new FormData();
  form.append('pictures', new File(['not a picture'], 'shared.txt', {type: 'text/plain'}));
  await fetch('/share', {method: 'POST', body: form, redirect: 'manual'});
}"""
HANDED_OVER = """() => parent.postMessage(
  {kind: 'handover', tool: 'batch', files: [new File(['x'], 'x.png')]}, '*')"""
# Each of these the page must not take from the frame.
WRONG = (
    "{kind: 'go', tool: '../../about'}",
    "{kind: 'go', tool: 7}",
    "{kind: 'constructor'}",
    "{kind: 'handover', tool: 'edit', files: []}",
    "{kind: 'handover', tool: 'batch', files: ['name']}",
    "{kind: 'remember', key: '../language', value: 1}",
    "{kind: 'remember', key: 'any', value: 1}",
    "{kind: 'remember', key: 'watermark', value: {text: 'x'.repeat(81)}}",
    "{kind: 'remember', key: 'edit', value: {pixels: 1}}",
    "{kind: 'remember', key: 'many', value: {profile: {of: 'x'}}}",
    "'go'",
    "null",
)
RIGHT = "{kind: 'remember', key: 'edit', value: {long: 7}}"
CONTROLLED = "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
PAIR = """async (told) => (await fetch('/api/v1/pairing', {method: 'POST', credentials: 'omit',
  headers: {'Content-Type': 'application/json'}, body: JSON.stringify(told)})).status"""
SEEN = '[{"receipt": "r", "tool": "edit", "at": "2026-11-22T04:00:00Z"}]'
HEARD = """() => {
  window.heard = [];
  window.addEventListener('message', ({data}) => data.kind === 'set' && window.heard.push(data));
}"""
# Pressed with the focus in a place, and whether the table of shortcuts has it there.
PRESSED = (
    ("strip", "Delete", (), True),
    ("strip", "x", (), False),
    ("edit", "z", ("ctrlKey",), True),
    ("edit", "Z", ("metaKey", "shiftKey"), True),
    ("edit", "z", (), False),
    ("boxes", "ArrowUp", ("altKey", "shiftKey"), True),
    ("boxes", "Backspace", (), True),
    ("boxes", "ArrowUp", ("ctrlKey",), False),
    ("brush", " ", (), True),
    ("brush", "x", (), True),
    ("steps", "ArrowUp", (), False),
    ("steps", "ArrowUp", ("altKey",), True),
    ("lens", "ArrowLeft", ("shiftKey",), True),
)
HELD = ("ctrlKey", "metaKey", "altKey", "shiftKey")
LISTENS = re.compile(r"onkeydown=|'keydown'")
WAIT_MS, STEP_MS = 30_000, 100


def until(page: Page, is_so: Callable[[], object]) -> None:
    """Ask again and again: the page's policy lets nobody wait inside of it."""
    for _ in range(WAIT_MS // STEP_MS):
        if is_so():
            return
        page.wait_for_timeout(STEP_MS)
    raise AssertionError(f"not in time: {page.url} {page.evaluate(FRAME_STATE)}")


def whole(page: Page) -> None:
    """The frame is there, and every part of it."""
    until(page, lambda: page.evaluate(FRAME_STATE) == "whole")


@pytest.mark.comes_again
def test_everything_is_reached_by_keys(page: Page) -> None:
    whole(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", name="Help", level=1)).to_be_visible()
    help_rows = page.locator("main tbody tr").count()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet).to_be_visible()
    assert sheet.locator("tbody tr").count() == help_rows >= 20
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    for letter, name in (("m", "metadata"), ("e", "edit"), (",", "settings")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        expect(page.locator("main")).to_have_attribute("data-page", name)
        if name != "settings":  # the frame has focus now: it hands on what it does not know
            tool_frame(page).locator("h1").wait_for()
    page.get_by_role("checkbox", name="Keyboard shortcuts").uncheck()
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.locator("main")).to_have_attribute("data-page", "settings")


def test_keys_are_heard_as_the_table_has_them() -> None:
    chords = [
        (place, {"key": key, **{one: one in held for one in HELD}})
        for place, key, held, _ in PRESSED
    ]
    found = called("keys", [("isHeard", chord) for chord in chords])
    assert found == [is_heard for *_, is_heard in PRESSED]


def test_more_files_than_one_message_takes_come_in_several() -> None:
    """One with too many would be none, and nobody would hear of it."""
    files = list(range(25))
    few, none, whole, more = called(
        "messages",
        [("inMessages", given) for given in ((files, 10), ([],), (files,), ([0] * 10_001,))],
    )
    assert few == [files[:10], files[10:20], files[20:]]
    assert (none, whole) == ([], [files])
    assert [len(one) for one in more] == [10_000, 1]


def test_whoever_listens_to_keys_asks_the_table(root: Path) -> None:
    """What the table does not have nobody hears; so the help sheet has all of it."""
    apart = {"keys.ts"}
    files = [
        file
        for folder in ("app", "tab", "widgets", "core")
        for file in sorted((root / "web" / folder).rglob("*"))
        if file.suffix in {".ts", ".svelte"} and file.name not in apart
    ]
    listening = {file: text for file in files if LISTENS.search(text := file.read_text())}
    assert listening
    deaf = {file.name for file, text in listening.items() if "isHeard(" not in text}
    assert deaf == set()


@pytest.mark.comes_again
def test_settings_stay_on_this_device_until_they_are_forgotten(page: Page) -> None:
    open_tool(page, "settings")
    html = page.locator("html")
    page.get_by_label("Viewing room: neutral grey").check()
    expect(html).to_have_attribute("data-theme", "grey")
    page.get_by_label("Language", exact=True).select_option("de")
    expect(page.get_by_role("heading", name="Einstellungen", level=1)).to_be_visible()
    page.reload()
    expect(html).to_have_attribute("lang", "de")
    expect(html).to_have_attribute("data-theme", "grey")
    expect(page.get_by_role("cell", name="safelight.language")).to_be_visible()
    open_tool(page, "batch")
    step = page.locator("[data-step]").filter(has_text="convert")
    expect(step.get_by_label("Qualität")).to_have_value("82")
    open_tool(page, "settings")
    page.get_by_role("button", name="Alles vergessen").click()
    expect(html).to_have_attribute("lang", "en")
    expect(page.get_by_text("Nothing is remembered on this device any more.")).to_be_visible()
    kept = page.evaluate("Object.keys(localStorage)")
    assert kept == []


@pytest.mark.comes_again
def test_what_is_forgotten_is_forgotten_in_the_frame_and_in_this_visit(page: Page) -> None:
    page.evaluate("localStorage['safelight.tool.edit.quality'] = '7'")
    page.evaluate(f"sessionStorage['safelight.session.receipts'] = '{SEEN}'")
    page.reload()
    whole(page)
    frame = tool_frame(page)
    frame.evaluate(HEARD)
    open_tool(page, "settings")
    page.get_by_role("button", name="Forget all of it").click()
    until(page, lambda: frame.evaluate("window.heard.length > 0"))
    last = frame.evaluate("window.heard.at(-1).settings")
    assert list(last) == ["shortcuts"]
    assert page.evaluate("sessionStorage['safelight.session.receipts']") == "[]"


@pytest.mark.comes_again
def test_devices_are_listed_ended_and_paired_from_the_settings(page: Page) -> None:
    open_tool(page, "settings")
    part = page.locator("section", has=page.get_by_role("heading", name="Other devices"))
    part.get_by_role("button", name="Pair a device").click()
    code = part.locator("code.code")
    expect(code).to_be_visible()
    expect(part).not_to_contain_text("settings.")  # every kind of who is known has its words
    square = part.get_by_role("img", name=re.compile("QR code .* address http"))
    assert square.evaluate("(drawn) => drawn.decode().then(() => drawn.naturalWidth)") > 0
    told = {"code": code.inner_text(), "name": "their phone"}
    assert page.evaluate(PAIR, told) == 200  # as who is not known yet
    page.reload()
    part.get_by_role("button", name="End their phone").click()
    expect(part.get_by_role("cell", name="their phone")).to_have_count(0)
    expect(part.get_by_role("cell", name="browser").first).to_be_visible()
    rules = page.locator("section", has=page.get_by_role("heading", name="Rules of this server"))
    expect(rules).to_contain_text("A result that nobody fetches is overwritten after")
    expect(rules).not_to_contain_text("locked")
    told = page.request.get("/api/v1/capabilities").json()
    told["locked"] = [{"key": "max_pixels", "value": "40000000"}, {"key": "keep", "value": None}]
    page.route("**/api/v1/capabilities", lambda route: route.fulfill(json=told))
    page.reload()
    expect(rules.locator("li", has_text="megapixels")).to_contain_text("locked by policy")
    expect(rules.locator("li", has_text="max_pixels = 40000000")).to_contain_text("by policy")
    expect(rules.locator("li", has_text="keep")).to_contain_text("locked by policy")


def test_nothing_is_asked_once_the_tools_are_there(page: Page, watch: Watch) -> None:
    whole(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")  # it keeps files of its own accord
    before = len(watch.asked)
    for name in ("metadata", "edit", "start"):
        open_tool(page, name)
        tool_frame(page).locator("h1").wait_for()
    assert list(watch.after(before)) == []


@pytest.mark.comes_again
def test_after_the_frame_stands_no_frame_goes_anywhere(page: Page) -> None:
    whole(page)
    tool_frame(page).evaluate("() => { location.href = '/about?stolen=1'; }")
    page.wait_for_timeout(300)
    assert "stolen" not in " ".join(one.url for one in page.frames)


@pytest.mark.comes_again
def test_the_page_hears_the_frame_alone_and_only_what_it_knows(page: Page) -> None:
    whole(page)
    frame = tool_frame(page)
    for wrong in WRONG:
        frame.evaluate(f"() => parent.postMessage({wrong}, '*')")
    page.evaluate("() => postMessage({kind: 'go', tool: 'edit'}, '*')")  # well formed, from outside
    frame.evaluate(f"() => parent.postMessage({RIGHT}, '*')")
    until(page, lambda: page.evaluate("localStorage['safelight.tool.edit']") == '{"long":7}')
    assert page.locator("main").get_attribute("data-page") == "start"
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    frame.evaluate(HANDED_OVER)
    page.wait_for_timeout(300)
    assert set(sent) <= {"GET"}  # of the page's own facts; a picture goes only by a press
    kept = page.evaluate("Object.keys(localStorage).filter((key) => key.includes('tool'))")
    assert kept == ["safelight.tool.edit"]


def test_a_first_visit_is_shown_around_and_a_used_link_says_so(
    browser: Browser, studio: Served, known: object
) -> None:
    with context_of(browser, studio, locale="en-GB") as context:
        page = context.new_page()
        page.goto("/")
        expect(page.get_by_text("Step 1 of 3")).to_be_visible()
        page.get_by_role("button", name="Next").click()
        expect(page.locator("h2", has_text="Some tools need your computer")).to_be_focused()
        page.get_by_role("button", name="Skip").click()
        expect(page.locator("main")).to_have_attribute("data-page", "start")
        page.goto(studio.ready.link)
        assert page.url.endswith("/#/welcome?link=ended")
        expect(page.get_by_text("safelight status --link", exact=True)).to_be_visible()
        open_tool(page, "enlarge")
        expect(page.get_by_text("The server does not know this browser")).to_be_visible()


def test_a_part_that_is_not_what_was_built_is_told_and_not_used(
    browser: Browser, studio: Served, known: object
) -> None:
    """One byte more in it; then the server is gone; then all is well."""
    with context_of(browser, studio, known, locale="en-GB", service_workers="block") as context:
        page = context.new_page()
        part = "**/studio/stdlib-*.pack"
        page.route(part, lambda route: route.fulfill(body=route.fetch().body() + b"x"))
        page.goto("/#/start")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("A part of the program is not what was built: stdlib-")
        expect(alert).to_contain_text("It was not used")
        page.unroute(part)
        page.route(part, lambda route: route.abort())
        again = alert.get_by_role("button", name="Load the page again")
        again.click()
        expect(alert).to_contain_text("A part of the program is missing: stdlib-")
        expect(alert).to_contain_text(
            "Start Safelight again where it runs, then load the page again"
        )
        page.unroute(part)
        again.click()
        whole(page)
        expect(alert).to_have_count(0)


@pytest.fixture(scope="module")
def lone(built: Path, root: Path) -> Iterator[tuple[Served, ExitStack]]:
    """A server of one test's own, and what stops it."""
    with tempfile.TemporaryDirectory(prefix="lone-") as name, ExitStack() as stack:
        yield stack.enter_context(serving(Path(name), environment=sources(root))), stack


def test_tools_of_the_tab_work_with_the_server_stopped(
    browser: Browser, lone: tuple[Served, ExitStack]
) -> None:
    served, stopping = lone
    state = known_to(browser, served)
    with context_of(browser, served, state, locale="en-GB") as context:
        page = context.new_page()
        page.goto("/#/start")
        whole(page)
        until(page, lambda: page.evaluate(CONTROLLED))
        stopping.close()
        page.reload()
        whole(page)
        page.evaluate(SHARED)
        page.reload()
        whole(page)
        assert "shared.txt" not in tool_frame(page).locator("body").inner_text()
        page.get_by_role("button", name="Open in this tab").click()
        until(page, lambda: "shared.txt" in tool_frame(page).locator("body").inner_text())
        open_tool(page, "help")
        page.get_by_role("link", name="The Studio: Safelight in a browser").click()
        expect(page.locator("article h4", has_text="How the lock works")).to_be_visible()
        page.locator("article").get_by_role("link", name="receipts").first.click()
        expect(page.locator("article h3")).to_be_focused()
        open_tool(page, "enlarge")
        expect(page.get_by_text("The Safelight server does not answer")).to_be_visible()
        expect(page.get_by_role("link", name="Tools in this tab work without it")).to_be_visible()
