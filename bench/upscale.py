"""The upscaler beside the floor of this machine: how long the net takes, and what is around it.

    python bench/upscale.py [--rounds 5] [--scale 4] [--check]

The floor is the time that the net's multiplications take in 32-bit float at the speed of a matrix
product of 1024 a side, measured here in the same rounds, one thread. Printed per output megapixel,
as medians of processor time: floor, net, glue (luma, colour, merging), the rest (decode, streaming
the rows into libvips, JPEG). --check: exit 1 when the net takes over 1.3 times the floor.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

os.environ.update(OPENBLAS_NUM_THREADS="1", ORT_DISABLE_TELEMETRY="1")

import numpy as np
import onnx
import onnxruntime

from bench.drawing import jpeg
from safelight.codecs.decode import open_image
from safelight.codecs.encode import encode
from safelight.limits import Limits
from safelight.models.runtimes import open_session
from safelight.models.store import Store
from safelight.operation import Context, ModelNeed, Session
from safelight.ops.upscale import Upscale
from safelight.ops.upscaling.enlarge import Enlarger

WIDTH, HEIGHT = 1_024, 768
SIDE = 1_024
LARGEST_RATIO = 1.3
PLAIN = "upscale-x{scale}-fp32"


class Timed:
    """A session that adds up the processor time of its runs, in the thread that runs it."""

    def __init__(self, inner: Session) -> None:
        self.model = inner.model
        self.seconds = 0.0
        self._inner = inner

    def run(self, tensor: Any) -> Any:
        start = time.thread_time()
        answer = self._inner.run(tensor)
        self.seconds += time.thread_time() - start
        return answer


def opened(need: ModelNeed) -> Session:
    with Store().load(need) as model:
        return open_session(model.entry, model.view(), threads=1)


def multiplications(scale: int) -> int:
    """Of the float net, per output pixel."""
    with Store().load(ModelNeed("upscale", PLAIN.format(scale=scale), scale)) as model:
        graph = onnx.load_from_string(bytes(model.view())).graph
    sizes = {constant.name: int(np.prod(constant.dims)) for constant in graph.initializer}
    kernels = [sizes[node.input[1]] for node in graph.node if node.op_type == "Conv"]
    return sum(kernels) // scale**2


class Peak:
    """How fast this machine multiplies: a matrix product, one thread, the better library."""

    def __init__(self) -> None:
        self._left = np.random.default_rng(1).random((SIDE, SIDE), np.float32)
        value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [SIDE, SIDE])
        answer = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [SIDE, SIDE])
        weights = onnx.numpy_helper.from_array(self._left, "w")
        node = onnx.helper.make_node("MatMul", ["x", "w"], ["y"])
        graph = onnx.helper.make_graph([node], "peak", [value], [answer], [weights])
        opset = [onnx.helper.make_opsetid("", 17)]
        model = onnx.helper.make_model(graph, ir_version=8, opset_imports=opset)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def per_second(self) -> float:
        """Multiplications per second, the best of some tries."""
        return SIDE**3 / min(min(self._by_numpy(), self._by_runtime()) for _ in range(3))

    def _by_numpy(self) -> float:
        start = time.thread_time()
        self._left @ self._left
        return time.thread_time() - start

    def _by_runtime(self) -> float:
        start = time.thread_time()
        self._session.run(["y"], {"x": self._left})
        return time.thread_time() - start


def measured(data: bytes, scale: int, session: Session) -> dict[str, float]:
    """Processor ms per output megapixel of each part of one run."""
    timed, merging = Timed(session), [0.0]
    plain: Callable[..., Any] = Enlarger.enlarge

    def watched(*arguments: Any) -> Any:
        start = time.thread_time()
        answer = plain(*arguments)
        merging[0] += time.thread_time() - start
        return answer

    view, limits = memoryview(data), Limits()
    Enlarger.enlarge = watched  # type: ignore[method-assign, assignment]
    start = time.process_time()
    image = Upscale(scale=scale).apply(open_image(view, limits), Context(limits, lambda _: timed))
    made = encode(image, view, limits)
    whole = time.process_time() - start
    Enlarger.enlarge = plain  # type: ignore[method-assign]
    parts = {"net": timed.seconds, "glue": merging[0] - timed.seconds, "rest": whole - merging[0]}
    megapixels = made.width * made.height / 1e6
    return {name: seconds * 1e3 / megapixels for name, seconds in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="the upscaler beside the floor of this machine")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=int, choices=(2, 4), default=4)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    data, scale = jpeg(WIDTH, HEIGHT), options.scale
    work, rows, peak = multiplications(scale), [], Peak()
    names = {"int8": "fast", "fp32": PLAIN.format(scale=scale)}
    sessions = {kind: opened(ModelNeed("upscale", name, scale)) for kind, name in names.items()}
    print(f"x{scale}, {work * 2 / 1e3:.1f} kFLOP a pixel; processor ms per output megapixel")
    for _ in range(options.rounds):
        row: dict[str, float] = {"floor": work * 1e9 / peak.per_second()}
        for kind, session in sessions.items():
            parts = measured(data, scale, session)
            row.update({f"{kind} {part}": value for part, value in parts.items()})
        rows.append(row)
    middle = {name: median(row[name] for row in rows) for name in rows[0]}
    for name, value in middle.items():
        print(f"{name:<10} {value:7.1f}")
    ratio = median(row["int8 net"] / row["floor"] for row in rows)
    print(
        f"net: {ratio:.2f} times the fp32 floor; in fp32 {middle['fp32 net'] / middle['floor']:.2f}"
    )
    if options.check and ratio > LARGEST_RATIO:
        sys.exit(f"the net is above {LARGEST_RATIO} times the floor")


if __name__ == "__main__":
    main()
