"""Pages: text of others stays text, and what was signed cannot be changed by a byte."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.audit import dsse
from safelight.audit.canonical import canonical
from safelight.errors import VerificationFailed
from safelight.proof.reports import signed
from safelight.proof.reports.html import html
from safelight.proof.reports.markdown import markdown
from safelight.proof.reports.page import (
    LONGEST,
    Accepted,
    Ask,
    Finding,
    Page,
    Section,
    Table,
    fact,
)
from safelight.vault.keys import Signer, fingerprint_of, load_or_make
from tests.proof.markup import parsed

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "page-v1"
HOSTILE = '<script>alert(1)</script>\u202e\x1b[31m & "quoted" | *star* `tick`'


def hostile() -> Page:
    note = Accepted(reason=HOSTILE, owner=HOSTILE, since="2026-11-21", until="2026-12-31")
    finding = Finding(
        id="x", severity="high", words=HOSTILE, evidence=HOSTILE, fix=f"`{HOSTILE}` or `a`",
        accepted=note, is_due=True,
    )  # fmt: skip
    section = Section(
        title=HOSTILE,
        text=(HOSTILE,),
        facts=(fact(HOSTILE, HOSTILE, "observed"),),
        findings=(finding, finding.model_copy(update={"accepted": None, "fix": ""})),
        tables=(
            Table(title=HOSTILE, headings=(HOSTILE, "b"), rows=((HOSTILE, "c"),)),
            Table(title="empty", headings=("a",), rows=()),
        ),
        asks=(Ask(name=HOSTILE, hint=HOSTILE), Ask(name="b")),
    )
    return Page(
        kind="custody",
        title=HOSTILE,
        made="2026-11-21T18:00:00Z",
        version="1",
        intro=(HOSTILE,),
        sections=(section,),
        limits=(HOSTILE,),
    )


def test_text_of_others_stays_text() -> None:
    page = html(hostile())
    parsed(page)
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page
    written = markdown(hostile())
    assert "\\<script\\>" in written
    assert "\x1b" not in written
    rows = [line for line in written.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {3, 4}


def test_what_is_too_long_is_cut_where_all_see_it(signer: Signer) -> None:
    long = fact("parameters", "1," * 3_000, "recorded")
    assert (len(long.value), long.value[-1]) == (LONGEST, "…")
    page = hostile().model_copy(update={"sections": (Section(title="a", facts=(long,)),)})
    made = signed.sign(page, signer)
    assert signed.read(signed.as_html(made).encode()).page == made.page


def test_control_a_page_that_could_act_is_seen() -> None:
    for planted in ("<script></script>", '<img src="x">', '<p onclick="x"></p>', "<p>"):
        with pytest.raises(AssertionError):
            parsed(html(hostile()).replace("</header>", f"{planted}</header>"))


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return load_or_make(tmp_path_factory.mktemp("desk") / "keys").receipts


@pytest.fixture(scope="module")
def page_of_ours(signer: Signer) -> signed.Signed:
    return signed.sign(hostile(), signer)


def test_a_signed_page_reads_the_same_from_both_forms(page_of_ours: signed.Signed) -> None:
    for data in (page_of_ours.envelope, signed.as_html(page_of_ours).encode()):
        found = signed.read(data)
        assert found.page == page_of_ours.page
        assert found.fingerprint == page_of_ours.fingerprint
    assert page_of_ours.fingerprint in signed.as_html(page_of_ours)


def test_another_implementation_of_envelopes_accepts_it(page_of_ours: signed.Signed) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer._key import SSlibKey

    key = page_of_ours.page.key
    assert key is not None
    public = {"public": base64.b64decode(key.public).hex()}
    theirs = SSlibKey(key.fingerprint, "ed25519", "ed25519", public)
    assert Envelope.from_dict(json.loads(page_of_ours.envelope)).verify([theirs], 1)
    document = json.loads(page_of_ours.envelope)
    document["payload"] = base64.b64encode(b"{}").decode()
    with pytest.raises(VerificationError):
        Envelope.from_dict(document).verify([theirs], 1)


def test_a_changed_byte_anywhere_is_seen(page_of_ours: signed.Signed) -> None:
    for whole in (page_of_ours.envelope, signed.as_html(page_of_ours).encode()):
        for at in range(0, len(whole), max(1, len(whole) // 150)):
            data = bytearray(whole)
            data[at] ^= 1
            with pytest.raises(VerificationFailed):
                signed.read(bytes(data))


BAD: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _data: b"",
    "a page without an envelope": lambda _data: b"<html></html>",
    "a page with an empty envelope": lambda _data: b'<pre class="envelope"></pre>',
    "an envelope that was cut": lambda data: data[:-40],
    "bytes behind it": lambda data: data + b" ",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_signed_page_is_refused(page_of_ours: signed.Signed, name: str) -> None:
    with pytest.raises(VerificationFailed):
        signed.read(BAD[name](page_of_ours.envelope))


def test_an_envelope_of_another_kind_is_no_report(signer: Signer) -> None:
    for payload, type in ((b"{}", "text/plain"), (b"{}", signed.TYPE)):
        with pytest.raises(VerificationFailed, match="report"):
            signed.read(dsse.sign(payload, signer, type))
    unsigned = canonical(hostile().model_dump(mode="json"))
    with pytest.raises(VerificationFailed, match="contradicts"):
        signed.read(dsse.sign(unsigned, signer, signed.TYPE))


EXPECTED = json.loads((VECTORS / "expected.json").read_text())


@pytest.mark.parametrize("name", sorted(EXPECTED["vectors"]))
def test_vector(name: str) -> None:
    data, how = (VECTORS / name).read_bytes(), EXPECTED["vectors"][name]
    if how == "ok":
        found = signed.read(data, is_for_anew=True)
        assert found.fingerprint == fingerprint_of(bytes.fromhex(EXPECTED["public_key"]))
        drawn = signed.as_html(found).encode()
        assert signed.read(drawn).page == found.page
        return
    with pytest.raises(VerificationFailed, match=how):
        signed.read(data, is_for_anew=True)


def test_a_page_that_was_drawn_in_another_way_can_be_drawn_anew(signer: Signer) -> None:
    whole = signed.as_html(signed.sign(hostile(), signer))
    other = whole.replace("--ink: #000", "--ink: #001").encode()
    assert other != whole.encode()
    with pytest.raises(VerificationFailed, match="another version"):
        signed.read(other)
    found = signed.read(other, is_for_anew=True)
    assert signed.as_html(found) == whole
    assert not found.is_shown
    assert signed.read(whole.encode(), is_for_anew=True).is_shown
