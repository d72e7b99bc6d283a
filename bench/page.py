"""Measure anew and write the figures into the pages of docs/handbook, with the date.

    python -m bench.page [NAME...]      names: those of PAGES

Each name fills the part of its page between its two marks; without a name, all of them. Run it on
a machine that does nothing else: the page says when and on which processor it was.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HANDBOOK = ROOT / "docs/handbook"
SPEED = HANDBOOK / "quality-and-speed.md"
SERVER = HANDBOOK / "server-measured.md"
PAGES = {
    **dict.fromkeys(("quality", "crisp", "upscale", "cutout_speed", "flat_memory"), SPEED),
    **dict.fromkeys(("everyday", "folder", "copying", "constant_memory", "overhead"), SPEED),
    "left_behind": HANDBOOK / "metadata-compared.md",
    "goals": HANDBOOK / "evidence.md",
    "studio": HANDBOOK / "studio.md",
    **dict.fromkeys(("serve_load", "serve_peers", "remanence_server"), SERVER),
}


def filled(page: str, name: str, text: str) -> str:
    """The page with other words between the marks of this name. Raises ValueError without them."""
    start, end = f"<!-- measured by {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"({re.escape(start)}\n).*?({re.escape(end)})", re.DOTALL)
    made, count = pattern.subn(lambda found: f"{found[1]}{text.strip()}\n{found[2]}", page)
    if count != 1:
        raise ValueError(f"the page has {count} places for {name}")
    return made


def processor() -> str:
    """What the system calls its processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor() or "an unnamed processor"
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), "?")


def stamp() -> str:
    """When and where, and how busy the machine was: more than its cores, and times are noisy."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    day = datetime.now(UTC).strftime("%-d %B %Y, %H:%M UTC")
    return f"*{day}; {processor()}, {cores} cores, load {load:.1f} when it began.*"


def measured(name: str) -> str:
    """The tables of one file of bench/, as Markdown. Exits when it cannot be run."""
    first = stamp()
    command = [sys.executable, "-m", f"bench.{name}", "--markdown"]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode:
        sys.exit(f"bench.{name} ended with {ran.returncode}; the page keeps its figures")
    return f"{first}\n\n{ran.stdout}"


def main() -> None:
    parser = argparse.ArgumentParser(description="write the measured figures into the handbook")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PAGES))
    names = parser.parse_args().names or list(PAGES)
    if not set(names) <= set(PAGES):
        parser.error(f"the names are {', '.join(PAGES)}")
    for name in names:
        text, page = measured(name), PAGES[name]
        page.write_text(filled(page.read_text(), name, text))
        print(f"{page.relative_to(ROOT)}: {name}")


if __name__ == "__main__":
    main()
