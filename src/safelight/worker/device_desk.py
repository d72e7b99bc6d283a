"""The desk of a device: jobs come with a line and a mailbox, ask, and leave; nothing of them stays.

A job that breaks a rule is hung up on, and harms no other. When one has left, every tensor of it
that was held here is overwritten, and each model that it used answers a blank tensor of each shape
that it was asked for, so that what a runtime keeps between two answers is overwritten too.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from safelight.errors import ModelFaulty, SafelightError
from safelight.models.entry import Entry
from safelight.models.session import Session, is_out_of_memory
from safelight.worker.device_wire import (
    ASK_BYTES,
    MAILBOX_BYTES,
    MAX_TENSORS,
    Ask,
    Reply,
    Tensor,
)
from safelight.worker.mailbox import Mailbox
from safelight.worker.sentences import Failure, failure_of

if TYPE_CHECKING:
    from safelight.models.session import Numbers

# Of one job, the shapes that are answered once more when it has left: the largest always.
MAX_SHAPES = 16
OUT_OF_MEMORY = Failure(25)


@dataclass(frozen=True, slots=True)
class Offer:
    """A model of the desk: its entry, and how it is opened. entry is None for what is no model."""

    entry: Entry | None
    opening: Callable[[], Session]


class Desk:
    """Answers many jobs, one question at a time. wipe overwrites what the device itself keeps;
    is_kept leaves everything as it is, for the control of a test.
    """

    def __init__(
        self,
        offers: Sequence[Offer],
        *,
        wipe: Callable[[], None] = lambda: None,
        is_kept: bool = False,
    ) -> None:
        self._offers, self._wipe, self._is_kept = offers, wipe, is_kept
        self._entries = [offer.entry for offer in offers]
        self._sessions: dict[int, Session] = {}
        self._turn = threading.Lock()

    def serve(self, line: int, mailbox: int) -> None:
        """One job, until its line is closed or it breaks a rule; takes both descriptors."""
        box, used = Mailbox(mailbox), dict[tuple[int, Tensor], None]()
        try:
            while untrusted := os.read(line, ASK_BYTES + 1):
                ask = Ask.parse(untrusted, self._entries)
                used[ask.model, ask.tensor] = None
                _keep_few(used)
                os.write(line, self._reply(ask, box).pack())
        except (OSError, SafelightError):
            pass  # the other end is gone, or it is hostile: its own job alone ends
        finally:
            os.close(line)
            box.close()
            os.close(mailbox)
            self._forget(list(used))

    def _reply(self, ask: Ask, box: Mailbox) -> Reply:
        try:
            (question,) = box.take((ask.tensor,))
            with self._turn:
                answers = self._answers(ask, question)
            tensors = _fitting(answers)
            box.put(answers)
            self._blank([question, *answers])
        except Exception as error:  # noqa: BLE001 - whatever broke, its own job hears a number
            failure = OUT_OF_MEMORY if is_out_of_memory(error) else failure_of(error)
            return Reply((), failure)
        return Reply(tensors)

    def _answers(self, ask: Ask, question: Numbers) -> list[Numbers]:
        if ask.model not in self._sessions:
            self._sessions[ask.model] = self._offers[ask.model].opening()
        session = self._sessions[ask.model]
        return session.answers(question) if ask.wants_all else [session.run(question)]

    def _blank(self, arrays: list[Numbers]) -> None:
        for array in arrays:
            if array.flags.writeable and not self._is_kept:
                array[...] = 0

    def _forget(self, used: list[tuple[int, Tensor]]) -> None:
        import numpy as np

        if self._is_kept:
            return
        largest = sorted(used, key=lambda one: one[1].size_bytes)
        for model, tensor in {**dict.fromkeys(used[-MAX_SHAPES:]), **dict.fromkeys(largest[-1:])}:
            # What a model does not answer to a blank tensor, it does not answer to.
            with contextlib.suppress(Exception), self._turn:
                self._sessions[model].answers(np.zeros(tensor.shape, tensor.number))
        with self._turn:
            self._wipe()


def _keep_few(used: dict[tuple[int, Tensor], None]) -> None:
    """Drop what would not be answered again anyway: a hostile job asks in ever other shapes."""
    if len(used) > 2 * MAX_SHAPES:
        largest = max(used, key=lambda one: one[1].size_bytes)
        for one in list(used)[:-MAX_SHAPES]:
            if one != largest:
                del used[one]


def _fitting(answers: list[Numbers]) -> tuple[Tensor, ...]:
    """The words for these answers. Raises ModelFaulty where there are none, or no room."""
    try:
        found = tuple(Tensor.of(answer) for answer in answers)
    except ValueError:
        raise ModelFaulty("the model gave numbers that the wire has no word for") from None
    if len(found) > MAX_TENSORS or sum(one.size_bytes for one in found) > MAILBOX_BYTES:
        raise ModelFaulty("the model gave more than a mailbox holds")
    if any(not one.size_bytes for one in found):
        raise ModelFaulty("the model gave an empty answer")
    return found
