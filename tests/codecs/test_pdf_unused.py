"""PDF: resources that no content names go, with their names; what may be used stays."""

from __future__ import annotations

import io
import zlib
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream

from safelight.codecs import metadata, pdf_streams, pdf_unused
from tests.codecs.making import CANARY, scrubbed
from tests.codecs.planting_pdf import CONTENT, WORD, document, everything_in
from tests.codecs.test_canaries import pass_through

SECRET = f"/{WORD}"


def form(pdf: Any, content: bytes, resources: Any = None) -> Any:
    made = Stream(pdf, content)
    made.Type, made.Subtype, made.BBox = Name.XObject, Name.Form, [0, 0, 9, 9]
    if resources is not None:
        made.Resources = resources
    return pdf.make_indirect(made)


def everywhere(pdf: Any) -> None:
    """One thing in each category that nothing draws, and one that only such a thing draws."""
    resources = pdf.pages[0].obj.Resources
    drawn = form(pdf, b"BT (" + CANARY + b") Tj ET /Im0 Do")
    resources.XObject[SECRET] = form(pdf, b"/Fm1 Do", Dictionary(XObject=Dictionary(Fm1=drawn)))
    resources.Font[SECRET] = Dictionary(Type=Name.Font, BaseFont=Name(SECRET))
    values = {
        "ExtGState": Dictionary(CA=1),
        "ColorSpace": Array([Name.Separation, Name(SECRET), Name.DeviceGray, Dictionary()]),
        "Pattern": Dictionary(PatternType=2),
        "Shading": Dictionary(ShadingType=2),
        "Properties": pdf.make_indirect(Dictionary(Type=Name.OCG, Name=Name(SECRET))),
    }
    for key, value in values.items():
        resources[f"/{key}"] = Dictionary({SECRET: value})


def test_what_nothing_draws_goes_and_is_told() -> None:
    data = document(everywhere)
    clean = scrubbed(data, "pdf")
    assert CANARY not in everything_in(clean)
    assert CANARY in everything_in(pass_through(data, "share"))
    assert scrubbed(clean, "pdf") == clean
    told = {(one.name, one.value) for one in metadata.findings(memoryview(data), "pdf")}
    assert ("unused part", WORD) in told
    assert "unused part" not in {one.name for one in metadata.findings(memoryview(clean), "pdf")}
    with pikepdf.open(io.BytesIO(clean)) as pdf:
        resources: Any = pdf.pages[0].obj.Resources
        assert list(resources.XObject.keys()) == ["/Im0"]
        assert list(resources.Font.keys()) == ["/F1"]


def kept(change: Any) -> dict[str, set[str]]:
    """The names of the page's resources in each category after a change and a scrub."""
    clean = scrubbed(document(change), "pdf")
    assert scrubbed(clean, "pdf") == clean
    with pikepdf.open(io.BytesIO(clean)) as pdf:
        resources: Any = pdf.pages[0].obj.Resources
        return {key: set(resources[key].keys()) for key in resources.keys()}  # noqa: SIM118 - no mapping


def _ways(pdf: Any) -> None:
    """Names used by a form without resources, by a glyph, a code, a picture and a default."""
    page = pdf.pages[0].obj
    resources = page.Resources
    resources.XObject["/Fm0"] = form(pdf, b"/G1 gs /a#62c Do")
    resources.XObject["/abc"] = form(pdf, b"")
    resources.ExtGState = Dictionary(G1=Dictionary(CA=1), G2=Dictionary(CA=1), G3=Dictionary())
    glyphs = Dictionary(a=pdf.make_indirect(Stream(pdf, b"/G2 gs")))
    resources.Font["/T3"] = Dictionary(Type=Name.Font, Subtype=Name.Type3, CharProcs=glyphs)
    grey = Array([Name.CalGray, Dictionary(WhitePoint=[1, 1, 1])])
    resources.ColorSpace = Dictionary(DefaultRGB=grey, Own=grey, Base=grey, Gone=grey)
    resources.XObject["/Im0"].ColorSpace = Name.Own
    resources.ColorSpace["/T0"] = Array([Name.Indexed, Name.Base, 0, pikepdf.String("a")])
    parts = [Stream(pdf, CONTENT + b" /Fm0 Do"), Stream(pdf, b"/T3 1 Tf /T0 cs")]
    page.Contents = Array([pdf.make_indirect(part) for part in parts])


