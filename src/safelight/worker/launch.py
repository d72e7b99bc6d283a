"""How a fresh interpreter of ours is started: isolated, with an environment of a few fixed
names.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from safelight.limits import Limits
from safelight.worker.freeing import OVERWRITE_FREED
from safelight.worker.job import Plan

PACKAGE_PARENT = str(Path(__file__).parents[2])
BOOT = (
    "import sys;from importlib import import_module as load;"
    "words=sys.argv[2:];places=int(sys.argv[1]);sys.path[:0]=words[:places];"
    "load(words[places]).main(words[places+1:])"
)
BODY = "safelight.worker.child"
# A worker lives for one job: what it frees it takes again soon, so the kernel need not have it
# back; and it takes much at once, so large pages spare it thousands of faults, and its end too.
MAPPED_BYTES = 33_554_432
MEMORY_IS_KEPT = (
    f"glibc.malloc.mmap_threshold={MAPPED_BYTES}:glibc.malloc.trim_threshold=1073741824"
    ":glibc.malloc.hugetlb=1"
)
KEPT_NAMES = ("SYSTEMROOT",)
MEMORY_IS_OVERWRITTEN = f":{OVERWRITE_FREED}"
# Not a layer: leave what a job left where it is. For the control of a test, like every layer.
OVERWRITING = "overwriting"


def command(module: str, *arguments: str) -> list[str]:
    """Run module.main(arguments). -I ignores the working folder and PYTHON* variables, so places
    are told.
    """
    places = folders()
    return [sys.executable, "-I", "-B", "-c", BOOT, str(len(places)), *places, module, *arguments]


def folders() -> list[str]:
    """Where this process itself finds modules, its working folder left out; the package's own
    place first.
    """
    here = os.getcwd()
    others = [place for place in sys.path if os.path.isabs(place) and place != here]
    return list(dict.fromkeys([PACKAGE_PARENT, *others]))


def environment(plan: Plan) -> dict[str, str]:
    """No variable of the user's passes, but those without which the system starts no program."""
    threads = str(plan.threads)
    return {
        **{name: os.environ[name] for name in KEPT_NAMES if name in os.environ},
        "ORT_DISABLE_TELEMETRY": "1",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": "1",
        "VIPS_CONCURRENCY": threads,
        "VIPS_BLOCK_UNTRUSTED": "1",
        "MALLOC_ARENA_MAX": "1",
        "GLIBC_TUNABLES": MEMORY_IS_KEPT,
        "LC_ALL": "C.UTF-8",
    }


def device_environment(threads: int, *, without: frozenset[str] = frozenset()) -> dict[str, str]:
    """As environment, for the worker of a device with so many threads of the processor. without
    OVERWRITING, freed memory stays as it is.
    """
    given = environment(Plan(False, frozenset(), Limits(), threads=threads))
    more = "" if OVERWRITING in without else MEMORY_IS_OVERWRITTEN
    tunables = given["GLIBC_TUNABLES"] + more
    # A driver would keep what it compiled in the user's home.
    return {**given, "GLIBC_TUNABLES": tunables, "CUDA_CACHE_DISABLE": "1"}
