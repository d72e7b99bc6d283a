"""What libvips raises becomes one of our errors, the most specific one."""

from __future__ import annotations

import pytest
import pyvips

from safelight.codecs.libvips import foreign_errors
from safelight.errors import (
    ContainerBroken,
    FormatUnknown,
    LimitExceeded,
    MemoryExceeded,
    SafelightError,
    TimeExceeded,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("VipsJpeg: premature end of file", ContainerBroken),
        ("unable to allocate 3 bytes", MemoryExceeded),
        ("webpsave: image too large", LimitExceeded),
        ("tiff2vips: unsupported photometric", FormatUnknown),
    ],
)
def test_words_of_libvips_become_an_error_of_ours(
    text: str, expected: type[SafelightError]
) -> None:
    with pytest.raises(expected), foreign_errors("the picture"):
        raise pyvips.Error("", detail=text)


def test_no_memory_is_told_as_such_and_a_fault_of_ours_is_left_alone() -> None:
    with pytest.raises(MemoryExceeded), foreign_errors("the picture"):
        raise MemoryError
    with pytest.raises(ZeroDivisionError), foreign_errors("the picture"):
        raise ZeroDivisionError


def test_trouble_comes_first_also_after_success() -> None:
    late = TimeExceeded()
    with pytest.raises(TimeExceeded), foreign_errors("the picture", lambda: late):
        pass
    with pytest.raises(TimeExceeded), foreign_errors("the picture", lambda: late):
        raise pyvips.Error("premature end")
