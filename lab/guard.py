"""The lock that everything in the laboratory puts on itself before it touches data.

From then on the process, its threads and its children can open for reading: the interpreter and
its libraries by the endings of code, the laboratory's and the project's source, a few facts that
the system tells of itself, the processor and the graphics card, and the files named to `lock`.
Nothing else, and nothing from the network. The kernel holds it (Landlock), so it binds libraries
in C as well. Where the kernel has no Landlock the laboratory refuses to work.

Code is not data: a picture that lies beside a library stays closed.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from safelight.worker import landlock
from safelight.worker.syscalls import checked

ROOT = Path(__file__).resolve().parents[1]

CODE_ENDINGS = frozenset(".py .pyc .pyi .so .pth .typed .cfg .toml".split())
# What packages say of themselves; importlib.metadata reads it.
CODE_NAMES = frozenset("METADATA PKG-INFO RECORD WHEEL entry_points.txt top_level.txt".split())
# Other environments below a root, what was kept, and the tests of libraries.
LEFT_OUT = frozenset(".venv .cache site-packages dist-packages test tests".split())
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/cuda/lib64")
# Processor and memory for numpy and torch, random numbers, the dynamic linker, who runs this.
SYSTEM = (
    *("/proc", "/sys/devices/system", "/sys/fs/cgroup", "/dev/null", "/dev/zero", "/dev/random"),
    *("/dev/urandom", "/etc/ld.so.cache", "/etc/localtime", "/etc/nsswitch.conf", "/etc/passwd"),
)
SHARED_MEMORY = "/dev/shm"

_READ_FILE = 1 << 2
_PATH_BENEATH = 1

_opened: set[str] = set()


class _Rule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("fd", ctypes.c_int32))


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64))


def lock(data: Iterable[Path], *, processes: int = 0) -> None:
    """Close every file but code and `data`, for this thread and its children, for good.

    Temporary files go to a new folder, which stays open. processes: how many children will be
    started; they need the shared memory that their queues lie in. Raises SystemExit where the
    kernel has no Landlock.
    """
    if landlock.abi() == 0:
        raise SystemExit("this kernel has no Landlock, and the laboratory does not work unlocked")
    files = [path for path in data if path.exists()]
    folders = [_scratch()] + ([Path(SHARED_MEMORY)] if processes else [])
    _restrict([*code(), *system(), *files, *folders])
    _listen({str(path.resolve()) for path in files})


def code() -> Iterator[Path]:
    """The files of the interpreter, its libraries, the laboratory and the project."""
    yield from installed()
    for place in sorted({*LIBRARIES, *_loaded_from()}):
        for library in (Path(place), *Path(place).glob("*-linux-gnu")):
            yield from (path for path in library.glob("*.so*") if path.is_file())


@cache
def installed() -> tuple[Path, ...]:
    """Those of them that are installed or ours, found once: a process that is forked off knows."""
    paths = sysconfig.get_paths()
    roots = {Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    roots |= {ROOT / "lab", ROOT / "src", ROOT / "tests"}
    found: list[Path] = []
    for root in sorted(roots):
        for folder, inner, names in os.walk(root):
            inner[:] = [name for name in inner if name not in LEFT_OUT]
            found += (Path(folder, name) for name in names if is_code(name))
    return tuple(found)


def is_code(name: str) -> bool:
    """Whether a file of this name is a part of a library, rather than something it brought."""
    ending = Path(name).suffix
    return ending in CODE_ENDINGS or ".so." in name or name in CODE_NAMES


def system() -> Iterator[Path]:
    """What the system tells of itself, and the graphics card."""
    cards = [str(path) for path in Path("/dev").glob("nvidia*")]
    yield from (Path(name) for name in (*SYSTEM, *cards) if Path(name).exists())


def opened() -> list[str]:
    """The data files that this process opened since it was locked, by name."""
    return sorted(_opened)


def _scratch() -> Path:
    """A new folder for temporary files, removed when this process ends."""
    folder, owner = tempfile.mkdtemp(prefix="safelight-lab-"), os.getpid()
    tempfile.tempdir = folder

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return Path(folder)


def _loaded_from() -> set[str]:
    """The folders of all libraries that are loaded."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    mapped = {line.split(maxsplit=5)[5] for line in lines if len(line.split(maxsplit=5)) == 6}
    return {str(Path(name).parent) for name in mapped if ".so" in name and name.startswith("/")}


def _restrict(readable: Iterable[Path]) -> None:
    version = landlock.abi()
    network = landlock.rights(version)[1]
    landlock.no_new_privileges()
    ruleset = _Ruleset(_READ_FILE, network)
    fd = checked("landlock_create_ruleset", ruleset, 16 if version >= 4 else 8, 0)
    try:
        for path in readable:
            _allow(fd, path)
        checked("landlock_restrict_self", fd, 0)
    finally:
        os.close(fd)


def _allow(ruleset: int, path: Path) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:  # a temporary file of somebody else, gone since it was listed
        return
    try:
        checked("landlock_add_rule", ruleset, _PATH_BENEATH, _Rule(_READ_FILE, fd), 0)
    finally:
        os.close(fd)


def _listen(data: set[str]) -> None:
    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.path.abspath(os.fsdecode(arguments[0]))
            if path in data:
                _opened.add(os.path.basename(path))

    sys.addaudithook(note)
