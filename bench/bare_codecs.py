"""The codecs of the Studio used bare: wasm-vips in a page of nothing else, in the same browser.

with bare(browser, folder_of_wasm_vips) as timed:
    timed(photo, "jpeg")        # milliseconds, bytes
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

# Threads of WebAssembly share memory only in a page that is isolated.
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
WORKER = """
import Vips from '%s/vips-es6.js';
const vips = await Vips({dynamicLibraries: ['vips-heif.wasm']});
onmessage = ({data: {bytes, longest, suffix, options}}) => {
  const started = performance.now();
  const image = longest
    ? vips.Image.thumbnailBuffer(bytes, longest, {height: longest})
    : vips.Image.newFromBuffer(bytes);
  const made = image.writeToBuffer(suffix, options);
  postMessage([performance.now() - started, made.length]);
  image.delete();
};
postMessage('ready');
"""
START = """async (text) => {
  const script = URL.createObjectURL(new Blob([text], {type: 'text/javascript'}));
  window.worker = new Worker(script, {type: 'module'});
  await new Promise((done) => { worker.onmessage = done; });
}"""
RUN = """({text, ...wish}) => new Promise((done) => {
  worker.onmessage = ({data}) => done(data);
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  worker.postMessage({bytes, ...wish});
})"""
WISHES: dict[str, dict[str, Any]] = {
    "jpeg": {"suffix": ".jpg", "options": {"Q": 80}},
    "webp": {"suffix": ".webp", "options": {"Q": 80, "effort": 2}},
    "webp 2048": {"longest": 2048, "suffix": ".webp", "options": {"Q": 80, "effort": 2}},
    "avif 2048": {"longest": 2048, "suffix": ".avif", "options": {"Q": 60, "effort": 1}},
}
Timed = Callable[[bytes, str], tuple[float, int]]


class Isolated(SimpleHTTPRequestHandler):
    """The files of one folder, and an empty page for any other name."""

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *words: object) -> None: ...


@contextmanager
def bare(browser: Browser, folder: Path) -> Iterator[Timed]:
    """Started and warm; each call decodes and encodes once, in a worker."""
    handler = partial(Isolated, directory=str(folder))
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        browser.new_context() as context,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        page = context.new_page()
        page.goto(f"{url}/")
        page.evaluate(START, WORKER % url)

        def timed(photo: bytes, task: str) -> tuple[float, int]:
            text = base64.b64encode(photo).decode()
            taken_ms, size = page.evaluate(RUN, {"text": text, **WISHES[task]})
            return float(taken_ms), int(size)

        yield timed
        server.shutdown()
