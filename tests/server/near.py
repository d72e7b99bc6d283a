"""A back end in this process: the same loop over the same line, in a thread of the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from safelight.engine.engine import Engine
from safelight.server.back.serving import Serving
from safelight.server.front.backline import Backline
from safelight.server.options import ServeOptions
from safelight.server.wire.line import pair


@contextmanager
def near_back(engine: Engine, options: ServeOptions | None = None) -> Iterator[Backline]:
    """The front end's side of it; hears by whichever event loop asks first."""
    front, back = pair()
    serving = Serving(engine, options or ServeOptions())
    thread = threading.Thread(target=serving.serve, args=(back,), daemon=True)
    thread.start()
    line = Backline(front)
    try:
        yield line
    finally:
        line.close()
        thread.join()
        serving.close()
