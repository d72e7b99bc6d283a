"""House: what all calls of a front end share, put together once, when it starts."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from safelight.server.blob import Memory
from safelight.server.front.tally import Tally
from safelight.server.options import ServeOptions
from safelight.server.work import Back
from safelight.settings import Settings
from safelight.studio.files import Studio

if TYPE_CHECKING:
    from safelight.server.front.jobs.desk import Desk
    from safelight.server.front.shelf import Shelf
    from safelight.server.identity.door import Door


@dataclass
class House:
    """desk has the queue and the jobs; uploads and results hold blobs under random names; door
    knows who asks. epoch is random for each start: an identifier of another one is gone. tally
    counts calls; settings are those of who started the server; studio is what browsers are
    handed, None where nobody built it; locks names what holds the
    front end; looking is the back end being asked whether it is ready, for all who want to know.
    """

    options: ServeOptions
    back: Back
    memory: Memory
    desk: Desk
    uploads: Shelf
    results: Shelf
    door: Door
    epoch: str
    settings: Settings = field(default_factory=Settings)
    tally: Tally = field(default_factory=Tally)
    started: float = field(default_factory=time.monotonic)
    is_draining: bool = False
    studio: Studio | None = None
    locks: tuple[str, ...] = ()
    looking: asyncio.Future[None] | None = None
