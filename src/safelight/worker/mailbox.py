"""Mailbox: the one place where the tensors of a job lie between its worker and a device's worker.

Both write into it, so neither takes anything from it but a copy, and counts nothing that lies in
it: sizes come by the wire. The host made it and overwrites it when the job is over.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any

from safelight.worker.device_wire import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Mailbox:
    """A memfd that the host made, mapped as far as it was used. For one thread."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._map: mmap.mmap | None = None

    def put(self, arrays: list[NDArray[Any]]) -> None:
        """Lay these one behind the other."""
        import numpy as np

        room, start = self._room(sum(array.nbytes for array in arrays)), 0
        for array in arrays:
            place = np.frombuffer(room, array.dtype, array.size, start).reshape(array.shape)
            np.copyto(place, array)
            start += array.nbytes

    def take(self, tensors: tuple[Tensor, ...]) -> list[NDArray[Any]]:
        """Copies of what lies there, which nobody else can change any more."""
        import numpy as np

        room, start = self._room(sum(tensor.size_bytes for tensor in tensors)), 0
        found = []
        for tensor in tensors:
            count = tensor.size_bytes // np.dtype(tensor.number).itemsize
            place = np.frombuffer(room, tensor.number, count, start)
            found.append(place.reshape(tensor.shape).copy())
            start += tensor.size_bytes
        return found

    def close(self) -> None:
        """Let go of it; its bytes are the host's to overwrite."""
        if self._map is not None:
            self._map.close()
            self._map = None

    def _room(self, size_bytes: int) -> mmap.mmap:
        if self._map is None or len(self._map) < size_bytes:
            self.close()
            self._map = mmap.mmap(self._fd, max(1, size_bytes))
        return self._map
