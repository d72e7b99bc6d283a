"""status: the server that runs here, as it is now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable
from safelight.errors import Unavailable
from safelight.proof.dataflow.table import counted
from safelight.proof.reports.plain import size

if TYPE_CHECKING:
    from safelight.server.running import Running

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400


@click.command(name="status", add_help_option=False)
@click.option("--link", is_flag=True, help="Make a one-time link for a browser, and print it.")
@setting("state_dir")
@speaking
@click.pass_obj
def status(face: Face, *, link: bool) -> int:
    """Show the server that runs here: address, queue, memory, and how calls ended.

    \b
    Examples:
      safelight status
      safelight status --link
      safelight status --json
    """
    from safelight.server.identity.preparing import new_link
    from safelight.server.running import found

    state_dir = face.settings.state_dir
    running = found(state_dir)
    if running is None:
        raise Unavailable("no server runs here", hint="safelight serve")
    if link:
        made = new_link(state_dir, running.url)
        if face.is_json:
            face.document({"type": "link", "schema": SCHEMA, "url": running.url, "link": made})
        else:
            face.out(made)
        return 0
    asked = _asked(face)
    if face.is_json:
        face.document(_document(running, asked))
    else:
        for line in _lines(running, asked):
            face.out(line)
    return 0


def _asked(face: Face) -> dict[str, Any]:
    """What the server says of itself. Raises Unavailable where it does not answer."""
    from safelight.client.address import local
    from safelight.client.sync import Client

    with Client.at(local(face.settings), patience_s=0) as client:
        return client.status()


def _document(running: Running, asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "status", "schema": SCHEMA, "url": running.url, "unix": running.unix,
        "addresses": list(running.addresses), "fingerprint": running.fingerprint,
        "pid": running.pid, "started": int(running.started), **asked,
    }  # fmt: skip


def _lines(running: Running, asked: dict[str, Any]) -> list[str]:
    queue, memory, back = asked["queue"], asked["memory"], asked["back"]
    held, most = size(memory["held_bytes"]), size(memory["most_bytes"])
    lines = [
        f"state        {asked['state']}, for {_lasted(time.time() - running.started)}",
        f"address      {' '.join(printable(one) for one in running.addresses)}",
    ]
    if running.unix:
        lines.append(f"socket       {printable(running.unix)}")
    if running.fingerprint:
        lines.append(f"fingerprint  {running.fingerprint}")
    lines += [
        f"front end    held by {', '.join(asked['locks']) or 'nothing'}",
        f"workers      {_workers(back)}",
        f"queue        {queue['waiting']} of {queue['most_waiting']} waiting,"
        f" {queue['working']} of {queue['slots']} worked on",
        f"memory       {held} of {most}; {memory['uploads']} uploads, {memory['results']} results",
    ]
    for what, codes in asked["calls"].items():
        ends = ", ".join(f"{count} {code}" for code, count in codes.items())
        lines.append(f"  {printable(what):<12} {printable(ends)}")
    return lines


def _workers(back: dict[str, Any] | None) -> str:
    if back is None:
        return "being made anew"
    level = f"level {back['level']}" if back["level"] is not None else "all at work"
    pools = counted(back["pools"], "pool")
    return f"{level}, {back['required_level']} at least; {pools} ready"


def _lasted(seconds: float) -> str:
    if seconds < MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min"
    if seconds < DAY_S:
        return f"{seconds / HOUR_S:.1f} h"
    return f"{seconds / DAY_S:.1f} days"
