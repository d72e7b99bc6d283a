"""How a device comes up, what its sessions are told, and how its memory is overwritten.

A device wakes with a net of our own before any model is there: a driver loads much of itself only
at the first answer, and after that its worker is locked.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from safelight.models.device_memory import Cuda, Pieces
from safelight.models.providers import Device

SIDE, CHANNELS = 32, 8
# Numbers of a tensor in the schema of ONNX.
FULL, HALF = 1, 10
# Beneath a place of modules.
LATE_LIBRARIES = "nvidia/cudnn/lib/libcudnn*.so.*"


def load(device: Device) -> None:
    """Have a card's libraries loaded while their files can still be read, those too that others
    bring in when a net first wants them: afterwards nothing can be.
    """
    if device.kind != "cuda":
        return
    from safelight.models.onnx_session import import_onnxruntime

    runtime = import_onnxruntime()
    with contextlib.suppress(AttributeError):  # older ones find their libraries by themselves
        runtime.preload_dlls()
    for place in sys.path:
        for library in sorted(Path(place).glob(LATE_LIBRARIES)):
            with contextlib.suppress(OSError):  # what cannot be loaded is missed where it is wanted
                ctypes.CDLL(str(library), ctypes.RTLD_GLOBAL)


def wake(device: Device) -> None:
    """Have everything loaded that answers will need. Raises what opening a session raises."""
    if device.kind != "cuda":
        return
    import numpy as np

    from safelight.models.onnx_session import opened

    for half in (False, True):
        session = opened(first_net(half=half), threads=1, device=device)
        session.run(None, {"x": np.zeros((1, 3, SIDE, SIDE), np.float32)})


def wiper(device: Device) -> Callable[[], None]:
    """What overwrites the memory of a device that nobody uses now."""
    return _pieces(device.number).wipe if device.kind == "cuda" else _nothing


def options_of(device: Device) -> Mapping[str, str]:
    """What its provider is told besides its number."""
    if device.kind != "cuda" or not device.is_asked:
        return {}
    # The memory is ours; and no trying out of ways to compute on the first picture.
    return {**_pieces(device.number).options(), "cudnn_conv_algo_search": "HEURISTIC"}


def first_net(*, half: bool) -> bytes:
    """A net of our own with what nets are made of, as ONNX: x in, y out. half: it counts in
    fp16.
    """
    import numpy as np

    from safelight.models.forms.graph import Graph, Value

    graph = Graph()

    def numbers(name: str) -> str:
        return graph.node("Cast", name, to=HALF) if half else name

    def weights(*shape: int) -> str:
        return numbers(graph.constant(np.full(shape, 0.01, np.float32)))

    value = graph.node("Conv", numbers("x"), weights(CHANNELS, 3, 3, 3), pads=(1, 1, 1, 1))
    value = graph.node("Relu", value)
    value = graph.node("ConvTranspose", value, weights(CHANNELS, CHANNELS, 2, 2), strides=(2, 2))
    value = graph.node("Flatten", graph.node("GlobalAveragePool", value))
    value = graph.node("Softmax", graph.node("MatMul", value, weights(CHANNELS, CHANNELS)))
    answer = graph.node("Cast", value, to=FULL)
    return graph.to_bytes([Value("x", (1, 3, SIDE, SIDE))], [("y", answer)])


@cache
def _pieces(number: int) -> Pieces:
    return Pieces(Cuda(number))


def _nothing() -> None: ...
