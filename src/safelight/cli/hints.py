"""What went wrong with an item, told by where its input came from."""

from __future__ import annotations

from dataclasses import replace

from safelight.batch.events import Item

EMPTY = "the input is empty"
NOTHING_CAME = "nothing came in on standard input"
PIPE_IT = "safelight VERB - -o - < photo.jpg > result.jpg"


def hinted(item: Item) -> Item:
    """The item; an empty standard input gets words of its own."""
    if item.input == "-" and item.error == EMPTY:
        return replace(item, error=NOTHING_CAME, hint=PIPE_IT)
    return item
