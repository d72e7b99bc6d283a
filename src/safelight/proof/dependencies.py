"""Dependencies: no import of ours, nor of what is installed with us, opens a socket or writes a
file.

The same watch sees a program that does both: the control. Were it blind, the check would fail.
"""

from __future__ import annotations

from dataclasses import dataclass

from safelight.proof.watching.watch import Seen, watch

EVERY_MODULE = """
import importlib, pkgutil, safelight
for module in pkgutil.walk_packages(safelight.__path__, "safelight."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except ImportError:
            pass  # of an extra that is not installed
"""
LIBRARIES = """
from safelight.worker.warm import without_fetchers
without_fetchers()
names = (
    "numpy pyvips PIL.Image PIL.ImageFont cryptography.hazmat.bindings.openssl rich.console"
    " pydantic click platformdirs pillow_heif pikepdf pydicom sqlcipher3 keyring rfc3161_client"
)
for name in names.split():
    try:
        importlib.import_module(name)
    except ImportError:
        pass
from safelight.errors import RuntimeMissing
from safelight.models import onnx_session, tflite_session
for load in (onnx_session.import_onnxruntime, tflite_session.import_litert):
    try:
        load()
    except RuntimeMissing:
        pass
"""
BOTH = """
import os, socket
for family in (socket.AF_INET, socket.AF_UNIX):
    try:
        socket.socket(family)
    except OSError:
        pass
with open(os.path.join(os.environ["HOME"], "left"), "w") as file:
    file.write("x")
"""


@dataclass(frozen=True, slots=True)
class Imports:
    """What all imports together asked for, and whether the control was seen doing both."""

    seen: Seen
    control: Seen

    @property
    def is_live(self) -> bool:
        """True if a program that opens sockets and writes a file was seen to do just that."""
        return len(self.control.sockets) == 2 and len(self.control.files) == 1

    @property
    def is_ok(self) -> bool:
        return self.seen.is_clean and self.is_live

    @property
    def sentence(self) -> str:
        """For a screen."""
        sockets, files = len(self.seen.sockets), len(self.seen.files)
        if self.seen.exit_code:
            return "not every module can be imported"
        if not self.is_live:
            return "the control was not seen: the watch is blind"
        return f"{sockets} sockets asked for, {files} files opened to write; control seen"


def check_imports() -> Imports:
    """Watch a fresh interpreter import everything. A few seconds. Raises like watch."""
    return Imports(watch(EVERY_MODULE + LIBRARIES), watch(BOTH))
