"""Whatever runs in the tool frame reaches nobody, and a frame without its policies reaches all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Frame, Page

from bench.browsing import Watch, everyday
from bench.visiting import FRAME, READY_MS
from safelight.proof.serving.served import Served
from tests.studio.browsing import tool_frame
from tests.studio.ears import Ears, listening
from tests.studio.in_node import script_of

pytestmark = pytest.mark.opens_sockets("somebody on the loopback listens for what gets out")

WAYS = (Path(__file__).parent / "ways_out.js").read_text()
# Each way with its address; what becomes of it is not waited for.
RUN = f"""(wishes) => {{
  const ways = {WAYS};
  for (const [name, to] of Object.entries(wishes)) {{
    try {{ Promise.resolve(ways[name](to)).catch(() => 0); }} catch {{ }}
  }}
}}"""
LOCKED = f":is([data-frame=ready], [data-frame=whole]) {FRAME}"
SETTLE_MS = 1_200
PATIENCE = 8
MOVE_MS = 120
# They would take the document away, or open another one.
MOVING = ("move", "window", "link_elsewhere", "form", "download")
# They ask by packets, or connect and say nothing: each has a listener of its own.
SILENT = ("web_transport", "worker_transport", "peer", "peer_old_name", "peer_of_child")
# The browser looks ahead: it connects and says nothing, or looks up the name alone.
AHEAD = ("preconnect",)
LOOKING_UP = ("name_prefetch",)
# By this name the locked frame asks for a look-up: the loopback by number would need none.
LOOKED_UP = "locked-name.example"
# A document may ask these of its own origin only.
OWN_ONLY = ("worker", "shared_worker", "service_worker")
# The document at the top asks for these, or nobody does.
TOP_ONLY = ("icon", "manifest", "speculation")
# The ways of the page "Privacy", and frames without a policy for them.
WAYS_OF_PAGE = 21
HOLDERS = """<iframe name=open src=/frame></iframe>
  <iframe name=forms src=/frame sandbox="allow-scripts allow-forms"></iframe>
  <iframe name=strict src=/frame sandbox="allow-scripts"></iframe>"""
# The browser does this one when it sees fit.
AT_WILL = {"speculation"}


# All that the frame may say, said by a script and pressed by nobody; and what it is answered.
TALK = """(after) => new Promise((done) => {
  const wanted = ['stolen-4711', 'manifest.json', 'constructor', 'engine.js'];
  const got = {};
  addEventListener('message', ({data}) => {
    if (data.kind === 'part') got[data.name] = data.bytes !== null;
    if (Object.keys(got).length === wanted.length) done(got);
  });
  setTimeout(() => {
    const files = [new File(['x'], 'x.png')];
    for (const said of [
      {kind: 'go', tool: 'privacy'},
      {kind: 'go', tool: 'stolen-4711'},
      {kind: 'key', key: 'g p'},
      {kind: 'handover', tool: 'batch', files},
      {kind: 'title', text: 'stolen-4711'},
      {kind: 'ready'},
      ...wanted.map((name) => ({kind: 'want', name})),
    ]) parent.postMessage(said, '*');
  }, after);
})"""
# The driver's own call counts as a press for five seconds.
UNPRESSED_MS = 5_300
FETCHED = "async () => { await fetch('/studio/stolen-4711'); }"


def names(page: Page | Frame) -> list[str]:
    found: list[str] = page.evaluate(f"() => Object.keys({WAYS})")
    return found


def is_moving(name: str) -> bool:
    return name.startswith(MOVING)


def address(base: str, name: str) -> str:
    """Scripts are answered as such."""
    return f"{base}/out/{name}.js"


def heard(ears: Ears) -> set[str]:
    """The ways by which requests came."""
    return {path.removeprefix("/out/").removesuffix(".js") for path in ears.paths}


def requests(log: Path) -> set[str]:
    """The ways whose requests the browser began, by its own log; it has ended."""
    whole = json.loads(log.read_text())
    began = whole["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    urls = [event["params"]["url"] for event in whole["events"] if event["type"] == began
            and "url" in event.get("params", {})]  # fmt: skip
    return {urlsplit(url).path[5:-3] for url in urls if urlsplit(url).path.startswith("/out/")}


def looked_up(log: Path) -> set[str]:
    """The names that the browser asked its resolver for, by the same log."""
    whole = json.loads(log.read_text())
    asked = whole["constants"]["logEventTypes"]["HOST_RESOLVER_MANAGER_REQUEST"]
    told = (event["params"]["host"] for event in whole["events"] if event["type"] == asked
            and "host" in event.get("params", {}))  # fmt: skip
    return {urlsplit(one if "//" in one else f"//{one}").hostname or "" for one in told}


def move_each(page: Page, wishes: Mapping[str, str]) -> None:
    """One after the other. A refusal may leave nothing of the frame but the browser's word for it;
    then the page is opened anew.
    """
    frame = tool_frame(page)
    for name, to in wishes.items():
        try:
            frame.evaluate(RUN, {name: to})
        except Error:  # the refusal of the one before came late
            frame = opened_anew(page)
            frame.evaluate(RUN, {name: to})
        page.wait_for_timeout(MOVE_MS)
        if not stands(frame):
            assert frame.url.startswith("chrome-error:"), name
            frame = opened_anew(page)


def opened_anew(page: Page) -> Frame:
    """Locked, as the page does once its frame answers. What the tools need to work comes later, and
    need not: to start them for each way would be most of what this costs.
    """
    page.reload()
    holder = page.wait_for_selector(LOCKED, timeout=READY_MS)
    frame = holder.content_frame() if holder else None
    assert frame is not None
    frame.wait_for_selector("h1")
    return frame


def stands(frame: Frame) -> bool:
    """Whether the tools are there. A refusal may come between, then it is looked at again."""
    for _ in range(PATIENCE):
        with suppress(Error):
            return bool(frame.evaluate("() => document.querySelector('#frame') !== null"))
        frame.page.wait_for_timeout(MOVE_MS)
    return False


def refused(served: Served) -> int:
    """Requests for what a server has not, by its own log."""
    return served.log().count(" 404")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "network.json"


def test_nothing_gets_out_of_the_tool_frame(
    browser: Browser, studio: Served, known: Mapping[str, Sequence[object]], log: Path
) -> None:
    """Not to others, not to our own server, by any way; the browser's own log agrees."""
    before = refused(studio)
    with ExitStack() as stack:
        ears, silent = stack.enter_context(listening()), stack.enter_context(listening())
        ahead = stack.enter_context(listening())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="profile-")))
        context = stack.enter_context(everyday(browser, folder, log))
        context.add_cookies(known["cookies"])  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{studio.ready.url}/#/start")
        for base in (ears.url, studio.ready.url.rstrip("/")):
            frame = tool_frame(page)
            every = {name: address(base, name) for name in names(frame)}
            every |= {name: address(silent.url, name) for name in SILENT}
            every |= {name: address(ahead.url, name) for name in AHEAD}
            every |= {name: f"http://{LOOKED_UP}/out/{name}.js" for name in LOOKING_UP}
            frame.evaluate(RUN, {name: to for name, to in every.items() if not is_moving(name)})
            page.wait_for_timeout(SETTLE_MS)
            move_each(page, {name: to for name, to in every.items() if is_moving(name)})
        assert heard(ears) == set()
        assert silent.heard == 0
        # What it looks ahead for it may connect to, and says nothing: a limit that is documented.
        assert ahead.paths == []
    assert refused(studio) == before
    assert requests(log) == set()
    # A name it may look up all the same: no policy stops that, and the privacy page says so.
    assert looked_up(log) & {LOOKED_UP, "open-name.example"} <= {LOOKED_UP}


