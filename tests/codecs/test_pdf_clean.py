"""PDF scrubbed: nothing hides, pages and their content streams stay, encrypted ones are refused."""

from __future__ import annotations

import builtins
import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from safelight.codecs import metadata, pdf_walk, routing, scrub
from safelight.codecs.pdf import date_of
from safelight.errors import ContainerBroken, FormatUnknown, SomethingMissing
from safelight.image import Profile, Wish
from tests.codecs.making import CANARY, profile, scrubbed
from tests.codecs.planting_pdf import CONTENT, document, everything_in, photo, plants
from tests.codecs.test_canaries import pass_through
from tests.codecs.test_profiles import PACKET

PLANTS = plants()


def drawn(data: bytes) -> list[tuple[bytes, list[object]]]:
    """For each page: its content as it is run, and the pixels of its pictures."""
    found = []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for page in pdf.pages:
            contents = page.obj.get("/Contents")
            parts = contents if isinstance(contents, pikepdf.Array) else [contents]
            words = b"\n".join(part.read_bytes() for part in parts if part is not None)
            whole: Any = page.obj
            resources = whole.get("/Resources", Dictionary()).get("/XObject", Dictionary())
            images = [resources[key] for key in sorted(resources.keys())]
            found.append((words, [_pixels(image) for image in images]))
    return found


def _pixels(image: Any) -> object:
    raw = image.read_raw_bytes()
    if image.get("/Filter") == Name.DCTDecode:
        return Image.open(io.BytesIO(raw)).tobytes()
    return b"" if image.get("/Filter") == Name.JPXDecode else image.read_bytes()


def faults(data: bytes, clean: bytes) -> list[str]:
    found = ["the canary is still there"] if CANARY in everything_in(clean) else []
    if drawn(data) != drawn(clean):
        found.append("it draws something else")
    if scrubbed(clean, "pdf") != clean:
        found.append("a second scrub changes it again")
    return found


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_pages_are_the_same(place: str, profile: Profile) -> None:
    data = PLANTS[place]
    assert faults(data, scrubbed(data, "pdf", profile=profile)) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    clean = pass_through(PLANTS[place], "share")
    assert CANARY in everything_in(clean)


def test_content_streams_keep_their_bytes() -> None:
    assert CONTENT in scrubbed(document(), "pdf")
    assert photo() in scrubbed(document(), "pdf")


def test_what_a_document_says_is_told() -> None:
    def names(place: str) -> set[str]:
        return {one.name for one in metadata.findings(memoryview(PLANTS[place]), "pdf")}

    assert {"Title", "Author", "Encoder", "Own"} <= names("facts")
    assert "earlier versions" in names("earlier version")
    assert "JavaScript" in names("action on opening")
    assert "note /Contents" in names("note")
    assert "Artist" in names("words of a photo")
    assert "PageThumbnail" in names("small picture of a page")
    assert any(name.startswith("attachment") for name in names("attachment"))
    assert "ICC_Profile" in names("words of a profile")


def labelled(pdf: Any) -> None:
    """Words that readers of a document do not see, on what they do."""
    field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, Rect=[0, 0, 9, 9], FT=Name.Tx)
    field.T, field.TU, field.TM = String("f"), String("a tooltip"), String("an export name")
    pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(field)]))
    jump = Dictionary(S=Name.Launch, F=String("a program"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=jump)
    page = pdf.pages[0].obj
    page.Annots = Array([pdf.make_indirect(link)])
    page["/Own"] = Array([String("own words"), Dictionary(Deep=String("deep words"))])
    stays = {"Alt": "a mug", "ActualText": "in full", "E": "expanded", "ID": "p1", "Lang": "en"}
    words = {f"/{key}": String(value) for key, value in stays.items()}
    part = Dictionary({"/S": Name.P, "/T": String("a title of a part")} | words)
    pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=part)


def test_every_word_that_goes_is_named_and_none_that_stays() -> None:
    data = document(labelled)
    told = {(one.name, one.value) for one in metadata.findings(memoryview(data), "pdf")}
    assert told == {
        ("tooltip of a form field", "a tooltip"),
        ("export name of a form field", "an export name"),
        ("title in the structure", "a title of a part"),
        ("action", "a program /Launch"),
        ("page /Own", "own words deep words"),
    }
    pieces, changes = scrub.rewrite(memoryview(data), "pdf", Wish())
    assert {(one.what, one.finding.name) for one in changes} == {
        ("removed", name) for name, _ in told
    }
    clean = everything_in(b"".join(pieces))
    goes = ("a tooltip", "an export name", "title of a part", "a program", "own w", "deep words")
    for words in goes:
        assert words.encode() in everything_in(data)
        assert words.encode() not in clean
    for words in ("a mug", "in full", "expanded", "p1"):
        assert words.encode() in clean
    assert metadata.findings(memoryview(b"".join(pieces)), "pdf") == ()


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_clean_document_says_nothing_more(place: str) -> None:
    clean = scrubbed(PLANTS[place], "pdf", profile="strict")
    left = {one.name for one in metadata.findings(memoryview(clean), "pdf")}
    assert left == ({"ICC_Profile"} if place == "words of a profile" else set())


