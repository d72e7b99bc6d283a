"""The picture's side of a device: a session whose model runs in another worker. What comes back is
hostile, like the answer of any model: it is bounded here and looked at by the guard.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from safelight.errors import LimitExceeded, SafelightError, WireBroken
from safelight.models.entry import Entry
from safelight.models.session import names_of, typed
from safelight.worker.device_wire import MAILBOX_BYTES, REPLY_BYTES, Ask, Reply, Tensor
from safelight.worker.mailbox import Mailbox
from safelight.worker.sentences import told

if TYPE_CHECKING:
    from safelight.models.session import Numbers


class Counter:
    """Where a job asks its device: a line for the words, a mailbox for the tensors."""

    def __init__(self, line: int, mailbox: int) -> None:
        self._line, self._mailbox = line, Mailbox(mailbox)

    def ask(self, place: int, tensor: Numbers, *, most: int = 0) -> list[Numbers]:
        """What the model at this place of the job answers: as many tensors as most says, or its
        first alone. Raises the error that the device named,
        LimitExceeded, WireBroken, and a plain SafelightError where the device is gone.
        """
        if tensor.nbytes > MAILBOX_BYTES:
            raise LimitExceeded(f"a tensor would pass the {MAILBOX_BYTES} bytes of the mailbox")
        self._mailbox.put([tensor])
        try:
            os.write(self._line, Ask(place, Tensor.of(tensor), most > 0).pack())
            untrusted = os.read(self._line, REPLY_BYTES + 1)
        except OSError:
            untrusted = b""
        if not untrusted:
            raise SafelightError("the device stopped answering")
        reply = Reply.parse(untrusted, most=max(1, most))
        if reply.failure is not None:
            raise told(reply.failure)
        return self._mailbox.take(reply.tensors)


class DeviceSession:
    """A Session of a model that runs on a device."""

    def __init__(self, entry: Entry, place: int, counter: Counter) -> None:
        self._entry, self._place, self._counter = entry, place, counter

    @property
    def model(self) -> Entry:
        return self._entry

    def run(self, tensor: Numbers) -> Numbers:
        return self._counter.ask(self._place, typed(self._entry.input, tensor))[0]

    def answers(self, tensor: Numbers) -> list[Numbers]:
        names = names_of(self._entry.output)
        given = typed(self._entry.input, tensor)
        found = self._counter.ask(self._place, given, most=len(names))
        if len(found) != len(names):
            raise WireBroken("the device gave another number of answers than the model has")
        return found