@pytest.mark.comes_again
def test_nothing_that_the_frame_says_becomes_a_request(
    page: Page, frame: Frame, watch: Watch, studio: Served
) -> None:
    """A part is given if it is one, the page stays, and the server has not been asked."""
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")  # it keeps files of its own accord
    before, unknown = len(watch.asked), refused(studio)
    answered = frame.evaluate(TALK, UNPRESSED_MS)
    assert answered == {
        "stolen-4711": False,
        "manifest.json": False,
        "constructor": False,
        "engine.js": True,
    }
    assert page.locator("main").get_attribute("data-page") == "start"
    assert "stolen" not in page.title()
    assert list(watch.after(before)) == []
    assert refused(studio) == unknown
    page.evaluate(FETCHED)  # the control: such a request would have been counted
    assert len(watch.after(before)) == 1
    for _ in range(PATIENCE):  # a line is written once the answer has gone
        if refused(studio) > unknown:
            break
        page.wait_for_timeout(MOVE_MS)
    assert refused(studio) == unknown + 1


def test_a_frame_without_the_policies_gets_out_by_every_way(browser: Browser, log: Path) -> None:
    """The control: the same document of ways, and nobody refuses."""
    with ExitStack() as stack:
        home, ears = stack.enter_context(listening()), stack.enter_context(listening())
        quiet = {name: stack.enter_context(listening()) for name in (*SILENT, *AHEAD)}
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="profile-")))
        context = stack.enter_context(everyday(browser, folder, log))
        in_vain = stack.enter_context(tried_in_vain(browser, home))
        frame = control_frame(context, home)
        every = {name: address(ears.url, name) for name in names(frame)}
        every |= {name: address(home.url, name) for name in OWN_ONLY}
        every |= {name: address(one.url, name) for name, one in quiet.items()}
        every |= dict.fromkeys(LOOKING_UP, "http://open-name.example")
        top = {name: every.pop(name) for name in TOP_ONLY}
        frame.evaluate(RUN, {name: to for name, to in every.items() if not is_moving(name)})
        frame.page.evaluate(RUN, top)
        for name, to in every.items():
            if is_moving(name):
                away = control_frame(context, home)
                away.evaluate(RUN, {name: to})
        wanted = {*every, *top} - AT_WILL - set(LOOKING_UP)
        for _ in range(PATIENCE):
            arrived = heard(ears) | heard(home) | {name for name, one in quiet.items() if one.heard}
            if wanted <= arrived:
                break
            frame.page.wait_for_timeout(SETTLE_MS)
        assert wanted - arrived == set()
        # Without an answer alone, nothing counts as refused on the page "Privacy".
        assert {name: counted_as_refused(tried) for name, tried in in_vain.items()} == {
            "open": {},
            "forms": {"top-navigation": "SecurityError"},
            "strict": {"top-navigation": "SecurityError", "form": "sandbox"},
        }
    assert "open-name.example" in looked_up(log)
    assert len(requests(log)) > len(every) / 2


