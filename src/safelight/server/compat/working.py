"""What the doors share: a picture in a field of another name, worked on as any other."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from safelight.errors import Gone, SafelightError, TimeExceeded, UsageError
from safelight.recipe import Recipe
from safelight.server.blob import PIECE_BYTES, Blob, Intake, Memory
from safelight.server.endpoint import Call
from safelight.server.front.body.digests import told
from safelight.server.front.body.sending import Parts
from safelight.server.front.jobs.holding import Source
from safelight.server.front.shelf import Kept
from safelight.server.front.working import ended

LONGEST_WAIT_S = 600.0
ROOM_WAIT_S = 20.0
BLANKS = b" \t\r\n"
# A piece that base64 does not pad.
THREES = PIECE_BYTES // 3 * 3


@dataclass(frozen=True)
class Worked:
    """A result, now the holder's to close, and what is known of it."""

    kept: Kept
    document: dict[str, Any]

    @property
    def receipt(self) -> dict[str, str]:
        name = str(self.kept.facts.get("receipt_id", ""))
        return {"Safelight-Receipt": name} if name else {}

    def response(self, headers: dict[str, str]) -> Response:
        """Its bytes; they are overwritten once they are sent."""
        blob, kept = self.kept.blob, self.kept
        known = {"Repr-Digest": told(blob.sha256)} | self.receipt
        return Parts(
            [blob], known | headers, media_type=kept.media_type, at_end=lambda _whole: blob.close()
        )

    async def coded(
        self, memory: Memory, words: tuple[bytes, bytes], headers: dict[str, str]
    ) -> Response:
        """The same in base64, between these words, as JSON has it. Raises SafelightError where
        there is no room in time.
        """
        blob = await encoded(memory, self.kept.blob)
        return Parts(
            [words[0], blob, words[1]],
            self.receipt | headers,
            media_type="application/json",
            at_end=lambda _whole: blob.close(),
        )


async def worked(
    call: Call, recipe: Recipe, source: Blob, further: dict[str, Blob] | None = None
) -> Worked:
    """The result. Takes the blobs over. Raises what the work ends with; ClientDisconnect."""
    house = call.house
    beside = {digest: Source(blob) for digest, blob in (further or {}).items()}
    job = house.desk.submit(call.who, recipe, [Source(source)], further=beside, is_listed=False)
    if not await ended(call, job, LONGEST_WAIT_S):
        house.desk.purge(job)
        raise TimeExceeded("the server has too much to do", hint="ask again later")
    house.desk.forget(job)
    item = job.items[0]
    if item.error is not None:
        raise item.error
    if item.known is None or not item.result_id:
        raise Gone
    return Worked(house.results.take(call.who.key, item.result_id), item.known.document)


async def decoded(memory: Memory, coded: Blob, limit_bytes: int) -> Blob:
    """The bytes that lie in base64 in this blob, which is closed. Raises UsageError, LimitExceeded,
    SafelightError where there is no room in time.
    """
    try:
        with await memory.take(coded.size_bytes * 3 // 4 + 3, most_s=ROOM_WAIT_S) as room:
            intake = Intake(limit_bytes)
            try:
                _decode(coded, intake)
                return intake.finish(room)
            finally:
                intake.drop()
    except TimeoutError as error:
        raise SafelightError("the server holds as much as it may") from error
    finally:
        coded.close()


async def encoded(memory: Memory, blob: Blob) -> Blob:
    """The same bytes in base64. Takes the blob over. Raises SafelightError as decoded does."""
    size_bytes = (blob.size_bytes + 2) // 3 * 4
    try:
        with await memory.take(size_bytes, most_s=ROOM_WAIT_S) as room, blob.view() as view:
            intake = Intake(size_bytes)
            try:
                for start in range(0, len(view), THREES):
                    intake.write(base64.b64encode(view[start : start + THREES]))
                return intake.finish(room)
            finally:
                intake.drop()
    except TimeoutError as error:
        raise SafelightError("the server holds as much as it may") from error
    finally:
        blob.close()


def _decode(coded: Blob, intake: Intake) -> None:
    """A piece at a time: what is left of a group of four waits for the next one."""
    rest = b""
    with coded.view() as view:
        for start in range(0, len(view), PIECE_BYTES):
            text = rest + bytes(view[start : start + PIECE_BYTES]).translate(None, BLANKS)
            whole = len(text) // 4 * 4
            rest = text[whole:]
            try:
                intake.write(base64.b64decode(text[:whole], validate=True))
            except binascii.Error as error:
                raise UsageError("the picture is no base64") from error
    if rest:
        raise UsageError("the picture's base64 ends in the middle")
