"""Refuse an ONNX model that names another file, before any runtime sees it.

onnxruntime, given a model as bytes, reads "external data" relative to the working directory. The
walk follows the messages of the ONNX schema in which a tensor can stand; a field that is not in
the table is refused, so a place that a newer schema adds is refused too until someone has read
what it means. Nothing is copied or decoded.
"""

from __future__ import annotations

from safelight.errors import PolicyRefused

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MAX_DEPTH = 48
MAX_FIELDS = 2_000_000
MAX_FIELD = 2**29 - 1
EXTERNAL_DATA, DATA_LOCATION = 13, 14
# By this onnxruntime knows a form of its own, in which nothing here can be looked at; a file may
# be both.
OWN_FORMAT = b"ORTM"

# What each message may hold: field number -> the message inside it, or "" where no tensor can be.
_SCHEMA: dict[str, dict[int, str]] = {
    "model": dict.fromkeys((1, 2, 3, 4, 5, 6, 8, 14, 26), "")
    | {7: "graph", 20: "training", 25: "function"},
    "graph": dict.fromkeys((2, 10, 11, 12, 13, 14, 16), "")
    | {1: "node", 5: "tensor", 15: "sparse"},
    "node": dict.fromkeys((1, 2, 3, 4, 6, 7, 8, 9, 10), "") | {5: "attribute"},
    "attribute": dict.fromkeys((1, 2, 3, 4, 7, 8, 9, 13, 14, 15, 20, 21), "")
    | {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "tensor": dict.fromkeys((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, DATA_LOCATION, 16), ""),
    "sparse": {1: "tensor", 2: "tensor", 3: ""},
    "function": dict.fromkeys((1, 4, 5, 6, 8, 9, 10, 12, 13, 14), "")
    | {7: "node", 11: "attribute"},
    "training": {1: "graph", 2: "graph", 3: "", 4: ""},
}


def refuse_external_data(untrusted_model: memoryview) -> None:
    """Return if every tensor of the model lies inside it.

    Raises PolicyRefused otherwise, also if the bytes are no ONNX model.
    """
    if bytes(untrusted_model[4:8]) == OWN_FORMAT:
        raise PolicyRefused("the model is kept in a form of one runtime alone", hint=_ANEW)
    _Walk(untrusted_model).message("model", 0, len(untrusted_model), depth=0)


class _Walk:
    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._fields_left = MAX_FIELDS

    def message(self, kind: str, start: int, end: int, *, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise PolicyRefused("the model is nested too deeply", hint=_ANEW)
        schema = _SCHEMA[kind]
        while start < end:
            self._fields_left -= 1
            if self._fields_left < 0:
                raise PolicyRefused("the model has too many fields", hint=_ANEW)
            key, start = self._varint(start, end)
            field, wire = key >> 3, key & 7
            if field > MAX_FIELD:
                raise PolicyRefused("the model file is damaged", hint=_ANEW)
            inner = schema.get(field)
            if inner is None:
                if kind == "tensor" and field == EXTERNAL_DATA:
                    raise PolicyRefused("the model keeps data in another file", hint=_HINT)
                raise PolicyRefused(
                    f"the model has a field that is not known, number {field}", hint=_ANEW
                )
            value, start = self._value(wire, start, end)
            if kind == "tensor" and field == DATA_LOCATION and (wire != VARINT or value != 0):
                raise PolicyRefused("the model keeps data in another file", hint=_HINT)
            if inner:
                if wire != BYTES:
                    raise PolicyRefused("the model file is damaged", hint=_ANEW)
                self.message(inner, start - value, start, depth=depth + 1)

    def _value(self, wire: int, start: int, end: int) -> tuple[int, int]:
        """The number, or for bytes their length; and where the next field starts."""
        if wire == VARINT:
            return self._varint(start, end)
        length = {FIXED64: 8, FIXED32: 4}.get(wire, 0)
        if wire == BYTES:
            length, start = self._varint(start, end)
        elif not length:
            raise PolicyRefused("the model file is damaged", hint=_ANEW)
        if length > end - start:
            raise PolicyRefused("the model file is damaged", hint=_ANEW)
        return length, start + length

    def _varint(self, start: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while start < end and shift < 70:
            byte = self._data[start]
            start += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, start
            shift += 7
        raise PolicyRefused("the model file is damaged", hint=_ANEW)


_HINT = "export the model again with all weights inside one file"
_ANEW = "get the file again, or export the model anew"
