"""Refuse a TFLite model that names another file, before any runtime sees it.

Only the head of the flatbuffer is read: its mark, and which fields its first table has. A field
that is not in the list is refused, so one that a newer schema adds is refused too until someone
has read what it means.
"""

from __future__ import annotations

import struct

from safelight.errors import PolicyRefused

MARK = b"TFL3"
MARK_AT = 4
# Fields of the first table, by place: version, operators, graphs, description, buffers, two of
# metadata, signatures. The next two name files that hold weights.
KNOWN, IN_OTHER_FILES = 8, (8, 9)
HEAD_BYTES = 4


def refuse_external_buffers(untrusted_model: memoryview) -> None:
    """Return if every tensor of the model lies inside it.

    Raises PolicyRefused otherwise, also if the bytes are no TFLite model.
    """
    if bytes(untrusted_model[MARK_AT : MARK_AT + len(MARK)]) != MARK:
        raise PolicyRefused("the model file is damaged, or no TFLite model", hint=_ANEW)
    fields = _fields(untrusted_model)
    if fields & set(IN_OTHER_FILES):
        raise PolicyRefused(
            "the model keeps data in another file",
            hint="export the model again with all weights inside one file",
        )
    if any(field >= KNOWN for field in fields):
        raise PolicyRefused(
            f"the model has a field that is not known, number {max(fields)}", hint=_ANEW
        )


def _fields(model: memoryview) -> set[int]:
    """Places of the fields that the first table has."""
    try:
        (table,) = struct.unpack_from("<I", model)
        (back,) = struct.unpack_from("<i", model, table)
        start = table - back
        if start < 0:
            raise PolicyRefused("the model file is damaged", hint=_ANEW)
        (size,) = struct.unpack_from("<H", model, start)
        count = (size - HEAD_BYTES) // 2
        places = struct.unpack_from(f"<{max(0, count)}H", model, start + HEAD_BYTES)
    except struct.error as error:
        raise PolicyRefused("the model file is damaged", hint=_ANEW) from error
    return {field for field, place in enumerate(places) if place}


_ANEW = "get the file again, or export the model anew"
