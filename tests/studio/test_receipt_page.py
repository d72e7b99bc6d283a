"""Receipts checked in the page: every vector as the engine reads it, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from bench.browsing import Watch
from tests.audit.making import fixed_keys
from tests.studio.browsing import drop, open_tool
from tests.studio.in_node import called

pytestmark = pytest.mark.comes_again

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
FORMS = ("receipt-v1", "receipt-v2")
KEY = fixed_keys().receipts.fingerprint
OUTPUT = b"pixels"
SOUND = (VECTORS / "receipt-v2" / "whole.receipt.json").read_bytes()


def checked(receipts: list[bytes], **given: Any) -> list[dict[str, Any]]:
    return called("receipts", [("check", (receipt, given)) for receipt in receipts])


def states(check: dict[str, Any]) -> dict[str, str]:
    return {line["name"]: line["state"] for line in check["lines"]}


def flipped(data: bytes, position: int) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("form", FORMS)
def test_every_vector_is_read_as_the_engine_reads_it(form: str) -> None:
    wanted = json.loads((VECTORS / form / "expected.json").read_text())["vectors"]
    names = sorted(wanted)
    receipts = [(VECTORS / form / name).read_bytes() for name in names]
    for name, check in zip(names, checked(receipts, key=KEY, output=OUTPUT), strict=True):
        told = states(check)
        assert {line: told[line] for line in wanted[name]} == wanted[name], name
        is_sound = "failed" not in wanted[name].values()
        assert (check["fault"] is None) is is_sound, name
        assert (check["said"] is None) is (wanted[name]["schema"] != "ok"), name


def test_one_byte_is_enough_to_be_noticed_and_named() -> None:
    changed = [flipped(SOUND, position) for position in range(0, len(SOUND), 173)]
    assert {check["fault"] for check in checked(changed, key=KEY, output=OUTPUT)} == {"receipt"}
    assert checked([SOUND], key=KEY, output=flipped(OUTPUT, 3))[0]["fault"] == "output"
    other = fixed_keys(5).receipts.fingerprint
    assert checked([SOUND], key=other, output=OUTPUT)[0]["fault"] == "key"
    assert checked([SOUND], key=KEY, proof=b"c2sp.org/tlog-proof@v1\n")[0]["fault"] == "proof"


def test_control_the_sound_one_holds_and_says_what_was_done() -> None:
    (check,) = checked([SOUND], key=KEY, output=OUTPUT)
    codes = [line["code"] for line in check["lines"]]
    assert codes == ["signed", "form_known", "chain_unasked", "same_file"]
    assert (check["fault"], check["signer"]) == (None, KEY)
    assert check["said"]["verbs"] == ["redact"]
    assert checked([SOUND])[0]["lines"][0]["code"] == "no_key"


def test_the_page_names_what_was_changed(page: Page, frame: Frame, watch: Watch) -> None:
    asked = len(watch.asked)
    open_tool(page, "receipt")
    verdict = frame.locator("[data-verdict]")
    drop(frame, [("a.receipt.json", SOUND), ("out.png", OUTPUT)])
    expect(verdict).to_contain_text("something is still open")
    key = frame.get_by_label("Fingerprint of the key")
    key.fill("not a key")
    expect(frame.get_by_text("This is no Ed25519 public key")).to_be_visible()
    key.fill(KEY)
    expect(verdict).to_have_attribute("data-verdict", "good")
    expect(frame.locator("[data-line=signature]")).to_contain_text("holds")
    drop(frame, [("out.png", flipped(OUTPUT, 0))])
    expect(verdict).to_have_attribute("data-verdict", "output")
    drop(frame, [("out.png", OUTPUT), ("a.receipt.json", flipped(SOUND, 400))])
    expect(verdict).to_have_attribute("data-verdict", "receipt")
    drop(frame, [("a.receipt.json", SOUND), ("b.pem", fixed_keys(5).receipts.public_pem)])
    expect(verdict).to_have_attribute("data-verdict", "key")
    drop(frame, [("c.pem", fixed_keys().receipts.public_pem)])
    expect(verdict).to_have_attribute("data-verdict", "info")  # it may have come with the receipt
    frame.get_by_label("I compared the fingerprint by another way").check()
    expect(verdict).to_have_attribute("data-verdict", "good")
    assert list(watch.after(asked)) == []
