"""Reads the imports of a source tree and says which break the order of the rooms."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# The rooms by level. Level 0 alone is ordered: each may use those to its left.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("errors", "limits", "settings", "formats", "annotation", "image", "operation"),
    ("ops", "models", "codecs", "places", "studio"),
    ("recipe", "vault"),
    ("worker", "library", "audit"),
    ("engine",),
    ("batch", "moderation", "proof"),
    ("server", "client"),
    ("cli", "__init__"),
)
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

# The only places that may ever open a connection to outside (DESIGN section 3), and what for.
OUTBOUND = {
    "models.pull": "models pull, from the host that was shown",
    "client": "the server that the user named",
    "moderation": "the second tier, on loopback",
    "batch.cluster": "paired nodes",
}
# These connect to our own listeners on the loopback, so that what is refused can be seen to be; no
# other work passes through them.
ATTEMPTS = {
    "worker.attacks": "the attempts themselves",
    "proof.control": "the same attempts without a cage, against a listener of their own",
    "proof.serving": "our own server, asked as anybody would ask it",
    "server.outward": "attempts that the lock of the front end must refuse",
}
# The server answers: it may wait for connections and encrypt them, and never makes one. One file
# alone names the internet, to listen.
SERVING = frozenset({"asyncio", "ssl"})
LISTENS = "server.listening"
CONNECTING_NAMES = frozenset(
    "connect connect_ex open_connection open_unix_connection create_unix_connection sock_connect"
    " create_datagram_endpoint sendto".split()
)
NETWORK_LIBRARIES = frozenset(
    "aiohttp asyncio ftplib grpc http httpx imaplib nntplib poplib requests smtplib socketserver"
    " ssl telnetlib urllib3 urllib.request urllib.robotparser websocket websockets xmlrpc"
    " zmq".split()
)
INTERNET_NAMES = frozenset(
    "AF_INET AF_INET6 create_connection create_server getaddrinfo gethostbyname"
    " gethostbyaddr gethostbyname_ex".split()
)


@dataclass(frozen=True)
class Import:
    """One import: the module named, the line, and whether it happens when the file is loaded."""

    module: str
    line: int
    is_eager: bool


def violations(package: Path) -> list[str]:
    """Every break of the order in the package at this path, as `file:line: sentence`."""
    found = []
    for path in sorted(package.rglob("*.py")):
        module = _module_name(package, path)
        tree = ast.parse(path.read_text(), str(path))
        for line, sentence in _breaks(package, module, tree):
            found.append(f"{path.relative_to(package.parent)}:{line}: {sentence}")
    return found


def _module_name(package: Path, path: Path) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def _breaks(package: Path, module: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    room = module.split(".")[0]
    if room not in LEVEL_OF:
        yield 1, f"{room} is no room: give it a level in tests/house/layers.py"
        return
    for one in imports(tree, package.name, module):
        if one.module == package.name or one.module.startswith(f"{package.name}."):
            target = one.module.removeprefix(package.name).removeprefix(".")
            yield from _breaks_of_order(room, target, one.line)
        elif room == "ops" and one.is_eager and not _is_light(one.module):
            yield one.line, f"ops may import {one.module} only inside a function"
        is_serving = room == "server" and one.module.split(".")[0] in SERVING
        if _is_network(one.module) and not is_serving and not _may_connect(module):
            yield (
                one.line,
                f"{one.module} opens connections, and {module} is none of the four places",
            )
    if not _may_connect(module):
        names = INTERNET_NAMES if module != LISTENS else INTERNET_NAMES - {"AF_INET", "AF_INET6"}
        for line, name in _named(tree, names):
            yield line, f"{name} reaches the internet, and {module} is none of the four places"
        for line, name in _named(tree, CONNECTING_NAMES) if room == "server" else ():
            yield line, f"{name} opens a connection, and a server only answers"


def _breaks_of_order(room: str, target: str, line: int) -> Iterator[tuple[int, str]]:
    name = target.split(".")[0] or "__init__"
    if name == "__version__":
        return
    if name not in LEVEL_OF:
        yield line, f"{name} is no room"
    elif name == room:
        return
    elif LEVEL_OF[name] > LEVEL_OF[room]:
        yield line, f"{room} imports {name}, which stands above it"
    elif room == "ops" and LEVEL_OF[name] > 0:
        yield line, f"ops imports {name}: level 0 alone is allowed"
    elif LEVEL_OF[name] == LEVEL_OF[room]:
        order = LEVELS[0]
        if LEVEL_OF[room] > 0:
            if LEVEL_OF[room] < len(LEVELS) - 1 or name != "__init__":
                yield line, f"{room} imports {name}, which stands beside it"
        elif order.index(name) > order.index(room):
            yield line, f"{room} imports {name}, which stands to its right"


def imports(tree: ast.Module, package: str, module: str) -> Iterator[Import]:
    """Every import of the file, names resolved; a constant handed to import_module counts too."""
    typing_only = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for child in ast.walk(node)
    }
    lazy = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        is_eager = id(node) not in typing_only and id(node) not in lazy
        for name in _names(node, package, module):
            yield Import(name, getattr(node, "lineno", 1), is_eager)


def _names(node: ast.AST, package: str, module: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = [package, *module.split(".")][: -node.level]
            base = ".".join([*parts, base] if base else parts)
        for alias in node.names:
            is_whole_package = base == package or base in ("urllib", "concurrent")
            yield f"{base}.{alias.name}" if is_whole_package else base
    elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else called
        if name in ("import_module", "__import__") and isinstance(node.args[0].value, str):
            yield node.args[0].value


def _is_light(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names | {"pydantic", "pydantic_core"}


def _is_network(module: str) -> bool:
    return module.split(".")[0] in NETWORK_LIBRARIES or module in NETWORK_LIBRARIES


def _may_connect(module: str) -> bool:
    return any(
        module == place or module.startswith((f"{place}.", f"{place}_"))
        for place in (*OUTBOUND, *ATTEMPTS)
    )


def _named(tree: ast.Module, names: frozenset[str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in names:
            yield node.lineno, node.attr
        elif isinstance(node, ast.Name) and node.id in names:
            yield node.lineno, node.id
