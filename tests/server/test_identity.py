"""Who may ask: the register, its secrets, and what the door makes of a request."""

from __future__ import annotations

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.requests import Request

from safelight.errors import (
    CallerUnknown,
    InputMissing,
    LimitExceeded,
    NotAllowed,
    OriginForeign,
    ParameterInvalid,
    PolicyRefused,
)
from safelight.server.endpoint import Who
from safelight.server.identity import register as registers
from safelight.server.identity.clerk import Clerk
from safelight.server.identity.door import Door, csrf_of
from safelight.server.identity.hosts import Hosts
from safelight.server.identity.preparing import LOCAL_FILE, new_link, prepare, register_of
from safelight.server.identity.record import named, scopes_of
from safelight.server.identity.register import FILE, Fresh, Register
from safelight.server.identity.secret import digest_of, id_of
from safelight.server.identity.wishes import NewToken


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def register(tmp_path: Path, clock: Clock) -> Register:
    return Register(tmp_path / "server" / "identity", now=clock)


def request(method: str = "GET", path: str = "/", scheme: str = "http", **headers: str) -> Request:
    named = {"host": "localhost:8443"} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    return Request({
        "type": "http", "method": method, "path": path, "query_string": b"", "scheme": scheme,
        "headers": [(name.encode(), text.encode()) for name, text in named.items()],
        "client": ("127.0.0.1", 9), "server": ("127.0.0.1", 8443),
    })  # fmt: skip


def added(register: Register, for_s: int | None = 60) -> Fresh:
    return register.add("token", "ci", ("tools",), for_s=for_s)


def test_a_secret_is_told_once_and_kept_as_its_digest(register: Register) -> None:
    fresh = added(register)
    kept = (register.folder / FILE).read_text()
    assert fresh.secret.removeprefix(f"sl_{fresh.record.id}_") not in kept
    assert digest_of(fresh.secret) in kept
    assert register.holder(fresh.secret) == fresh.record
    assert id_of(fresh.secret) == fresh.record.id
    assert "digest" not in fresh.record.shown()


def test_control_a_register_that_kept_secrets_is_seen(register: Register) -> None:
    fresh = added(register)
    document = json.loads((register.folder / FILE).read_text())
    document["records"][0]["name"] = fresh.secret
    (register.folder / FILE).write_text(json.dumps(document))
    kept = (register.folder / FILE).read_text()
    assert fresh.secret.removeprefix(f"sl_{fresh.record.id}_") in kept


def test_a_secret_that_differs_anywhere_is_nobodys(register: Register) -> None:
    secret = added(register).secret
    for place in range(len(secret)):
        other = "x" if secret[place] != "x" else "y"
        assert register.holder(secret[:place] + other + secret[place + 1 :]) is None
    assert register.holder(secret + "x") is None
    assert register.holder("") is None


def test_a_token_ends_by_itself(register: Register, clock: Clock) -> None:
    fresh, forever = added(register), added(register, None)
    clock.now += 61
    assert register.holder(fresh.secret) is None
    assert register.holder(forever.secret) is not None
    register.forget(())
    assert list(register.records()) == [forever.record.id]


def test_a_register_that_another_process_changes_is_read_anew(
    register: Register, clock: Clock
) -> None:
    fresh = added(register)
    other = Register(register.folder, now=clock)
    assert other.holder(fresh.secret) is not None
    register.remove(fresh.record.id)
    assert other.holder(fresh.secret) is None


def test_who_is_not_there_cannot_be_removed(register: Register) -> None:
    with pytest.raises(InputMissing):
        register.remove("abcdefgh")


def test_there_are_only_so_many(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registers, "MAX_RECORDS", 2)
    added(register), added(register)
    with pytest.raises(LimitExceeded):
        added(register)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"schema": 2, "records": []}', '{"schema": 1, "records": [{"id": "x"}]}',
     '{"schema": 1, "records": [1]}', "[" * 100_000, "x" * (registers.MAX_FILE_BYTES + 1)],
    ids=["empty", "bare", "list", "newer", "short", "number", "deep", "long"],
)  # fmt: skip
def test_a_register_that_is_damaged_lets_nobody_in(register: Register, text: str) -> None:
    fresh = added(register)
    (register.folder / FILE).write_text(text)
    with pytest.raises(PolicyRefused):
        register.holder(fresh.secret)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("kind", "owner"), ("scopes", ["all"]), ("digest", "00"), ("id", 1), ("name", None),
     ("created", "now"), ("expires", "never"), ("lasts_s", 1.5)],
)  # fmt: skip
def test_a_record_with_a_wrong_field_is_none(register: Register, field: str, wrong: object) -> None:
    record = added(register).record
    with pytest.raises(ValueError, match="no record"):
        type(record).from_json({**record.to_json(), field: wrong})


