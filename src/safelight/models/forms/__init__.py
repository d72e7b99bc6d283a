"""Forms: models that are no ONNX file, as ONNX graphs. This runs in the cage, each time that such a
model is opened; what is pinned and kept is the publisher's own file.
"""

from __future__ import annotations

from collections.abc import Callable

from safelight.errors import MemoryExceeded
from safelight.limits import MEGA
from safelight.models.entry import Entry
from safelight.models.forms import caffe, ends, keras, ncnn, tensorflow, torch
from safelight.models.forms.faults import LIES, damaged, unknown
from safelight.models.forms.files import Files, files_of
from safelight.models.forms.graph import Graph, Value

__all__ = ["BUILDERS", "ends", "graph_of"]

# What the constants of a graph may have: so many bytes, and so many times those of the files.
ROOM_BYTES, ROOM_TIMES = 16 * MEGA, 16
Build = Callable[[Entry, Files, Graph], dict[str, str]]
# Each puts the nodes of its files into the graph, and says what they give: by the entry's names of
# outputs, the names in the graph. The input has the entry's name.
BUILDERS: dict[str, Build] = {
    "caffe": caffe.build,
    "keras": keras.build,
    "ncnn": ncnn.build,
    "tensorflow": tensorflow.build,
    "torch": torch.build,
}


def graph_of(entry: Entry, data: memoryview) -> bytes:
    """The ONNX file of a model whose form is another.

    Raises PolicyRefused for files that are damaged, hold more than weights, or have a layer that
    is not known; MemoryExceeded.
    """
    if entry.form not in BUILDERS:
        raise unknown()
    graph = Graph(ROOM_BYTES + ROOM_TIMES * entry.total_bytes)
    try:
        outputs = BUILDERS[entry.form](entry, files_of(entry, data), graph)
        return graph.to_bytes([_input(entry)], outputs.items())
    except MemoryError as error:
        raise MemoryExceeded from error
    except LIES as error:
        raise damaged() from error


def _input(entry: Entry) -> Value:
    """One picture, of the entry's size or of any."""
    given = entry.input
    rows, columns = (given.rows or "height", given.side or "width")
    if given.layout == "NCHW":
        return Value(given.name, (1, given.channels, rows, columns))
    return Value(given.name, (1, rows, columns, given.channels))
