"""Receipts: handed out again by their identifier, and verified with or without the result."""

from __future__ import annotations

from contextlib import closing
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from safelight.audit.dsse import MAX_ENVELOPE_BYTES
from safelight.errors import InputMissing, UsageError, VaultLocked
from safelight.server.blob import Blob, Intake
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.body.reading import FORM, Expected, media_type, read_body, read_json

EXPECTED = Expected({"receipt": 1, "file": 1})
PARTS = {
    "receipt": "the receipt, as it was handed out",
    "file": "the result that it is about, to be compared",
}


class Signature(BaseModel):
    """One signature of an envelope."""

    model_config = ConfigDict(extra="allow")

    keyid: str
    sig: str = Field(description="base64")


class Envelope(BaseModel):
    """A receipt: an in-toto statement in a DSSE envelope. Its bytes are what was signed for:
    keep them as they are.
    """

    model_config = ConfigDict(extra="allow")

    payload: str = Field(description="base64 of the statement")
    payloadType: str
    signatures: list[Signature]


class VerifiedLine(BaseModel):
    """One of the answers; unknown: it cannot be told here, which is no sign of tampering."""

    name: Literal["signature", "chain", "output", "models", "schema", "time"]
    state: Literal["ok", "failed", "unknown"]
    sentence: str


class Verification(BaseModel):
    """What was found about a receipt, and what cannot be proved by it. failed: something is not as
    it was signed. entry: its place in the journal.
    """

    failed: bool
    hint: str
    receipt: str | None
    entry: int | None
    lines: list[VerifiedLine]
    limits: list[str]


async def show(call: Call) -> Response:
    facts = {"id": call.request.path_params["id"][:200]}
    found = await call.house.back.ask("receipt", facts)
    return Response(found["envelope"].encode(), media_type="application/json")


async def verify(call: Call) -> Response:
    if media_type(call.request) == FORM:
        return await _verify_form(call)
    with closing(_held(await read_json(call.request, MAX_ENVELOPE_BYTES))) as receipt:
        return await _verified(call, receipt, {})


async def _verify_form(call: Call) -> Response:
    house = call.house
    with await read_body(call.request, house.memory, house.options.max_bytes, EXPECTED) as body:
        receipts, files = body.blobs.get("receipt", []), body.blobs.get("file", [])
        if not receipts:
            raise UsageError("the form has no part receipt", hint="-F receipt=@NAME.receipt.json")
        if receipts[0].size_bytes > MAX_ENVELOPE_BYTES:
            raise UsageError("the part receipt is too large for a receipt")
        facts = {"sha256": one.sha256, "bytes": one.size_bytes} if (one := _first(files)) else {}
        return await _verified(call, receipts[0], facts)


async def _verified(call: Call, receipt: Blob, facts: dict[str, Any]) -> Response:
    return JSONResponse(await call.house.back.ask("receipts_verify", facts, (receipt,)))


def _first(blobs: list[Blob]) -> Blob | None:
    return next(iter(blobs), None)


def _held(data: bytes) -> Blob:
    if not data:
        raise UsageError("the request carries no receipt", hint="send its bytes as the body")
    intake = Intake(len(data))
    intake.write(data)
    return intake.finish()


endpoints = (
    Endpoint(
        "GET", "/receipts/{id}", show, "A receipt, as it was signed",
        tag="receipts", answer=Envelope, errors=(InputMissing,),
    ),
    Endpoint(
        "POST", "/receipts/verify", verify, "Whether a receipt holds, and is about this file",
        tag="receipts", body=Envelope, parts=PARTS, answer=Verification, errors=(VaultLocked,),
    ),
)  # fmt: skip
