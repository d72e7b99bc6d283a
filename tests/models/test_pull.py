"""A pull brings the pinned bytes or nothing, whatever the host does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.errors import PolicyRefused, SafelightError, Unavailable, UsageError
from safelight.errors import VerificationFailed as Wrong
from safelight.models import pull
from safelight.models.hosts import Address, allowed
from safelight.models.pull import Proxy, Way, fetch, proxy_for
from safelight.models.staging import Staged, Wanted
from tests.models.hosting import ELSEWHERE, HOST, Host, Play, hosted, surroundings

pytestmark = pytest.mark.opens_sockets("a host on the loopback stands in for the internet")

DATA = bytes(range(256)) * 20
PLACE = "/model.onnx"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with hosted(tmp_path_factory.mktemp("host"), (HOST, ELSEWHERE, *github())) as host:
        yield host


@pytest.fixture
def host(running: Host, monkeypatch: pytest.MonkeyPatch) -> Host:
    for one in (running.asked, running.connected, running.plays, running.signs):
        one.clear()
    running.files = {PLACE: DATA}
    for name, value in surroundings(running).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(pull, "PAUSE_S", 0.0)
    return running


def github() -> tuple[str, str]:
    """A host of the table, and one that it may hand on to."""
    return "github.com", sorted(allowed("github.com") - {"github.com"})[0]


def wanted(url: str = f"https://{HOST}{PLACE}") -> Wanted:
    return Wanted("model.onnx", hashlib.sha256(DATA).hexdigest(), len(DATA), url)


def fetched(folder: Path, host: Host, *plays: Play, stall_s: float = 5.0) -> Staged:
    host.plays += plays
    staged = Staged(folder, wanted())
    fetch(staged, Way(stall_s))
    return staged


def test_a_file_comes_whole(tmp_path: Path, host: Host) -> None:
    told: list[int] = []
    hosts: list[str] = []
    staged = Staged(tmp_path, wanted())
    fetch(staged, Way(5, hosts.append, told.append))
    assert staged.path.read_bytes() == DATA
    assert hosts == host.connected == [HOST]
    assert told[-1] == len(DATA)
    assert told == sorted(told)


def test_nothing_is_said_about_who_asks(tmp_path: Path, host: Host) -> None:
    fetched(tmp_path, host)
    assert host.asked[0].headers == {
        "host": HOST,
        "user-agent": "safelight",
        "accept-encoding": "identity",
        "connection": "close",
    }


def test_what_is_here_is_not_asked_for(tmp_path: Path, host: Host) -> None:
    fetched(tmp_path, host)
    fetched(tmp_path, host)
    assert len(host.asked) == 1


@pytest.mark.parametrize("cut", [0, 1, 511, 2_560, len(DATA) - 1])
def test_a_file_that_breaks_off_anywhere_goes_on_there(
    tmp_path: Path, host: Host, cut: int
) -> None:
    staged = fetched(tmp_path, host, Play(cut=cut))
    assert staged.path.read_bytes() == DATA
    assert host.ranges == ["", f"bytes={cut}-" if cut else ""]
    assert host.asked[1].headers.get("if-range", "") == ('"one"' if cut else "")


def test_every_byte_may_be_the_last_before_it_breaks_off(tmp_path: Path, host: Host) -> None:
    """Interrupted at any byte: what is there is the beginning of the file, and the rest follows."""
    for have in range(0, len(DATA), 251):
        staged = Staged(tmp_path / str(have), wanted())
        staged.start('"one"')
        staged.path.parent.mkdir(exist_ok=True)
        staged.path.write_bytes(DATA[:have])
        fetch(staged, Way(5))
        assert staged.path.read_bytes() == DATA
    assert set(host.ranges[1:]) == {f"bytes={have}-" for have in range(251, len(DATA), 251)}


def test_a_file_that_comes_in_many_pieces_is_put_together(tmp_path: Path, host: Host) -> None:
    staged = fetched(tmp_path, host, *[Play(cut=500)] * 10)
    assert staged.path.read_bytes() == DATA
    assert len(host.asked) == 11


def test_one_that_brings_nothing_again_and_again_is_given_up(tmp_path: Path, host: Host) -> None:
    with pytest.raises(Unavailable, match=r"it broke off \(0 of 5120 bytes are here\)"):
        fetched(tmp_path, host, *[Play(cut=0)] * 9)
    assert len(host.asked) == 3


def test_one_that_brings_a_byte_at_a_time_is_given_up_at_last(tmp_path: Path, host: Host) -> None:
    with pytest.raises(Unavailable, match="again and again"):
        fetched(tmp_path, host, *[Play(cut=1)] * 99)
    assert Staged(tmp_path, wanted()).have == pull.MOST_TRIES


def test_one_that_stalls_is_asked_anew(tmp_path: Path, host: Host) -> None:
    staged = fetched(tmp_path, host, Play(stall=1_000), stall_s=0.3)
    assert staged.path.read_bytes() == DATA
    assert host.ranges == ["", "bytes=1000-"]


def test_one_that_stalls_for_good_is_told_so(tmp_path: Path, host: Host) -> None:
    with pytest.raises(Unavailable, match=r"it stalled \(1000 of 5120") as caught:
        fetched(tmp_path, host, Play(stall=1_000), *[Play(stall=0)] * 3, stall_s=0.1)
    assert "goes on where this one ended" in caught.value.hint


def test_a_trickle_is_a_stall(tmp_path: Path, host: Host) -> None:
    staged = fetched(tmp_path, host, Play(trickle=0.05), stall_s=0.3)
    assert staged.path.read_bytes() == DATA
    assert len(host.asked) == 2


def test_a_host_that_says_a_letter_now_and_then_is_cut_off(tmp_path: Path, host: Host) -> None:
    staged = fetched(tmp_path, host, Play(late=0.05), stall_s=0.4)
    assert staged.path.read_bytes() == DATA
    assert len(host.asked) == 2


def test_a_host_that_never_ends_what_follows_the_file_is_cut_off(
    tmp_path: Path, host: Host
) -> None:
    """Behind the last chunk there may be further lines: as many as the host likes."""
    head = b"HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"%x\r\n%b\r\n0\r\n" % (len(DATA), DATA)
    host.plays.append(Play(raw=head + body, endless=b"x: y\r\n"))
    staged = fetched(tmp_path, host, stall_s=0.2)
    assert staged.path.read_bytes() == DATA
    assert len(host.asked) == 1


def test_a_host_that_never_says_how_long_a_chunk_is_is_cut_off(tmp_path: Path, host: Host) -> None:
    head = b"HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\n10"
    staged = fetched(tmp_path, host, Play(raw=head, endless=b";x"), stall_s=0.2)
    assert staged.path.read_bytes() == DATA


def test_what_a_host_says_in_place_of_an_answer_is_told_short(tmp_path: Path, host: Host) -> None:
    with pytest.raises(Unavailable) as caught:
        fetched(tmp_path, host, *[Play(raw=b"x" * 60_000 + b"\r\n\r\n")] * 3)
    assert len(caught.value.message) < 300


def test_a_file_in_chunks_is_put_together(tmp_path: Path, host: Host) -> None:
    staged = fetched(
        tmp_path, host, Play(chunked=True, length="", cut=3_000), Play(chunked=True, length="")
    )
    assert staged.path.read_bytes() == DATA


@pytest.mark.parametrize("raw", [b"", b"HTTP/9.9 what\r\n\r\n", b"\0" * 99, b"SSH-2.0-x\r\n"])
def test_what_speaks_no_http_is_unavailable(tmp_path: Path, host: Host, raw: bytes) -> None:
    with pytest.raises(Unavailable, match="does not come"):
        fetched(tmp_path, host, *[Play(raw=raw or b"\r\n")] * 9)
    assert len(host.asked) == 3


def test_a_busy_host_is_asked_again(tmp_path: Path, host: Host) -> None:
    assert fetched(tmp_path, host, Play(status=503), Play(status=429)).have == len(DATA)


WRONG: dict[str, tuple[Play, str]] = {
    "a flipped byte": (Play(flip=2_000), "not the file that is pinned"),
    "a length too large": (Play(length="5121", extra=b"x"), "5121 bytes where 5120 are pinned"),
    "a length too small": (Play(length="5119"), "5119 bytes where 5120 are pinned"),
    "more than it says": (Play(length="", extra=b"more"), "more than the 5120 bytes"),
    "a part unasked": (Play(span="bytes 0-5119/5120"), "answers 206"),
    "another encoding": (Play(headers=("Content-Encoding: gzip",)), "another encoding"),
}


@pytest.mark.parametrize("name", WRONG)
def test_another_file_than_the_pinned_one_leaves_nothing(
    tmp_path: Path, host: Host, name: str
) -> None:
    play, sentence = WRONG[name]
    with pytest.raises((Wrong, Unavailable), match=sentence):
        fetched(tmp_path, host, play)
    assert Staged(tmp_path, wanted()).have == 0
    assert fetched(tmp_path, host).path.read_bytes() == DATA


@pytest.mark.parametrize(
    "span", ["bytes 999-5119/5120", "bytes 1000-5119/9999", "bytes 1000-5000/5120", "junk", ""]
)
def test_another_part_than_was_asked_for_is_refused(tmp_path: Path, host: Host, span: str) -> None:
    with pytest.raises(Wrong, match="another part"):
        fetched(tmp_path, host, Play(cut=1_000), Play(span=span))
    assert Staged(tmp_path, wanted()).path.read_bytes() == DATA[:1_000]


def test_a_flipped_byte_in_the_second_part_leaves_nothing(tmp_path: Path, host: Host) -> None:
    with pytest.raises(Wrong, match="not the file"):
        fetched(tmp_path, host, Play(cut=1_000), Play(flip=4_000))
    assert not list(tmp_path.iterdir())


def test_a_host_that_ignores_the_range_gives_the_file_anew(tmp_path: Path, host: Host) -> None:
    staged = fetched(tmp_path, host, Play(cut=1_000), Play(whole=True))
    assert staged.path.read_bytes() == DATA
    assert len(host.asked) == 2


def test_a_file_that_changed_meanwhile_begins_anew(tmp_path: Path, host: Host) -> None:
    staged = fetched(tmp_path, host, Play(cut=1_000, tag='"old"'), Play(tag='"new"'))
    assert staged.path.read_bytes() == DATA
    assert host.asked[1].headers["if-range"] == '"old"'


def test_a_part_of_a_file_of_another_name_is_thrown_away(tmp_path: Path, host: Host) -> None:
    partial = Play(span=f"bytes 1000-5119/{len(DATA)}", tag='"other"', length="4120")
    staged = fetched(tmp_path, host, Play(cut=1_000), partial)
    assert staged.path.read_bytes() == DATA
    assert host.ranges == ["", "bytes=1000-", ""]


def test_a_weak_name_tells_nothing(tmp_path: Path, host: Host) -> None:
    fetched(tmp_path, host, Play(cut=1_000, tag='W/"one"'))
    assert "if-range" not in host.asked[1].headers


def test_what_the_host_has_no_part_of_begins_anew(tmp_path: Path, host: Host) -> None:
    staged = fetched(tmp_path, host, Play(cut=1_000), Play(status=416))
    assert staged.path.read_bytes() == DATA
    assert host.ranges == ["", "bytes=1000-", ""]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 204, 501])
def test_a_host_without_the_file_is_told_at_once(tmp_path: Path, host: Host, status: int) -> None:
    with pytest.raises(Unavailable, match=f"answers {status}"):
        fetched(tmp_path, host, Play(status=status))
    assert len(host.asked) == 1


def test_a_way_within_the_table_is_followed(tmp_path: Path, host: Host) -> None:
    first, second = github()
    host.files["/signed?x=1"] = DATA
    staged = Staged(tmp_path, wanted(f"https://{first}{PLACE}"))
    host.plays += [Play(status=302, location=f"https://{second}/signed?x=1"), Play(cut=100)]
    host.plays += [Play(status=307, location=f"//{second}/signed?x=1")]
    fetch(staged, Way(5))
    assert staged.path.read_bytes() == DATA
    assert host.connected == [first, second, first, second]
    assert host.ranges[-1] == "bytes=100-"


def test_a_way_to_the_same_host_is_followed(tmp_path: Path, host: Host) -> None:
    host.files["/b"] = DATA
    assert fetched(tmp_path, host, Play(status=301, location="/b")).have == len(DATA)


ELSE = {
    "another host": (f"https://{ELSEWHERE}/model.onnx", "which the catalogue does not allow"),
    "a host that ends alike": (f"https://not{HOST}/m", "does not allow"),
    "a plain connection": (f"http://{HOST}/model.onnx", "not https"),
    "a file": ("file:///etc/passwd", "not https"),
    "a name and a password": (f"https://a:b@{HOST}/m", "no.* plain one"),
    "no port": (f"https://{HOST}:99999/m", "no address"),
    "another port": (f"https://{HOST}:22/m", "another port"),
    "a broken address": ("https://[/", "no address"),
    "nowhere": ("", "without saying where"),
}


@pytest.mark.parametrize("name", ELSE)
def test_a_way_elsewhere_is_not_taken(tmp_path: Path, host: Host, name: str) -> None:
    place, sentence = ELSE[name]
    with pytest.raises(PolicyRefused, match=sentence):
        fetched(tmp_path, host, Play(status=302, location=place))
    assert host.connected == [HOST]


def test_control_the_refused_host_would_have_given_the_file(tmp_path: Path, host: Host) -> None:
    staged = Staged(tmp_path, wanted(f"https://{ELSEWHERE}{PLACE}"))
    fetch(staged, Way(5))
    assert host.connected == [ELSEWHERE]


def test_a_circle_ends(tmp_path: Path, host: Host) -> None:
    with pytest.raises(Unavailable, match="without end"):
        fetched(tmp_path, host, *[Play(status=302, location=PLACE)] * 9)


def test_a_certificate_of_nobody_ends_it_before_a_word(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hosted(tmp_path / "other") as other:
        monkeypatch.setenv("SSL_CERT_FILE", str(other.authority))
        with pytest.raises(Wrong, match="certificate"):
            fetched(tmp_path, host)
    assert host.asked == []


def test_a_certificate_of_another_name_does_not_hold(tmp_path: Path, host: Host) -> None:
    staged = Staged(tmp_path, wanted(f"https://stranger.example{PLACE}"))
    with pytest.raises(Wrong, match=r"stranger\.example"):
        fetch(staged, Way(5))
    assert host.asked == []


def test_a_proxy_that_is_not_there_is_unavailable(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match=r"^the file does not come: Connection refused \("):
        fetched(tmp_path, host)


def test_a_proxy_gets_the_name_that_it_asks_for(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", host.proxy.replace("//", "//anna:p%40ss@"))
    fetched(tmp_path, host)
    assert host.signs == ["Basic YW5uYTpwQHNz"]
    assert "proxy-authorization" not in host.asked[0].headers


def test_proxies_are_named_as_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "near.example")
    assert proxy_for(HOST) == Proxy("proxy.example", 3128)
    assert proxy_for("near.example") is None
    monkeypatch.setenv("HTTPS_PROXY", "")
    monkeypatch.setenv("https_proxy", "")
    assert proxy_for(HOST) is None


def test_without_a_proxy_the_way_is_straight(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "")
    connection = pull._connection(Address.of(f"https://{HOST}:8443/x"), Way(7))
    assert (connection.host, connection.port, connection.timeout) == (HOST, 8443, 7)


def test_a_proxy_with_no_name_at_all_is_unavailable(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{'a' * 99}.example:1")
    with pytest.raises(Unavailable, match="does not come"):
        fetched(tmp_path, host)


@pytest.mark.parametrize("named", ["socks5://a:1", "https://a:1", "http://a:x", "http://"])
def test_a_strange_proxy_is_refused(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", named)
    with pytest.raises(UsageError, match="HTTPS_PROXY"):
        proxy_for(HOST)


def test_a_file_too_long_is_of_no_use(tmp_path: Path, host: Host) -> None:
    staged = Staged(tmp_path, wanted())
    staged.path.write_bytes(DATA + b"x")
    fetch(staged, Way(5))
    assert host.ranges == [""]


def test_a_disk_that_is_full_is_told_and_the_rest_kept(
    tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: object, _data: bytes) -> None:
        from safelight.errors import DiskFull

        raise DiskFull

    monkeypatch.setattr(pull, "written", full)
    with pytest.raises(SafelightError, match="space"):
        fetched(tmp_path, host)
    assert len(host.asked) == 1
