"""Faults: what is wrong with the files of a model, each in one sentence."""

from __future__ import annotations

import struct
import zipfile

from safelight.errors import PolicyRefused

# What reading a file that lies about itself can end in.
LIES = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RuntimeError),
    *(struct.error, zipfile.BadZipFile, EOFError),
)


def damaged() -> PolicyRefused:
    """The bytes do not say what a file of this form says."""
    return PolicyRefused(
        "the model file is damaged",
        hint="get it again: safelight models verify --all names the wrong ones",
    )


def unknown() -> PolicyRefused:
    """The file is whole, but it holds a layer or a setting that we do not build."""
    return PolicyRefused(
        "the model has a layer that is not known",
        hint="export it as ONNX, and add that",
    )


def unfit() -> PolicyRefused:
    """The weights are not those of the architecture that the entry names."""
    return PolicyRefused(
        "the weights are not those of the network that the entry names",
        hint="look at network in the model's entry",
    )
