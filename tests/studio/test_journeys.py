"""Whole ways through the Studio with real photographs; and each thing that goes wrong helps."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Frame, Page, expect

import safelight
from bench.browsing import Watch, context_of, known_to
from bench.serving import serving
from safelight.proof.serving.served import Served
from tests.codecs.making import picture, png
from tests.codecs.making import saved as kept
from tests.studio.browsing import drop, open_tool, saved, sources, tool_frame

SHARE = """async ([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const form = new FormData();
  form.append('pictures', new File([bytes], name, {type: 'image/jpeg'}));
  await fetch('/share', {method: 'POST', body: form, redirect: 'manual'});
}"""
MAKE_SAFE = "Make it safe to share"
SMALL: FilePayload = {"name": "small.png", "mimeType": "image/png", "buffer": png()}
# Of a format that no browser reads: the server alone finds out what it is.
LARGE: FilePayload = {"name": "large.tif", "mimeType": "image/tiff", "buffer": bytes(1_100_000)}
WIDE: FilePayload = {
    "name": "wide.tif",
    "mimeType": "image/tiff",
    "buffer": kept(picture(200, 100), "TIFF"),
}
LIMITS = ("--max-bytes", "1MB", "--max-pixels", "10000")
# The server's folder is a disk of its own, which can be filled without harm.
ON_A_SMALL_DISK = 'mount -t tmpfs -o size=8m tmpfs "$SAFELIGHT_STATE_DIR" && exec "$@"'
SMALL_DISK = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK, "sh")


@pytest.fixture(scope="module")
def abroad(shared_data: Path) -> Path:
    """A photograph that says where it was taken: in Arezzo, and with which camera."""
    return shared_data / "metadata" / "exif-samples" / "jpg" / "gps" / "DSCN0012.jpg"


def scrubbed(path: Path, folder: Path) -> bytes:
    """What the command line makes of it."""
    recipe = safelight.Recipe.parse('[[steps]]\nop = "scrub"')
    safelight.run(path, recipe, output=folder / path.name)
    return (folder / path.name).read_bytes()


def press(frame: Frame | Page, name: str) -> None:
    frame.get_by_role("button", name=name, exact=True).click()


def huge_png() -> bytes:
    """300 megapixels by its head, and hardly a byte of them."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", 20_000, 15_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1 + 3 * 20_000) * 4)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*part) for part in ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    )


@pytest.mark.comes_again
def test_a_photo_that_tells_where_is_safe_to_share_in_two_clicks(
    page: Page, frame: Frame, watch: Watch, abroad: Path, tmp_path: Path
) -> None:
    """Chosen and pressed; the file is the one that the command line makes, and nobody is asked."""
    loaded = len(watch.asked)
    with page.expect_file_chooser() as chooser:
        press(frame, "Choose pictures")
    chooser.value.set_files(abroad)
    told = frame.locator(".sentence")
    expect(told).to_contain_text("Arezzo, Italy")
    expect(told).to_contain_text("NIKON")
    ((name, data),) = saved(page, lambda: press(frame, MAKE_SAFE))
    assert name == "DSCN0012.scrubbed.jpg"
    assert data == scrubbed(abroad, tmp_path)
    expect(frame.locator(".notice")).to_contain_text("no longer tells where")
    assert list(watch.after(loaded)) == []
    share(page, abroad)
    press(page, "Open in this tab")
    expect(tool_frame(page).locator(".sentence")).to_contain_text("Arezzo, Italy")


def share(page: Page, path: Path) -> None:
    """As another app hands a picture over: no page asks, and the studio opens."""
    page.evaluate("() => navigator.serviceWorker.ready.then(() => 1)")
    page.evaluate(SHARE, [path.name, base64.b64encode(path.read_bytes()).decode()])
    page.reload()


@pytest.mark.comes_again
def test_files_that_cannot_be_used_say_why_and_spare_the_others(
    page: Page, frame: Frame, photo: Path, tmp_path: Path
) -> None:
    """An empty one, one that is no picture, a cut one, and one of 300 megapixels."""
    wrong = {
        "empty.jpg": (b"", "0 bytes"),
        "letter.jpg": (b"Dear Anna, " * 99, "no picture"),
        "cut.jpg": (photo.read_bytes()[:300], "damaged"),
    }
    given = [(name, data) for name, (data, _) in wrong.items()]
    drop(frame, [photo, *given, ("huge.png", huge_png())])
    strip = frame.get_by_role("listbox", name="Opened pictures")
    for name, (_, words) in wrong.items():
        strip.get_by_role("option", name=f"{name}, cannot be used").click()
        notice = frame.locator(".notice").filter(has_text=words)
        expect(notice).to_be_visible()
        expect(notice.locator(".hint")).not_to_be_empty()
    strip.get_by_role("option", name="huge.png").click()
    expect(frame.locator(".notice .hint")).to_contain_text("Continue on this computer")
    strip.get_by_role("option", name=photo.name).click()
    expect(frame.locator(".sentence")).to_contain_text("This picture says where it was taken")


