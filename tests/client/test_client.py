"""The client, against a server in this process: what it gives is what a run here would give."""

from __future__ import annotations

import dataclasses
import inspect
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from safelight.audit.receipt import Receipt, path_for
from safelight.client.asking import errand_for
from safelight.client.asynchronous import AsyncClient
from safelight.client.call import Source
from safelight.client.methods import AsyncMethods, SyncMethods
from safelight.client.steps import Done, work
from safelight.client.sync import Client
from safelight.errors import (
    CallerUnknown,
    Cancelled,
    FormatUnknown,
    InputMissing,
    ModelMissing,
    OutputExists,
    ParameterInvalid,
    PathUnknown,
    SafelightError,
)
from safelight.ops.detect import Detect
from safelight.ops.resize import Resize
from safelight.recipe import Recipe, operations
from scripts import client_types
from tests.client.served import Near

SMALL = Recipe((Resize(fit="8x8"),))


def jpeg(side: int = 24, colour: tuple[int, int, int] = (9, 80, 160)) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "a maker of cameras"
    Image.new("RGB", (side, side * 2 // 3), colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_an_operation_is_a_method(client: Client) -> None:
    result = client.resize(jpeg(), fit="8x8", format="png")
    assert result.data is not None
    assert result.data[:4] == b"\x89PNG"
    assert (result.width, result.height, result.format) == (8, 5, "png")
    assert client.receipt(result.receipt_id) == result.receipt
    assert Receipt.parse(result.receipt).predicate.locality.entry == "server"


def test_a_result_becomes_a_file_with_its_receipt(client: Client, tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(jpeg())
    out = tmp_path / "out.jpg"
    result = client.run(tmp_path / "in.jpg", SMALL, output=out)
    assert (result.path, result.data) == (out, None)
    assert path_for(out).read_bytes() == result.receipt
    with Image.open(out) as opened:
        assert opened.size == (8, 5)
    with pytest.raises(OutputExists):
        client.run(jpeg(), SMALL, output=out)


def test_a_result_goes_to_a_stream_and_comes_from_one(client: Client) -> None:
    gathered = io.BytesIO()
    result = client.run(io.BytesIO(jpeg()), SMALL, into=gathered)
    assert result.data is None
    assert len(gathered.getvalue()) == result.output_bytes
    with pytest.raises(ParameterInvalid, match="exclude"):
        client.run(jpeg(), SMALL, into=gathered, output=Path("x.jpg"))


def test_a_recipe_of_the_server_runs_by_its_name(client: Client) -> None:
    assert client.run(jpeg(), "small").width == 8
    with pytest.raises(InputMissing):
        client.run(jpeg(), "large")
    with pytest.raises(ParameterInvalid, match="no name"):
        client.run(jpeg(), "../small")


def test_an_analysis_has_findings_and_no_receipt(client: Client) -> None:
    result = client.inspect(jpeg())
    assert (result.format, result.receipt, result.data) == (None, b"", None)
    assert any(finding.value == "a maker of cameras" for finding in result.findings)
    assert client.embed(jpeg(64)).vector


def test_a_model_that_is_not_there_is_named_with_what_helps(client: Client) -> None:
    with pytest.raises(ModelMissing) as told:
        client.run(jpeg(64), Recipe((Detect(),)))
    assert "safelight models pull" in told.value.hint


def test_a_further_picture_is_named_by_its_path(client: Client, tmp_path: Path) -> None:
    (tmp_path / "mark.png").write_bytes(png())
    marked = client.watermark(jpeg(64), image=tmp_path / "mark.png", opacity=100, format="png")
    plain = client.convert(jpeg(64), to="png")
    assert marked.data != plain.data
    assert client.compare(jpeg(64), reference=tmp_path / "mark.png").measures


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 42), (250, 10, 10)).save(out, "PNG")
    return out.getvalue()


def test_lists_and_switches_arrive_as_they_are(client: Client) -> None:
    result = client.redact(jpeg(64), box=[(0, 0, 8, 8)], margin=2, format="png")
    assert result.data is not None
    with Image.open(io.BytesIO(result.data)) as opened:
        assert opened.convert("RGB").getpixel((4, 4)) == (0, 0, 0)
    kept = client.scrub(jpeg(), keep=["device"])
    assert "Make" in json.dumps([c.finding.name for c in kept.changes if c.what == "kept"])


@pytest.mark.parametrize(
    ("error", "ask"),
    [
        (FormatUnknown, lambda client: client.resize(b"no picture at all", fit="8x8")),
        (ParameterInvalid, lambda client: client.resize(jpeg(), fit="tiny")),
        (ParameterInvalid, lambda client: client.resize(jpeg(), nothing="at all")),
        (InputMissing, lambda client: client.resize(Path("/nowhere.jpg"), fit="8x8")),
        (PathUnknown, lambda client: client.job("nothing")),
        (ParameterInvalid, lambda client: client.job("../receipts")),
    ],
)
def test_an_error_is_the_one_that_a_run_here_would_raise(
    client: Client, error: type[SafelightError], ask: object
) -> None:
    assert callable(ask)
    with pytest.raises(error) as told:
        ask(client)
    assert told.type is error
    assert told.value.message


def test_a_wrong_token_is_refused(near: Near) -> None:
    with (
        Client(near.url, token="no-such-token-0000000") as stranger,
        pytest.raises(CallerUnknown),
    ):
        stranger.resize(jpeg(), fit="8x8")


def test_a_job_of_uploads_is_looked_after(client: Client) -> None:
    uploads = [client.upload(jpeg(24)), client.upload(b"nothing that is a picture")]
    job = client.submit([one.id for one in uploads], SMALL)
    told = list(client.events(job.id))
    assert told[-1].type == "summary"
    assert {event.type for event in told} >= {"item", "summary"}
    again = list(client.events(job.id, after=told[-2].id))
    assert [event.id for event in again] == [told[-1].id]
    ended = client.job(job.id)
    assert ended.has_ended
    assert (ended.state, ended.counts["failed"]) == ("partial", 1)
    good, bad = client.items(job.id).items
    assert bad.problem is not None
    assert bad.problem.code == "format-unknown"
    assert client.items(job.id, state="failed").items == (bad,)
    gathered = io.BytesIO()
    client.fetch(str(good.asset), gathered)
    with Image.open(gathered) as opened:
        assert opened.size == (8, 5)
    assert client.jobs().jobs[0].id == job.id
    assert client.retry(job.id).id == job.id
    client.drop_job(job.id)
    with pytest.raises(SafelightError):
        client.job(job.id)


def test_what_is_wanted_no_more_is_dropped(client: Client) -> None:
    upload = client.upload(jpeg())
    client.drop_upload(upload.id)
    with pytest.raises(SafelightError):
        client.submit([upload.id], SMALL)
    upload = client.upload(jpeg())
    job = client.submit([upload.id], "small")
    list(client.events(job.id))
    asset = str(client.items(job.id).items[0].asset)
    client.drop_result(asset.rpartition("/")[2])
    with pytest.raises(SafelightError):
        client.fetch(asset, io.BytesIO())


def test_the_server_tells_what_it_can_and_has(client: Client) -> None:
    assert "resize" in {one["name"] for one in client.capabilities()["operations"]}
    assert client.models()


def test_a_receipt_is_verified_there(client: Client) -> None:
    result = client.resize(jpeg(), fit="8x8")
    assert result.data is not None
    told = client.verify(result.receipt, result.data)
    assert told


def late(client: Client, source: Source, **more: Any) -> Done:
    """Work that is a job from the start."""
    errand = errand_for(SMALL, source, sink=io.BytesIO())
    return client.carry(work(dataclasses.replace(errand, wait_s=0.0, **more)))


def test_an_answer_that_comes_later_is_looked_after(client: Client) -> None:
    before, shares = [job.id for job in client.jobs().jobs], list[float]()
    done = late(client, jpeg(), progress=shares.append)
    assert (done.told.width, bool(done.receipt)) == (8, True)
    assert all(0 <= share <= 1 for share in shares)
    with pytest.raises(SafelightError) as told:
        late(client, jpeg()[:100])
    assert told.value.code == "container-broken"
    with pytest.raises(Cancelled):
        late(client, jpeg(), is_wanted=lambda: False)
    assert [job.id for job in client.jobs().jobs] == before  # each was dropped once it ended


def test_both_clients_have_the_same_methods() -> None:
    """But for being awaited."""

    def methods(cls: type) -> dict[str, str]:
        found = inspect.getmembers(cls, inspect.isfunction)
        return {name: str(inspect.signature(f)) for name, f in found if name != "__getattr__"}

    assert methods(SyncMethods) == methods(AsyncMethods)
    assert not set(operations()) & {*vars(Client), *vars(AsyncClient), *vars(SyncMethods)}


def test_the_operations_stand_in_the_list_of_names(client: Client) -> None:
    assert set(operations()) <= set(dir(client))
    assert (client.resize.__name__, client.resize.__doc__) == ("resize", Resize.__doc__)
    with pytest.raises(AttributeError):
        client.nothing  # type: ignore[attr-defined]  # noqa: B018 - that it is not there is the test


def test_the_types_are_those_of_the_operations() -> None:
    """What is wrong in a use of them is told by the type checker: see typed_use.py."""
    text = client_types.stub()
    assert client_types.TARGET.read_text() == text
    for name in operations():
        assert f"    def {name}(" in text
        assert f"    async def {name}(" in text
