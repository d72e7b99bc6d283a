"""Building: a house from its parts, in one place."""

from __future__ import annotations

from dataclasses import replace

from safelight.server.blob import Memory
from safelight.server.front.jobs.desk import Desk
from safelight.server.front.shelf import Shelf, new_epoch
from safelight.server.house import House
from safelight.server.identity.door import Door
from safelight.server.options import OVERLAP, ServeOptions
from safelight.server.work import Back
from safelight.settings import Settings
from safelight.studio.files import Studio


def house_of(
    settings: Settings,
    options: ServeOptions,
    door: Door,
    back: Back,
    *,
    studio: Studio | None = None,
) -> House:
    """A house of a new epoch, with nothing in it."""
    epoch, memory = new_epoch(), Memory(options.held_bytes)
    results = Shelf(epoch, options.keep_s)
    return House(
        options=options,
        back=back,
        memory=memory,
        desk=Desk(back, memory, results, replace(options, jobs=options.jobs + OVERLAP)),
        uploads=Shelf(epoch, options.keep_s),
        results=results,
        door=door,
        epoch=epoch,
        settings=settings,
        studio=studio,
    )
