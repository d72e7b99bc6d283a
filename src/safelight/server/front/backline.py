"""Backline: the back end as the front end reaches it, over one line at a time.

A wish stays here until it is answered: where the back end dies, it is asked again of the next one,
a few times at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import json
import os
import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from safelight.errors import Cancelled, RecipeInvalid, SafelightError, Unavailable, UsageError
from safelight.limits import MAX_RECIPE_BYTES
from safelight.server.blob import Blob
from safelight.server.wire import line as lines
from safelight.server.wire import records
from safelight.server.wire.records import (
    Answer,
    Cancel,
    Failure,
    File,
    Malformed,
    id_of,
    parse_reply,
)
from safelight.server.wire.sheets import facts_in, taken
from safelight.server.work import Order, Outcome, Progress

MOST_TRIES = 5
# How long a wish waits for a back end that is not there.
ABSENCE_S = 60.0
# How long a wish that was taken back is waited for: its worker ends, nobody looks at the picture.
CANCEL_S = 15.0
LEAST_MS = 1
# What one record is refused for, while others get through.
UNSENDABLE = (errno.EBADF, errno.EMSGSIZE)


@dataclass(eq=False)
class Wish:
    """What is asked for, until it is answered."""

    record: records.Order | records.Ask
    fds: tuple[int, ...]
    done: asyncio.Future[tuple[dict[str, Any], Blob | None]]
    progress: Progress | None = None
    tries: int = 0
    is_wanted: bool = True


class Backline:
    """A work.Back for one event loop at a time: it hears by the loop that asks."""

    def __init__(self, channel: socket.socket | None = None) -> None:
        self._numbers = itertools.count(1)
        self._wishes: dict[int, Wish] = {}
        self._waiting: deque[tuple[bytes, tuple[int, ...], Wish | None]] = deque()
        self._channel: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._absence: asyncio.TimerHandle | None = None
        self.lines = 0
        if channel is not None:
            self.attach(channel)

    def attach(self, channel: socket.socket) -> None:
        """A new line to a back end; takes it over. What was not answered is asked there."""
        self._drop_line()
        channel.setblocking(False)
        self._channel = channel
        self.lines += 1
        if self._absence is not None:
            self._absence.cancel()
            self._absence = None
        if self._loop is not None and not self._loop.is_closed():
            self._loop.add_reader(channel, self._hear)
            for wish in list(self._wishes.values()):
                self._ask_again(wish)

    @property
    def is_there(self) -> bool:
        """Whether there is a line to a back end."""
        return self._channel is not None

    async def work(self, order: Order, *, progress: Progress | None = None) -> Outcome:
        """As work.Back."""
        recipe = order.recipe.canonical
        if len(recipe) > MAX_RECIPE_BYTES:
            raise RecipeInvalid(f"a recipe has at most {MAX_RECIPE_BYTES} bytes")
        blobs = (order.source, *order.further.values())
        files = tuple(File(blob.sha256, blob.size_bytes) for blob in blobs)
        timeout_ms = max(LEAST_MS, round(order.timeout_s * 1000))
        number = next(self._numbers)
        record = records.Order(number, recipe, files, timeout_ms, order.is_alone)
        facts, output = await self._wished(record, blobs, progress)
        return _outcome(facts, output)

    async def ask(
        self, kind: str, facts: Mapping[str, Any] | None = None, files: tuple[Blob, ...] = ()
    ) -> dict[str, Any]:
        """As work.Back."""
        words = json.dumps(dict(facts or {})).encode()
        if len(words) > records.MAX_ASKED_BYTES:
            raise UsageError(f"what is asked has more than {records.MAX_ASKED_BYTES} bytes")
        named = tuple(File(blob.sha256, blob.size_bytes) for blob in files)
        record = records.Ask(next(self._numbers), kind, words, named)
        found, _ = await self._wished(record, files, None)
        return found

    def close(self) -> None:
        """Let go of the line; whoever waits raises Unavailable."""
        self._drop_line()
        self._give_up()

    async def _wished(
        self,
        record: records.Order | records.Ask,
        blobs: tuple[Blob, ...],
        progress: Progress | None,
    ) -> tuple[dict[str, Any], Blob | None]:
        self._bind()
        done = asyncio.get_running_loop().create_future()
        wish = Wish(record, tuple(blob.fd for blob in blobs), done, progress)
        self._wishes[record.id] = wish
        try:
            self._send(wish)
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            await self._take_back(wish)
            raise
        finally:
            self._wishes.pop(record.id, None)

    async def _take_back(self, wish: Wish) -> None:
        """Nobody wants it any more; on return nobody looks at what came along with it."""
        wish.progress, wish.is_wanted = None, False
        if self._channel is None:
            return
        self._say(Cancel(wish.record.id).pack(), (), None)
        if not wish.fds:
            return
        with contextlib.suppress(SafelightError, TimeoutError):
            _, output = await asyncio.wait_for(wish.done, CANCEL_S)
            if output is not None:
                output.close()

    def _bind(self) -> None:
        """Hear by the loop that runs now."""
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return
        if self._channel is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._channel)
        self._loop = loop
        if self._channel is not None:
            loop.add_reader(self._channel, self._hear)

    def _ask_again(self, wish: Wish) -> None:
        if not wish.is_wanted:
            _fail(wish, Cancelled())
        elif wish.tries >= MOST_TRIES:
            _fail(wish, Unavailable("the back end ended more than once over this"))
        elif not wish.done.done():
            self._send(wish)

    def _send(self, wish: Wish) -> None:
        if self._channel is None:
            self._wait_for_line()
            return
        wish.tries += 1
        self._say(wish.record.pack(), wish.fds, wish)

    def _say(self, record: bytes, fds: tuple[int, ...], wish: Wish | None) -> None:
        """In order, as the line has room."""
        self._waiting.append((record, fds, wish))
        self._speak()

    def _speak(self) -> None:
        channel, loop = self._channel, self._loop
        if channel is None or loop is None:
            return
        while self._waiting:
            record, fds, wish = self._waiting[0]
            if wish is None or not wish.done.done():
                try:
                    lines.send(channel, record, fds)
                except BlockingIOError:
                    loop.add_writer(channel, self._speak)
                    return
                except OSError as error:
                    if error.errno not in UNSENDABLE or wish is None:
                        self._lose()
                        return
                    _fail(wish, SafelightError("the picture cannot be handed on"))
            self._waiting.popleft()
        loop.remove_writer(channel)

    def _hear(self) -> None:
        """Everything that came."""
        while self._channel is not None:
            try:
                parcel = lines.receive(self._channel)
            except BlockingIOError:
                return
            if parcel is None:
                self._lose()
                return
            try:
                self._heed(parcel)
            except Malformed:
                parcel.close()
                wish = self._wishes.get(id_of(parcel.untrusted))
                if wish is not None:
                    _fail(wish, SafelightError("the back end gave an answer that is none"))

    def _heed(self, parcel: lines.Parcel) -> None:
        """Raises Malformed; then the descriptors are not taken over."""
        if not parcel.is_whole:
            raise Malformed("a record that was cut off")
        reply = parse_reply(parcel.untrusted, len(parcel.fds))
        wish = self._wishes.get(reply.id)
        if isinstance(reply, Answer):
            _answered(wish, reply, parcel.fds)
        elif isinstance(reply, Failure):
            if wish is not None:
                _fail(wish, reply.error())
        elif wish is not None and wish.progress is not None:
            wish.progress(reply.share)

    def _lose(self) -> None:
        """The back end is gone."""
        self._drop_line()
        for wish in self._wishes.values():
            if not wish.is_wanted:
                _fail(wish, Cancelled())
        if self._wishes:
            self._wait_for_line()

    def _drop_line(self) -> None:
        channel, self._channel = self._channel, None
        self._waiting.clear()
        if channel is None:
            return
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(channel)
            self._loop.remove_writer(channel)
        channel.close()

    def _wait_for_line(self) -> None:
        if self._absence is None and self._loop is not None:
            self._absence = self._loop.call_later(ABSENCE_S, self._give_up)

    def _give_up(self) -> None:
        self._absence = None
        for wish in self._wishes.values():
            _fail(wish, Unavailable("the back end is not there"))


def _fail(wish: Wish, error: SafelightError) -> None:
    if not wish.done.done():
        wish.done.set_exception(error)


def _answered(wish: Wish | None, reply: Answer, fds: tuple[int, ...]) -> None:
    """Raises Malformed; then nothing is taken over."""
    output = None
    facts = facts_in(fds[0], reply.facts_bytes)
    if reply.output is not None:
        output = taken(fds[1], reply.output)
    os.close(fds[0])
    if wish is not None and not wish.done.done():
        wish.done.set_result((facts, output))
    elif output is not None:
        output.close()


def _outcome(facts: dict[str, Any], output: Blob | None) -> Outcome:
    return Outcome(
        document=facts["document"],
        output=output,
        media_type=facts["media_type"],
        receipt=facts["receipt"].encode(),
        receipt_id=facts["receipt_id"],
    )
