"""A server looked at from outside: what it lets out, which TLS it speaks, what it says; a report
tells when it is otherwise.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.serving import COMMAND, serving
from safelight.errors import SafelightError, SomethingMissing, Unavailable
from safelight.proof import besides
from safelight.proof.remanence.canary import Mark
from safelight.proof.remanence.search import Found
from safelight.proof.remanence.watched import Ground
from safelight.proof.serving import versions
from safelight.proof.serving.course import Course
from safelight.proof.serving.looking import (
    Means,
    Met,
    Outward,
    ServerReport,
    look_at_own,
    look_at_running,
)
from safelight.proof.serving.served import Ready, Served
from safelight.proof.serving.talk import Answer, Talk
from safelight.proof.serving.versions import Versions, certificate, is_accepted, versions_of
from safelight.proof.serving.ways import WAYS, Shot, Way
from safelight.server import logline, unlocked

pytestmark = pytest.mark.opens_sockets("asks a server of its own on the loopback")
MEANS = Means(COMMAND, unlocked.attempts, logline.fit)
REPORT = ServerReport(
    "server",
    Outward(("tcp-connect", "start"), (), ("tcp-connect",), (14, 14)),
    Versions(("1.3",), ("1.0", "1.2", "1.3")),
    8,
    (),
    Found(),
    9,
    0,
)


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Path, Path]]:
    with tempfile.TemporaryDirectory(prefix="chain-") as name:
        yield certificate(Path(name))


@pytest.fixture(scope="module")
def shut(chain: tuple[Path, Path]) -> Iterator[Served]:
    """A server that speaks TLS with a certificate that its user brought."""
    words = ("--certificate", str(chain[0]), "--key", str(chain[1]))
    with (
        tempfile.TemporaryDirectory(prefix="shut-") as name,
        serving(Path(name), *words) as served,
    ):
        yield served


def test_an_own_server_is_looked_at_from_all_sides() -> None:
    with tempfile.TemporaryDirectory(prefix="own-") as name:
        report = look_at_own(Path(name), MEANS)
        assert list(Path(name).iterdir()) == []
    assert report.is_ok, [*report.lines()]
    assert report.lines_told
    assert len(report.outward.control) > 90
    assert report.outward.worker[0] == report.outward.worker[1] > 10
    assert json.loads(json.dumps(report.document()))["tls"]["accepted"] == ["1.3"]


def test_a_server_that_runs_is_looked_at_with_a_few_pictures(
    shut: Served, chain: tuple[Path, Path]
) -> None:
    talk = Talk(shut.ready.url, shut.token, authority=chain[0].read_text())
    folder = shut.ground.part("state")
    report = look_at_running(Met(folder, shut.pid, talk, shut.port), MEANS)
    assert report.is_ok, [*report.lines()]
    assert (report.name, report.lines_told) == ("running", None)
    without = look_at_running(Met(folder, shut.pid, Talk(shut.socket, shut.token), None), MEANS)
    assert without.versions is None
    assert without.document()["tls"] is None


def test_another_authority_is_not_believed(shut: Served, tmp_path: Path) -> None:
    other = certificate(tmp_path)[0].read_text()
    with pytest.raises(Unavailable):
        Talk(shut.ready.url, shut.token, authority=other).ask("GET", "/api/v1/health/live")


def test_it_speaks_tls_1_3_alone(shut: Served) -> None:
    found = versions_of(shut.port)
    assert found.accepted == ("1.3",)
    assert {"1.2", "1.3"} <= set(found.control)
    assert found.is_ok
    assert "1.2 refused, which a control accepts" in found.sentence


def test_control_a_server_that_speaks_older_versions_is_told() -> None:
    with versions._open_to_all() as port:
        found = versions_of(port)
    assert "1.2" in found.accepted
    assert not found.is_ok
    assert "nothing refused" in found.sentence


def test_where_nothing_listens_no_version_is_told(unused_port: int) -> None:
    with pytest.raises(SafelightError, match="nothing listens"):
        is_accepted(unused_port, "1.3")


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


LEFT = Found({"memory": Counter(body=2)}, closed=1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outward": Outward(("start",), ("start",), ("start",), (1, 1))}, "GOT OUT    start"),
        ({"outward": Outward(("start",), (), (), (1, 1))}, "0 get through unlocked"),
        ({"versions": Versions(("1.2", "1.3"), ("1.2", "1.3"))}, "nothing refused"),
        ({"wrong": ("raw: failed in place of done",)}, "FAILED     raw"),
        ({"found": LEFT}, "FOUND      2 in memory"),
        ({"lines_told": 0}, "0 lines of its log"),
        ({"strange": 1}, "1 with more than"),
    ],
)
def test_whatever_is_not_as_claimed_is_no_proof(change: dict[str, object], words: str) -> None:
    assert REPORT.is_ok
    worse = replace(REPORT, **change)  # type: ignore[arg-type]
    text = "\n".join(worse.lines())
    assert not worse.is_ok
    assert "FAILED" in text
    assert words in text
    assert max(map(len, text.splitlines())) <= 100
    assert not besides.Besides(server=worse).is_ok


def test_prove_tells_of_the_server_or_why_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> ServerReport:
        raise SomethingMissing("no server can be started here")

    found = besides.Besides(server=REPORT)
    assert any(line.startswith("server ") for line in found.lines())
    assert found.document()["server"] == REPORT.document()
    untold: list[str] = []
    with besides._telling("what a server lets out", untold, []):
        none()
    assert untold == ["what a server lets out: no server can be started here"]


@pytest.mark.parametrize("line", ["", "no JSON\n", '{"type": "problem"}\n', '{"type": "ready"}\n'])
def test_a_program_that_does_not_become_ready_is_no_server(tmp_path: Path, line: str) -> None:
    command = (sys.executable, "-c", f"print({line!r}, end='')")
    with pytest.raises(SafelightError, match="did not become ready"):
        Served(command, Ground.made(tmp_path))


def test_what_it_says_when_it_is_ready_is_read() -> None:
    ready = Ready.from_line('{"type": "ready", "url": "http://x:1", "fingerprint": null}')
    assert (ready.url, ready.link, ready.fingerprint) == ("http://x:1", "", "")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(204, {}, b""), "done"),
        (Answer(422, {}, b'{"code": "container-broken"}'), "container-broken"),
        (Answer(502, {}, b"<html>"), "502"),
        (Answer(500, {}, b"[]"), "500"),
    ],
)
def test_an_answer_has_the_code_of_its_problem(answer: Answer, code: str) -> None:
    assert answer.code == code


def test_where_nobody_answers_every_question_says_so(tmp_path: Path) -> None:
    talk = Talk(str(tmp_path / "nothing"), "")
    with pytest.raises(Unavailable):
        talk.ask("GET", "/")
    with pytest.raises(Unavailable):
        talk.break_off("/", b"x", 2)
    with pytest.raises(Unavailable):
        talk.read_some("GET", "/", b"")


def test_a_course_tells_what_ended_otherwise(tmp_path: Path) -> None:
    def odd(_talk: Talk, _shot: Shot) -> str:
        raise KeyError("asset")

    course = Course(Talk(str(tmp_path / "nothing"), ""), Mark())
    course.run(WAYS[0])
    course.run(Way("odd", odd))
    assert course.wrong == [
        "raw: unavailable in place of done",
        "odd: an answer that nobody expects in place of done",
    ]
