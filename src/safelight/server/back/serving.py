"""Serving: records of a front end become runs of the engine, and what comes of them goes back.

The front end is believed nothing. A record that is none is refused and the line goes on; what comes
along with it is closed. So many pictures are worked on at a time, others wait their turn here.
"""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from safelight.batch.telling import told
from safelight.engine.engine import Engine
from safelight.engine.forgetting import forgetting
from safelight.engine.plain import plain, services_of
from safelight.engine.result import Result
from safelight.engine.source import Sealed
from safelight.errors import Busy, RecipeInvalid, SafelightError, Unavailable, UsageError
from safelight.formats import media_type
from safelight.recipe import Recipe
from safelight.server.back import asking
from safelight.server.back.peer import Peer
from safelight.server.options import OVERLAP, ServeOptions
from safelight.server.wire import line as lines
from safelight.server.wire.line import Parcel
from safelight.server.wire.records import Ask, Cancel, Malformed, Order, id_of, parse_request
from safelight.server.wire.sheets import Output, require_file
from safelight.worker.stop import Stop

# Wishes of one front end that may be open; its own queue is shorter.
MOST_WISHES = 1_024
ASKS = 4
# How a path begins; no sentence has to say one to who asks from elsewhere.
PLACE = re.compile(r"(^|[\s'\"(=:])~?/\w")


class Serving:
    """Serves front ends, each in the thread that calls serve, until it is closed."""

    def __init__(self, engine: Engine, options: ServeOptions) -> None:
        self._engine, self._options = engine, options
        self._work = ThreadPoolExecutor(engine.jobs + OVERLAP, "safelight-work")
        self._asks = ThreadPoolExecutor(ASKS, "safelight-ask")
        self.counts: Counter[str] = Counter()

    def serve(self, channel: socket.socket) -> None:
        """Hear one front end to its end. Takes the channel over."""
        channel.setblocking(True)
        peer = Peer(channel)
        try:
            while (parcel := lines.receive(channel)) is not None:
                self._take(peer, parcel)
        finally:
            peer.leave()

    def close(self) -> None:
        """Wait for what is under way."""
        self._work.shutdown(cancel_futures=True)
        self._asks.shutdown(cancel_futures=True)

    def _take(self, peer: Peer, parcel: Parcel) -> None:
        """What is refused here was taken in by nobody."""
        try:
            if not parcel.is_whole:
                raise Malformed("a record that was cut off")
            record = parse_request(parcel.untrusted, len(parcel.fds))
            if isinstance(record, Cancel):
                peer.cancel(record.id)
                return
            self._begin(peer, record, parcel)
        except (Malformed, Unavailable) as error:
            parcel.close()
            self.counts["refused"] += 1
            told = error if isinstance(error, Unavailable) else UsageError(f"{error}")
            peer.refuse(id_of(parcel.untrusted), told)

    def _begin(self, peer: Peer, record: Order | Ask, parcel: Parcel) -> None:
        """Raises Malformed, Busy, Unavailable."""
        for fd, file in zip(parcel.fds, record.files, strict=True):
            require_file(fd, file, self._engine.settings.max_bytes)
        is_order = isinstance(record, Order)
        stop = Stop(record.timeout_ms / 1000) if isinstance(record, Order) else Stop()
        if peer.wishes >= MOST_WISHES:
            raise Busy
        if not peer.begin(record.id, stop):
            raise Malformed("a number that is in use")
        perform = self._order if is_order else self._ask
        threads = self._work if is_order else self._asks
        try:
            wish = threads.submit(self._perform, perform, peer, record, stop=stop, parcel=parcel)
        except RuntimeError as error:
            raise Unavailable("the back end is ending") from error
        wish.add_done_callback(lambda one: parcel.close() if one.cancelled() else None)

    def _perform(
        self, perform: Callable[..., None], peer: Peer, record: Order | Ask, *,
        stop: Stop, parcel: Parcel,
    ) -> None:  # fmt: skip
        """Whatever happens, the front end hears of it and no descriptor is left."""
        try:
            with told_of(partial(peer.fail, record.id), self.counts):
                files = [
                    Sealed(fd, one.size_bytes)
                    for fd, one in zip(parcel.fds, record.files, strict=True)
                ]
                stop.refuse()
                perform(peer, record, files, stop)
        finally:
            parcel.close()

    def _order(self, peer: Peer, order: Order, files: list[Sealed], stop: Stop) -> None:
        recipe = recipe_of(order.recipe)
        source, *further = files
        named = {one.sha256: file for one, file in zip(order.files[1:], further, strict=True)}
        with Output() as output:
            try:
                result = self._engine.run(
                    source,
                    recipe,
                    into=output,
                    further=named,
                    stop=stop,
                    is_alone=order.is_alone,
                    progress=partial(peer.progress, order.id),
                )
            except BaseException:
                output.overwrite()
                raise
            if not isinstance(result, Result):
                raise SafelightError("the work gave no result")
            self.counts["done"] += 1
            has_output = bool(result.receipt)
            facts = facts_of(result, hides=self._engine.settings.hide_values)
            peer.answer(order.id, facts, output if has_output else None)

    def _ask(self, peer: Peer, ask: Ask, files: list[Sealed], stop: Stop) -> None:
        def given(facts: dict[str, Any]) -> asking.Given:
            return asking.Given(self._engine, self._options, facts, tuple(files), dict(self.counts))

        peer.answer(ask.id, asking.answer(ask.name, ask.facts, given))


def recipe_of(untrusted: bytes) -> Recipe:
    """A recipe in its canonical form and no other. Raises RecipeInvalid."""
    try:
        recipe = Recipe.from_canonical(untrusted)
    except SafelightError:
        raise
    except Exception as error:
        raise RecipeInvalid("the recipe is not in its canonical form") from error
    if recipe.canonical != untrusted:
        raise RecipeInvalid("the recipe is not in its canonical form")
    return recipe


def facts_of(result: Result, *, hides: bool = False) -> dict[str, Any]:
    """What the front end tells of a result. hides: kinds of metadata alone, not what it says."""
    found = {} if result.receipt else seen_in(result, hides=hides)
    return {
        "document": told(result, hides=hides) | found,
        "media_type": media_type(result.format) if result.format and result.receipt else "",
        "receipt": result.receipt.decode(),
        "receipt_id": result.receipt_id,
    }


def seen_in(result: Result, *, hides: bool) -> dict[str, Any]:
    """What an inspection found, and what it means in the user's words."""
    said = {risk.name.lower(): words for risk, words in plain(result.findings).items()}
    return {
        "meaning": dict.fromkeys(said, "") if hides else said,
        "services": [] if hides else list(services_of(result.findings)),
    }


def placeless(error: SafelightError) -> SafelightError:
    """The same error without its own words, where these name a place on this machine."""
    detail = "" if PLACE.search(error.message) else error.detail
    hint = "" if PLACE.search(error.hint) else error.hint
    return type(error)(detail, hint=hint)


@contextmanager
def told_of(fail: Callable[[SafelightError], None], counts: Counter[str]) -> Iterator[None]:
    """Whatever goes wrong inside is told to the front end as one of our errors."""
    try:
        with forgetting():
            yield
    except SafelightError as error:
        counts[error.code] += 1
        fail(placeless(error))
    except Exception:  # noqa: BLE001 - a fault of ours ends one wish, and no other
        counts[SafelightError.code] += 1
        fail(SafelightError())
