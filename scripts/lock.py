#!/usr/bin/env python3
"""Write the locks in requirements/ from pyproject.toml: exact versions with hashes, and no hosts.

Usage: scripts/lock.py          (takes the newest versions that fit)

build.txt    what source-only packages and our own wheel need to be built; installed first
runtime.txt  the core and the extras that a desktop wants (EXTRAS)
dev.txt      runtime, and what tests and checks need; the same versions where both have a package
node.txt     Node, for scripts/studio.py where the machine has none that is new enough

Resolved on the oldest Python that we support, so one lock serves them all. The settings of pip are
the caller's own; nothing of them is written down.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
# What `make install` brings along.
EXTRAS = ("cpu", "tflite", "heic", "pdf", "medical", "vault", "timestamp", "server", "client")
TOOLS = ROOT / "build" / "lock-venv"
HEADER = "# Written by scripts/lock.py from pyproject.toml. Exact versions with hashes, no hosts.\n"
ALLOWED_LINE = re.compile(r"(#.*|[a-z0-9._-]+==[^\s:/@]+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?)")


def main() -> None:
    if sys.version_info[:2] != (3, 11):
        sys.exit("scripts/lock.py: run me with Python 3.11, the oldest that is supported")
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    groups: dict[str, list[str]] = project["dependency-groups"]
    extras: dict[str, list[str]] = project["project"]["optional-dependencies"]
    runtime = [
        *project["project"]["dependencies"],
        *(requirement for extra in EXTRAS for requirement in extras[extra]),
    ]
    compiler = pip_compile(groups["lock"])
    compile_lock(compiler, "build", groups["build"])
    compile_lock(compiler, "runtime", runtime, same_as=("build",))
    compile_lock(compiler, "node", groups["node"])
    dev = [*runtime, *groups["test"], *groups["check"]]
    compile_lock(compiler, "dev", dev, same_as=("build", "runtime"))


def pip_compile(requirements: list[str]) -> Path:
    """A pip-compile in an environment of its own."""
    if not (TOOLS / "bin" / "pip-compile").exists():
        venv.create(TOOLS, with_pip=True, clear=True)
        subprocess.run([TOOLS / "bin" / "pip", "install", "-q", *requirements], check=True)
    return TOOLS / "bin" / "pip-compile"


def compile_lock(
    compiler: Path, name: str, requirements: list[str], *, same_as: tuple[str, ...] = ()
) -> None:
    """Resolve into requirements/NAME.txt; versions of the locks in same_as are kept."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in"), Path(folder, "out.txt")
        constraints = [f"-c {LOCKS / other}.txt" for other in same_as]
        source.write_text("\n".join([*requirements, *constraints]) + "\n")
        options = (
            "--quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate"
        )
        silence = (
            "--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options"
        )
        command = [
            str(compiler),
            *options.split(),
            *silence.split(),
            "-o",
            str(target),
            str(source),
        ]
        subprocess.run(command, check=True)
        lines = [line for line in target.read_text().splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("#")]
    for line in lines:
        if not ALLOWED_LINE.fullmatch(line):
            sys.exit(f"scripts/lock.py: {name}: a line that does not belong in a lock: {line}")
    (LOCKS / f"{name}.txt").write_text(HEADER + "\n".join(lines) + "\n")
    print(f"requirements/{name}.txt: {sum('==' in line for line in lines)} packages")


if __name__ == "__main__":
    main()