@contextmanager
def tried_in_vain(browser: Browser, home: Ears) -> Iterator[dict[str, Frame]]:
    """Frames that no policy holds, by what their sandbox leaves. Each tries the ways out of the
    page "Privacy", and finds no answer at any; that goes on while something else is done.
    """
    with browser.new_context() as context:
        context.route("https://192.0.2.1/**", lambda route: route.abort("aborted"))
        page = context.new_page()
        page.goto(f"{home.url}/control")
        page.evaluate("(html) => { document.body.innerHTML = html; }", HOLDERS)
        script, frames = script_of("tests/studio/trying.ts"), {}
        for holder in page.query_selector_all("iframe"):
            frame, name = holder.content_frame(), holder.get_attribute("name")
            assert frame is not None
            assert name is not None
            frame.wait_for_selector("body p")
            frame.add_script_tag(content=script)
            frame.evaluate("() => { globalThis.found = waysOutOfFrame(); }")
            frames[name] = frame
        yield frames


def counted_as_refused(frame: Frame) -> dict[str, str]:
    """Of the ways that it tried, those that it says were refused, and by what."""
    ways = frame.evaluate("() => found")
    assert len(ways) == WAYS_OF_PAGE
    return {way["way"]: way["by"] for way in ways if way["refused"]}


def control_frame(context: BrowserContext, home: Ears) -> Frame:
    """A frame in a page that says nothing of what it may do."""
    page = context.new_page()
    page.goto(f"{home.url}/control")
    page.evaluate("""() => {
      document.body.innerHTML = '<iframe src="/frame"></iframe>';
    }""")
    holder = page.wait_for_selector("iframe")
    frame = holder.content_frame() if holder else None
    assert frame is not None
    frame.wait_for_selector("body p")
    return frame


@pytest.mark.comes_again
def test_the_tool_frame_keeps_nothing_and_knows_nobody(frame: Frame) -> None:
    """No cookie, no storage, no look at the page around it."""
    looks = {
        "cookies": "document.cookie",
        "local storage": "localStorage.length",
        "session storage": "sessionStorage.length",
        "database": "indexedDB.open('x').onerror",
        "caches": "caches.keys()",
        "page": "parent.document.title",
        "top": "top.location.href",
        "files": "navigator.storage.getDirectory()",
        "shares": "navigator.locks.query()",
    }
    for what, look in looks.items():
        with pytest.raises(Error, match=r"SecurityError|insecure|denied|TypeError"):
            pytest.fail(f"{what}: {frame.evaluate(look)}")
