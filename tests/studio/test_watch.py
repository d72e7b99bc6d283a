"""The watch over requests sees who calls out, from pages, frames and workers."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from bench.browsing import Watch
from tests.studio.ears import listening

WAYS = """(to) => {
  new Image().src = to + '/image';
  const code = `fetch('${to}/worker', {mode: 'no-cors'})`;
  new Worker(URL.createObjectURL(new Blob([code])));
  const frame = document.createElement('iframe');
  frame.srcdoc = `<script>fetch('${to}/frame', {mode: 'no-cors'})</script>`;
  document.body.append(frame);
  const socket = new WebSocket(to.replace('http', 'ws') + '/socket');
  return new Promise((done) => { socket.onerror = done; });
}"""


@pytest.mark.opens_sockets("somebody on the loopback is called, to see whether it is noted")
def test_a_page_that_calls_out_is_caught(browser: Browser) -> None:
    with listening() as own, listening() as other, browser.new_context() as context:
        watch = Watch.over(context, own.url)
        page = context.new_page()
        page.goto(own.url)
        assert list(watch.foreign()) == []
        page.evaluate(WAYS, other.url)
        page.wait_for_timeout(200)
        paths = {one.url.rpartition("/")[2] for one in watch.foreign()}
        assert paths == {"image", "worker", "frame", "socket"}
        assert set(other.paths) == {f"/{path}" for path in paths}


def test_the_start_asks_nobody_else(page: Page) -> None:
    """The watch of the fixture says so at its end."""
    assert page.title()
