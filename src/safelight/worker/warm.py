"""What the zygote imports before it is locked: afterwards no file can be opened, so nothing can be
imported.

libvips is only imported here, never run: a pipeline leaves idle threads behind, and then every
fork hangs.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import sys
from codecs import lookup
from types import ModuleType
from typing import cast

from safelight import codecs, ops
from safelight.codecs.libvips import libvips
from safelight.codecs.routing import part_of
from safelight.errors import FormatUnknown, RuntimeMissing, SomethingMissing, WorkerDied
from safelight.formats import TABLE, Format
from safelight.models import waking
from safelight.models.facts import Runtime
from safelight.models.providers import Device
from safelight.recipe import operations
from safelight.worker.job import Plan

ENCODINGS = ("utf-8", "ascii", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "idna")
ALWAYS = (
    "decimal",
    "fractions",
    "datetime",
    "unicodedata",
    "zlib",
    "copy",
    "json",
    "struct",
    "mmap",
)
# numpy brings its parts in when they are first used, as at a median: behind the seal, too late.
NUMPY = ("numpy", "numpy.ma", "numpy.polynomial")
# What fetches samples for a reader of DICOM, where other programs have it installed; it asks for a
# socket as it is imported.
FETCHERS = ("requests",)
# FreeType draws the letters of a mark.
LETTERS = ("PIL.ImageDraw", "PIL.ImageFile", "PIL.ImageFont", "PIL._imagingft")


def up(plan: Plan) -> None:
    """Import what a job of this plan touches. Raises SomethingMissing if a library is not
    installed.
    """
    without_fetchers()
    _modules(codecs, deep=plan.needs_pixels)
    operations()
    if plan.needs_pixels:
        _modules(ops, deep=True)
    for name in ALWAYS:
        importlib.import_module(name)
    for name in ENCODINGS:
        lookup(name)
    if plan.needs_pixels:
        _pixels()
    for format in plan.late:
        _libraries(format)
    for runtime in sorted(plan.runtimes):
        _runtime(runtime)


def without_fetchers() -> None:
    """Nobody in this process finds them, as where they are not installed."""
    for name in FETCHERS:
        sys.modules.setdefault(name, cast(ModuleType, None))


def for_device(device: Device) -> None:
    """Import what the worker of this device touches. Raises RuntimeMissing."""
    for name in (*ALWAYS, *NUMPY):
        importlib.import_module(name)
    for name in ENCODINGS:
        lookup(name)
    from safelight.models import runtimes

    runtimes.warm("onnx")
    waking.load(device)


def require_one_thread() -> None:
    """Raises WorkerDied if this process has more than one thread: no other would survive a fork."""
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        raise WorkerDied(f"the zygote has {threads} threads where it must have one")


def _modules(package: ModuleType, *, deep: bool) -> None:
    for found in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        if deep and found.ispkg:
            _modules(module, deep=True)


def _parts_of_operations() -> None:
    """What an operation imports only when it runs lies in a folder of its own, below ops/."""
    for module in pkgutil.walk_packages(ops.__path__, f"{ops.__name__}."):
        importlib.import_module(module.name)


def _pixels() -> None:
    try:
        for name in (*NUMPY, *LETTERS):
            importlib.import_module(name)
        libvips()
        _parts_of_operations()
    except ImportError as error:
        raise SomethingMissing(
            f"{error.name} is not installed", hint="pip install safelight"
        ) from error


def _libraries(format: Format) -> None:
    """What one format's parts import late, or do once. An extra may be absent; a job says so."""
    for name in TABLE[format].libraries:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with contextlib.suppress(ImportError, FormatUnknown):
        getattr(part_of(format, "pixels"), "warm", _nothing)()


def _nothing() -> None: ...


def _runtime(runtime: Runtime) -> None:
    """An extra may be absent; a job that needs it says so, with the line that installs it."""
    from safelight.models import runtimes

    with contextlib.suppress(RuntimeMissing):
        runtimes.warm(runtime)
