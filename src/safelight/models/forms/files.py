"""Files: what a job got as one, taken apart again: the model's file and its parts."""

from __future__ import annotations

from dataclasses import dataclass

from safelight.models.entry import Entry
from safelight.models.forms.faults import damaged


@dataclass(frozen=True, slots=True)
class Files:
    """The file that the entry names, and the further ones that hold weights, in their order."""

    first: memoryview
    weights: tuple[memoryview, ...]

    @property
    def only_weights(self) -> memoryview:
        """The one further file. Raises PolicyRefused where there is none, or more."""
        if len(self.weights) != 1:
            raise damaged()
        return self.weights[0]


def files_of(entry: Entry, data: memoryview) -> Files:
    """The files of this entry. Raises PolicyRefused if the bytes are not as many as it says."""
    if len(data) != entry.total_bytes:
        raise damaged()
    weights, start = [], entry.size_bytes
    for part in entry.parts:
        if part.role == "weights":
            weights.append(data[start : start + part.size_bytes])
        start += part.size_bytes
    return Files(data[: entry.size_bytes], tuple(weights))
