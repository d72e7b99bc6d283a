"""Packs the Python of the tab; runs in Pyodide itself, so that what it compiles is read there.

In: /in/stdlib.zip with /in/wheels/, or /in/ours/. Out: /out/stdlib.pack, a zip that Python reads as
it lies, and /out/others.pack; or /out/engine.pack. The last two have a length, an index of paths
and sizes as JSON, then the files. Nothing in them is a time or a path of the machine that made it.
"""

import ast
import importlib.util
import io
import json
import marshal
import struct
import zipfile
from importlib import _bootstrap_external
from pathlib import Path

# Of the standard library: what speaks to a network, to a screen or to other processes, and what is
# for those who write programs.
LEFT_OUT = {
    *("_pyrepl", "unittest", "multiprocessing", "xmlrpc", "wsgiref", "pydoc_data", "ensurepip"),
    *("pdb.py", "bdb.py", "doctest.py", "pydoc.py", "imaplib.py", "mailbox.py", "smtplib.py"),
    *("ftplib.py", "poplib.py", "socketserver.py", "turtle.py", "pickletools.py", "tarfile.py"),
    *("optparse.py", "trace.py", "cProfile.py", "profile.py", "pstats.py", "timeit.py", "cmd.py"),
    *("statistics.py", "configparser.py", "plistlib.py", "netrc.py", "webbrowser.py", "code.py"),
    *("html", "http", "venv", "idlelib", "tkinter", "curses", "dbm", "sqlite3", "ctypes"),
    *("argparse.py", "modulefinder.py", "wave.py", "gettext.py", "mimetypes.py", "difflib.py"),
    *("_pyio.py", "symtable.py", "compileall.py", "py_compile.py", "pyclbr.py", "sched.py"),
    *("getpass.py", "nturl2path.py", "fileinput.py", "filecmp.py", "pty.py", "tty.py", "shelve.py"),
}
# Within its packages: what reads XML as a tree, what is for Windows.
LEFT_OUT_WITHIN = ("xml/dom/", "xml/etree/", "xml/sax/", "asyncio/windows_", "importlib/resources/")
# Of others: the version before, and plug-ins of tools for those who write programs.
OTHERS_LEFT_OUT = (
    "pydantic/v1/",
    "pydantic/mypy",
    "pydantic/experimental/",
    "pydantic/deprecated/",
)
# `-OO` for others; ours keep the sentences that operations are told by.
WITHOUT_SENTENCES, WITH_SENTENCES = 2, 1
# Pyodide says its functions with the words in their docstrings.
SPOKEN = ("_pyodide/", "pyodide/")
EPOCH = (1980, 1, 1, 0, 0, 0)


def compiled(source: bytes, name: str, optimise: int) -> bytes:
    """The module as Python keeps it; never compared with its source, which is not there."""
    code = compile(ast.parse(source), name, "exec", dont_inherit=True, optimize=optimise)
    data = marshal.dumps(code)
    flags = struct.pack("<I", 0b01) + importlib.util.source_hash(source)
    return _bootstrap_external.MAGIC_NUMBER + flags + data


def is_left_out(name: str) -> bool:
    """Whether the tab has no use for a file of the standard library."""
    is_of_a_package = name.startswith(LEFT_OUT_WITHIN)
    return is_of_a_package or name.endswith("/") or name.split("/")[0] in LEFT_OUT


def library(source: Path) -> bytes:
    """The standard library without what no tab needs."""
    made = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(made, "w") as new:
        for name in sorted(old.namelist()):
            if is_left_out(name):
                continue
            data = old.read(name)
            if name.endswith(".py"):
                optimise = WITH_SENTENCES if name.startswith(SPOKEN) else WITHOUT_SENTENCES
                data, name = compiled(data, name, optimise), f"{name}c"
            new.writestr(zipfile.ZipInfo(name, EPOCH), data)
    return made.getvalue()


def of_wheels(folder: Path) -> dict[str, bytes]:
    """What lies in the wheels, compiled, without notes for those who install."""
    found = {}
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as opened:
            for name in sorted(opened.namelist()):
                if name.startswith(OTHERS_LEFT_OUT):
                    continue
                if name.endswith(".py"):
                    data = opened.read(name)
                    found[f"{name}c"] = compiled(data, name, WITHOUT_SENTENCES)
                elif name.endswith(".so"):
                    found[name] = opened.read(name)
    return found


def of_ours(folder: Path) -> dict[str, bytes]:
    """Our own modules and the data beside them."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name, data = str(path.relative_to(folder)), path.read_bytes()
            if path.suffix == ".py":
                name, data = f"{name}c", compiled(data, name, WITH_SENTENCES)
            found[name] = data
    return found


def packed(files: dict[str, bytes]) -> bytes:
    """All of it in one piece that a few lines of JavaScript unpack."""
    index = json.dumps([[name, len(data)] for name, data in files.items()]).encode()
    return struct.pack("<I", len(index)) + index + b"".join(files.values())


def main() -> None:
    """Write the packs of what is there."""
    if Path("/in/stdlib.zip").exists():
        Path("/out/stdlib.pack").write_bytes(library(Path("/in/stdlib.zip")))
        Path("/out/others.pack").write_bytes(packed(of_wheels(Path("/in/wheels"))))
    if Path("/in/ours").exists():
        Path("/out/engine.pack").write_bytes(packed(of_ours(Path("/in/ours"))))


main()