def test_a_register_that_others_may_read_is_refused(register: Register) -> None:
    fresh = added(register)
    os.chmod(register.folder / FILE, 0o644)
    Register(register.folder)
    with pytest.raises(PolicyRefused):
        Register(register.folder).holder(fresh.secret)


def test_a_name_is_short_and_printable() -> None:
    assert named(" Anna's phone ") == "Anna's phone"
    for wrong in ("", " ", "x" * 65, "a\nb", "\x1b[31m"):
        with pytest.raises(ParameterInvalid):
            named(wrong)


def test_scopes_are_words_that_are_known() -> None:
    assert scopes_of(["auditor", "tools", "tools"]) == ("tools", "auditor")
    for wrong in ([], ["all"], ["\x1b"]):
        with pytest.raises(ParameterInvalid):
            scopes_of(wrong)


def test_the_token_of_this_machine_stays_and_links_end_with_the_server(tmp_path: Path) -> None:
    first = prepare(tmp_path / "state")
    token = (tmp_path / "state" / "server" / LOCAL_FILE).read_text()
    link = new_link(tmp_path / "state", "http://127.0.0.1:1/").partition("?link=")[2]
    register = register_of(tmp_path / "state")
    assert register.holder(link, ["link"]) is not None
    assert prepare(tmp_path / "state") == first
    assert register.holder(link, ["link"]) is None
    assert (tmp_path / "state" / "server" / LOCAL_FILE).read_text() == token
    local = register.holder(token.strip())
    assert local is not None
    assert local.scopes == ("admin",)


def test_the_front_end_cannot_read_the_token_in_the_folder_that_it_may_read(tmp_path: Path) -> None:
    folder = Path(prepare(tmp_path / "state")["folder"])
    token = (tmp_path / "state" / "server" / LOCAL_FILE).read_bytes().strip()
    read = b"".join(path.read_bytes() for path in folder.iterdir())
    assert read
    assert token not in read


def test_a_token_that_was_revoked_is_made_anew_at_the_next_start(tmp_path: Path) -> None:
    prepare(tmp_path)
    place = tmp_path / "server" / LOCAL_FILE
    before = place.read_text()
    register_of(tmp_path).forget(["local"])
    prepare(tmp_path)
    assert place.read_text() != before


def door(register: Register) -> Door:
    return Door(register, Hosts())


def who(at: Door, given: Request) -> Who:
    return asyncio.run(at.who(given))


def test_a_program_is_known_by_either_header(register: Register) -> None:
    fresh = added(register)
    for headers in ({"authorization": f"bearer {fresh.secret}"}, {"x_api_key": fresh.secret}):
        found = who(door(register), request(**headers))
        assert (found.key, found.kind, found.is_local) == (fresh.record.id, "token", True)


@pytest.mark.parametrize("header", ["Bearer x", "Bearer", "", "Basic YTpi", "bearer sl_a_b"])
def test_a_token_that_is_none_is_told_as_that(register: Register, header: str) -> None:
    with pytest.raises(CallerUnknown):
        who(door(register), request(authorization=header))


def test_tickets_and_cookies_are_no_tokens_and_the_reverse(register: Register) -> None:
    link = register.add("link", "browser", ("admin",), for_s=60, lasts_s=60)
    with pytest.raises(CallerUnknown):
        who(door(register), request(authorization=f"Bearer {link.secret}"))
    for secret in (link.secret, added(register).secret, "x"):
        assert who(door(register), request(cookie=f"safelight={secret}")).kind == "nobody"