def test_what_is_used_in_any_way_stays() -> None:
    resources = kept(_ways)
    assert resources["/XObject"] == {"/Im0", "/Fm0", "/abc"}
    assert resources["/ExtGState"] == {"/G1", "/G2"}
    assert resources["/ColorSpace"] == {"/DefaultRGB", "/Own", "/Base", "/T0"}


def _shared(pdf: Any) -> None:
    """Two pages whose resources lie above them, and a form's font that fields use too."""
    page = pdf.pages[0].obj
    page.Resources.Font["/Helv"] = page.Resources.Font["/F1"]
    page.Resources.Font = pdf.make_indirect(page.Resources.Font)
    other = Dictionary(Type=Name.Page, MediaBox=[0, 0, 9, 9])
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(other)))
    pdf.pages[1].obj.Contents = pdf.make_indirect(Stream(pdf, b"/Fm2 Do"))
    page.Resources.XObject["/Fm2"] = form(pdf, b"")
    page.Resources.XObject["/Fm3"] = form(pdf, b"")
    pdf.Root.Pages.Resources = page.Resources
    del page["/Resources"]
    pdf.Root.AcroForm = Dictionary(DR=Dictionary(Font=pdf.Root.Pages.Resources.Font))


def test_resources_that_lie_above_serve_every_page() -> None:
    with pikepdf.open(io.BytesIO(scrubbed(document(_shared), "pdf"))) as pdf:
        for page in pdf.pages:
            resources: Any = page.obj.Resources
            assert set(resources.XObject.keys()) == {"/Im0", "/Fm2"}
            assert set(resources.Font.keys()) == {"/F1", "/Helv"}


def _unread(data: bytes, filter: Any) -> Any:
    def change(pdf: Any) -> None:
        page = pdf.pages[0].obj
        page.Resources.XObject["/Fm9"] = form(pdf, b"")
        page.Contents.write(data, filter=filter)

    return change


@pytest.mark.parametrize(
    ("data", "filter"),
    [
        (zlib.compress(CONTENT)[:-6], Name.FlateDecode),
        (b"not packed", Name.FlateDecode),
        (b"not known", Name.Own),
    ],
)
def test_where_a_content_cannot_be_read_all_stays(data: bytes, filter: Any) -> None:
    assert "/Fm9" in kept(_unread(data, filter))["/XObject"]


def test_a_content_that_is_too_much_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = zlib.compress(CONTENT + bytes(9_000))
    assert "/Fm9" not in kept(_unread(packed, Name.FlateDecode))["/XObject"]
    monkeypatch.setattr(pdf_unused, "MAX_NAMES", 1)
    assert "/Fm9" in kept(_unread(packed, Name.FlateDecode))["/XObject"]
    monkeypatch.setattr(pdf_unused, "MAX_NAMES", 1_000)
    monkeypatch.setattr(pdf_streams, "MAX_UNPACKED", 8_000)
    assert "/Fm9" in kept(_unread(packed, Name.FlateDecode))["/XObject"]


def _valued(pdf: Any) -> None:
    """Words and names where readers know but a few, and where they look for numbers."""
    page = pdf.pages[0].obj
    page.Tabs, page.UserUnit = Name(SECRET), pikepdf.String(WORD)
    pdf.Root.Version, pdf.Root.PageMode = Name(SECRET), Name.UseOutlines
    sides = Dictionary(ViewArea=Name.CropBox, PrintScaling=Name(SECRET), Duplex=Name.Simplex)
    pdf.Root.ViewerPreferences = sides
    lab = Dictionary(WhitePoint=[1, 1, 1], Range=pikepdf.String(WORD))
    page.Resources.XObject["/Im0"].ColorSpace = Array([Name.Lab, lab])


def test_values_that_mean_nothing_go_and_those_that_do_stay() -> None:
    data = document(_valued)
    clean = scrubbed(data, "pdf")
    assert CANARY not in everything_in(clean)
    assert CANARY in everything_in(pass_through(data, "share"))
    with pikepdf.open(io.BytesIO(clean)) as pdf:
        assert pdf.Root.PageMode == Name.UseOutlines
        assert set(pdf.Root.ViewerPreferences.keys()) == {"/ViewArea", "/Duplex"}
        assert "/Tabs" not in pdf.pages[0].obj