def test_a_link_that_has_ended_says_how_to_get_another(
    browser: Browser, studio: Served, known: object
) -> None:
    """The link of the start was used by the browser of these tests."""
    with context_of(browser, studio) as context:
        page = context.new_page()
        page.goto(studio.ready.link)
        expect(page.get_by_text("This link has ended")).to_be_visible()
        expect(page.get_by_text("safelight status --link", exact=True)).to_be_visible()
        page.get_by_role("link", name="Go to the tools").click()
        assert tool_frame(page).url
        by_the_system = {"Origin": "null", "Sec-Fetch-Site": "none"}
        to = page.request.post(
            "/share", headers=by_the_system, multipart={"pictures": SMALL}, max_redirects=0
        ).headers["location"]
        page.goto(to)
        expect(page.get_by_text("The shared pictures did not come through")).to_be_visible()
        expect(tool_frame(page).get_by_role("button", name="Choose pictures")).to_be_visible()


@pytest.fixture
def leaving(
    browser: Browser, root: Path, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, Page]]:
    """A server that may be stopped, and a page of it."""
    with (
        serving(tmp_path_factory.mktemp("s"), environment=sources(root)) as served,
        context_of(browser, served, known_to(browser, served), locale="en-GB") as context,
    ):
        page = context.new_page()
        page.goto("/#/start")
        yield served, page


def test_a_server_that_is_lost_takes_nothing_along(
    leaving: tuple[Served, Page], abroad: Path, tmp_path: Path
) -> None:
    """The tools of the tab go on; those of the computer say what to start."""
    served, page = leaving
    frame = tool_frame(page)
    drop(frame, [abroad])
    frame.locator(".sentence").wait_for()
    served.close()
    open_tool(page, "enlarge")
    page.locator("[data-lost=gone], [role=alert]").first.wait_for()
    expect(page.get_by_text("safelight serve", exact=False).first).to_be_visible()
    open_tool(page, "start")
    ((_, data),) = saved(page, lambda: press(frame, MAKE_SAFE))
    assert data == scrubbed(abroad, tmp_path)


def test_a_full_disk_is_told_and_the_picture_stays(
    browser: Browser, root: Path, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A disk that is full to its last byte, and limits, as the server itself meets them."""
    folder = tmp_path_factory.mktemp("d")
    with (
        serving(folder, *LIMITS, environment=sources(root), through=SMALL_DISK) as served,
        context_of(browser, served, known_to(browser, served), locale="en-GB") as context,
    ):
        page = context.new_page()
        # Who does not know the limits yet sends it, and is refused.
        page.route("**/api/v1/capabilities", lambda route: route.fulfill(status=500, json={}))
        page.goto("/#/sanitize")
        page.locator("main input[type=file]").first.set_input_files(LARGE)
        with page.expect_response("**/api/v1/sanitize*") as answer:
            page.locator(".bench button.main").click()
        assert answer.value.status == 413
        expect(page.get_by_text("The file is larger than this server takes.")).to_be_visible()
        expect(page.get_by_text("serve --max-bytes")).to_be_visible()
        page.get_by_role("button", name="Another picture").click()
        page.locator("main input[type=file]").first.set_input_files(WIDE)
        page.locator(".bench button.main").click()
        expect(page.get_by_text("The picture passes a limit of this server.")).to_be_visible()
        page.unroute_all()
        page.goto("/#/enlarge")
        page.locator("main input[type=file]").first.set_input_files(SMALL)
        page.locator(".sides img").wait_for()
        fill(served)
        page.locator(".bench button.main").click()
        expect(page.get_by_text("no space left")).to_be_visible()
        expect(page.get_by_text(SMALL["name"])).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_be_visible()


def fill(served: Served) -> None:
    """Leave no byte on the disk that holds its keys and its journal."""
    state = served.ground.part("state")
    ballast = Path(f"/proc/{served.pid}/root{state}/ballast")
    with pytest.raises(OSError, match="No space"):
        ballast.write_bytes(bytes(9 << 20))