def dated(pdf: Any) -> None:
    pdf.docinfo["/CreationDate"] = "D:20200102030405+01'00'"
    pdf.docinfo["/Title"] = "A title"
    pdf.docinfo["/ModDate"] = "no date"
    packet = pikepdf.Stream(pdf, PACKET)
    pdf.Root.Metadata = pdf.make_indirect(packet)


def test_profiles_keep_what_they_promise() -> None:
    data = document(dated)
    share = {one.name for one in metadata.findings(memoryview(scrubbed(data, "pdf")), "pdf")}
    assert share == {"XMP rights", "XMP DigitalSourceType"}
    minimal = scrubbed(data, "pdf", profile="minimal")
    assert b"D:20200102030405Z" in everything_in(minimal)
    assert b"A title" not in everything_in(minimal)
    named = scrubbed(data, "pdf", keep=("identity",))
    assert b"A title" in everything_in(named)
    _, changes = scrub.rewrite(memoryview(data), "pdf", Wish())
    assert ("removed", "Title") in {(one.what, one.finding.name) for one in changes}
    assert date_of("no date") is None


def rich(pdf: Any) -> None:
    """Bookmarks, a form, a link, layers, and a resource whose name is that of a key."""
    page = pdf.pages[0].obj
    page.Resources.XObject["/Thumb"] = page.Resources.XObject["/Im0"]
    page.Contents.write(CONTENT + b" /Thumb Do")
    link = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Link,
        Rect=[0, 0, 9, 9],
        A=Dictionary(
            S=Name.URI, URI=String("https://example.org/"), Next=Dictionary(S=Name.Launch)
        ),
    )
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            Rect=[9, 9, 20, 20],
            FT=Name.Tx,
            T=String("name"),
            V=String("value"),
        )
    )
    page.Annots = Array([pdf.make_indirect(link), field])
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]))
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Chapter", 0))
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("layer")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary())
    shape = Array([Dictionary(O=Name.Layout, Placement=Name.Block), 0])
    part = Dictionary(Type=Name.StructElem, S=Name.P, Alt=String("a mug"), A=shape)
    pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=Array([part]))


def test_what_readers_use_stays() -> None:
    clean = scrubbed(document(rich), "pdf")
    with pikepdf.open(io.BytesIO(clean)) as pdf:
        page = pdf.pages[0].obj
        assert "/Thumb" in page.Resources.XObject
        assert str(page.Annots[0].A.URI) == "https://example.org/"
        assert "/Next" not in page.Annots[0].A
        assert str(page.Annots[1].V) == "value"
        assert str(pdf.Root.AcroForm.Fields[0].T) == "name"
        assert str(pdf.Root.Outlines.First.Title) == "Chapter"
        part = pdf.Root.StructTreeRoot.K[0]
        assert (str(part.Alt), str(part.A[0].Placement)) == ("a mug", "/Block")
        assert str(pdf.Root.OCProperties.OCGs[0].Name) == "layer"


def test_a_clean_profile_and_a_photo_without_end_stay() -> None:
    def coloured(pdf: Any) -> None:
        stream = pikepdf.Stream(pdf, profile())
        stream.N = 3
        image = pdf.pages[0].obj.Resources.XObject["/Im0"]
        image.ColorSpace = Array([Name.ICCBased, pdf.make_indirect(stream)])

    assert b"acsp" in scrubbed(document(coloured), "pdf")
    cut = document(picture=photo(comment=CANARY)[:-2])
    assert CANARY not in scrubbed(cut, "pdf")


def encrypted() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user=""))
    return out.getvalue()


def locked() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


@pytest.mark.parametrize("data", [encrypted(), locked()])
def test_an_encrypted_document_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(FormatUnknown, match="encrypted"):
        scrubbed(data, "pdf")


def test_what_is_no_document_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (b"%PDF-1.7", b"%PDF-1.7\nnonsense", document()[:90]):
        with pytest.raises(ContainerBroken):
            scrubbed(data, "pdf")
    with pytest.raises(ContainerBroken):
        routing.read_header(memoryview(b"no"), "pdf")
    monkeypatch.setattr(pdf_walk, "MAX_OBJECTS", 3)
    with pytest.raises(ContainerBroken):
        scrubbed(document(), "pdf")


def test_without_the_extra_the_hint_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any, **named: Any) -> Any:
        if name == "pikepdf":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(SomethingMissing) as error:
        scrubbed(document_of_before, "pdf")
    assert "safelight[pdf]" in (error.value.hint or "")


document_of_before = document()


def test_shared_documents_draw_the_same(shared_data: Path) -> None:
    done = 0
    for folder in ("metadata", "formats"):
        for path in sorted((shared_data / folder).rglob("*.pdf")):
            if path.name in ("basic-password.pdf", "basic-signed.pdf"):
                continue
            data = path.read_bytes()
            clean = scrubbed(data, "pdf")
            assert drawn(clean) == drawn(data), path.name
            assert scrubbed(clean, "pdf") == clean
            done += 1
    assert done >= 4
