"""Mobile: an ONNX net of ours as a TFLite file, for phones: the channels last, one size, the same
answer. For models of this package alone, whose files are pinned in it.
"""

from __future__ import annotations

from safelight.models.forms.faults import unknown
from safelight.models.mobile import arithmetic, pictures
from safelight.models.mobile.file import Shape
from safelight.models.mobile.net import net_of
from safelight.models.mobile.walk import Walk

MAKERS = pictures.MAKERS | arithmetic.MAKERS


def tflite_of(data: bytes | memoryview, name: str, shape: Shape, title: str) -> bytes:
    """The TFLite file of an ONNX net that takes a picture [1, channels, rows, columns] under this
    name. It takes and gives pictures with the channels last, and has the names of the net.

    Raises PolicyRefused for an operator or a setting that is not known, RuntimeMissing.
    """
    net = net_of(data)
    walk = Walk(net, name, shape)
    given = walk.values[name].tensor
    for node in net.nodes:
        if node.output in walk.known or node.output in walk.done:
            continue
        if node.kind not in MAKERS:
            raise unknown()
        made = MAKERS[node.kind](walk, node)
        if made is not None:
            walk.values[node.output] = made
    answer = walk.value(net.output)
    if len(answer.shape) == len(shape):
        answer = walk.last(answer)
    return walk.file.to_bytes(title, [given], {net.output: walk.tensor(answer)})