def test_what_changes_something_needs_the_header_besides_the_cookie(register: Register) -> None:
    link = register.add("link", "browser", ("tools",), for_s=60, lasts_s=60)
    session = register.redeem(link.secret, "link")
    assert session is not None
    cookie, csrf = f"safelight={session.secret}", csrf_of(session.secret)
    assert who(door(register), request(cookie=cookie)).kind == "session"
    for headers in ({}, {"safelight_csrf": "x"}, {"safelight_csrf": csrf.upper()}):
        with pytest.raises(OriginForeign):
            who(door(register), request("POST", cookie=cookie, **headers))
    found = who(door(register), request("POST", cookie=cookie, safelight_csrf=csrf))
    assert found.kind == "session"
    assert found.may("tools")
    assert not found.may("admin")


def test_over_tls_the_cookie_has_a_name_that_no_other_site_can_set(register: Register) -> None:
    link = register.add("link", "browser", ("tools",), for_s=60, lasts_s=60)
    session = register.redeem(link.secret, "link")
    assert session is not None
    plain, strict = f"safelight={session.secret}", f"__Host-safelight={session.secret}"
    assert who(door(register), request(scheme="https", cookie=plain)).kind == "nobody"
    assert who(door(register), request(scheme="https", cookie=strict)).kind == "session"
    assert who(door(register), request(cookie=strict)).kind == "nobody"


def test_a_cookie_that_a_page_of_another_port_makes_a_browser_send_is_nobodys(
    register: Register,
) -> None:
    link = register.add("link", "browser", ("tools",), for_s=60, lasts_s=60)
    session = register.redeem(link.secret, "link")
    assert session is not None
    cookie = f"safelight={session.secret}"
    for site in ("same-site", "cross-site"):
        assert who(door(register), request(cookie=cookie, sec_fetch_site=site)).kind == "nobody"
    assert who(door(register), request(cookie=cookie, sec_fetch_site="none")).kind == "session"


def test_a_ticket_is_redeemed_once_and_before_it_ends(register: Register, clock: Clock) -> None:
    link = register.add("link", "browser", ("admin",), for_s=60, lasts_s=600)
    assert register.redeem(link.secret, "pairing") is None
    first = register.redeem(link.secret, "link", name="mine")
    assert first is not None
    assert first.record.kind == "session"
    assert first.record.name == "mine"
    assert first.record.expires == int(clock.now) + 600
    assert register.redeem(link.secret, "link") is None
    late = register.add("link", "browser", ("admin",), for_s=60, lasts_s=600)
    clock.now += 60
    assert register.redeem(late.secret, "link") is None


def test_of_many_who_redeem_a_ticket_at_once_one_gets_in(register: Register, clock: Clock) -> None:
    link = register.add("link", "browser", ("admin",), for_s=60, lasts_s=600)
    each = [Register(register.folder, now=clock) for _ in range(8)]
    with ThreadPoolExecutor(len(each)) as pool:
        got = [*pool.map(lambda one: one.redeem(link.secret, "link"), each)]
    assert len([one for one in got if one is not None]) == 1
    assert len(register.records()) == 1


def test_nobody_who_is_added_at_once_is_lost(register: Register) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [*pool.map(lambda _number: added(register), range(24))]
    assert set(register.records()) == {fresh.record.id for fresh in made}


def test_scopes_are_required(register: Register) -> None:
    at = door(register)
    at.require(Who("nobody", frozenset()), None)
    at.require(Who("a", frozenset({"admin"}), "token"), "auditor")
    with pytest.raises(CallerUnknown):
        at.require(Who("nobody", frozenset()), "tools")
    with pytest.raises(NotAllowed) as refused:
        at.require(Who("a", frozenset({"tools"}), "token"), "auditor")
    assert refused.value.status == 403
    assert "auditor" in refused.value.hint


def test_the_clerk_believes_the_front_end_nothing(register: Register) -> None:
    clerk, plain = Clerk(register), added(register)
    admin = register.add("token", "root", ("admin",), for_s=None)
    with pytest.raises(CallerUnknown):
        clerk.create("none", NewToken(name="x"))
    with pytest.raises(NotAllowed):
        clerk.create(plain.secret, NewToken(name="x", scopes=("admin",)))
    with pytest.raises(NotAllowed):
        clerk.revoke(plain.secret, admin.record.id, ("token",))
    with pytest.raises(InputMissing):
        clerk.revoke(admin.secret, plain.record.id, ("device",))
    assert clerk.create(admin.secret, NewToken(name="x")).record.scopes == ("tools",)
    assert clerk.revoke(plain.secret, plain.record.id, ("token",)) == plain.record
