"""PDF: maps from codes to characters keep their numbers and lose comments, names and words."""

from __future__ import annotations

import io
import zlib
from typing import Any

import pikepdf
import pytest
from pikepdf import Dictionary, Name, Stream

from safelight.codecs import pdf_cmap
from safelight.codecs.pdf_cmap import bare_map
from tests.codecs.making import CANARY, scrubbed
from tests.codecs.planting_pdf import WORD, document, everything_in
from tests.codecs.test_canaries import pass_through

NUMBERS = (
    b"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n",
    b"2 beginbfchar\n<0001> <0041> <0002> <00420043>\nendbfchar\n",
    b"1 beginbfrange\n<0003> <0004> [ <0044> <0045> ]\nendbfrange\n",
)
DIRTY = b"""%!PS-Adobe-3.0 Resource-CMap
%%Title: (SECRET)
/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo 3 dict dup begin /Registry (SECRET \\) ) def /Ordering (SECRET) def
/Supplement 0 def end def
/CMapName /SECRET def /CMapType 2 def /Own (SECRET) def
1 begincodespacerange <00 00> <ffff> endcodespacerange % SECRET
2 beginbfchar <0001> <0041> % SECRET
<0002> <00420043> endbfchar
1 beginbfrange <0003> <0004> [<0044><0045>] endbfrange
endcmap CMapName currentdict /CMap defineresource pop end end SECRET
""".replace(b"SECRET", CANARY)


def mapped(data: bytes, *, is_packed: bool = False) -> bytes:
    """A document with this map as what the letters of its font mean."""

    def change(pdf: Any) -> None:
        made = Stream(pdf, data)
        if is_packed:
            made.write(zlib.compress(data), filter=Name.FlateDecode)
        made.CMapName = Name(f"/{WORD}")
        font = pdf.pages[0].obj.Resources.Font["/F1"]
        font.ToUnicode = pdf.make_indirect(made)

    return document(change)


def left(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        fonts: Any = pdf.pages[0].obj.Resources.Font
        return bytes(fonts["/F1"].ToUnicode.read_bytes())


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_map_keeps_its_numbers_and_none_of_its_words(is_packed: bool) -> None:
    data = mapped(DIRTY, is_packed=is_packed)
    clean = scrubbed(data, "pdf")
    assert CANARY not in everything_in(clean)
    assert CANARY in everything_in(pass_through(data, "share"))
    assert scrubbed(clean, "pdf") == clean
    for numbers in NUMBERS:
        assert numbers in left(clean)


def test_a_map_keeps_its_direction_its_characters_and_what_it_goes_on_from() -> None:
    data = b"/Registry (Adobe) /Ordering (Japan1) /Supplement 6 /WMode 1 def /90ms-RKSJ-H usecmap "
    data += b"1 begincidrange <20> <7e> 231 endcidrange"
    clean, name = bare_map(data)
    assert name == b"/Adobe-Japan1-6"
    for part in (b"/Ordering (Japan1) /Supplement 6", b"/WMode 1 def", b"/90ms-RKSJ-H usecmap"):
        assert part in clean
    assert b"1 begincidrange\n<20> <7e> 231\nendcidrange" in clean
    assert bare_map(clean) == (clean, name)


@pytest.mark.parametrize(
    "words",
    [
        b"/Other usecmap",
        b"1 beginbfchar <01> /space endbfchar",
        b"1 beginbfchar <01> <02>",
    ],
)
def test_a_map_with_other_words_loses_its_comments(words: bytes) -> None:
    data = b"(% no comment) " + words + b" % " + CANARY
    assert bare_map(data)[0] == b"(% no comment) " + words + b" "


def test_a_map_that_is_too_long_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_cmap, "MAX_SIZE", len(DIRTY) - 1)
    assert left(scrubbed(mapped(DIRTY), "pdf")) == DIRTY
    named = document(lambda pdf: _plain_encoding(pdf))
    assert CANARY not in everything_in(scrubbed(named, "pdf"))


def _plain_encoding(pdf: Any) -> None:
    font = pdf.pages[0].obj.Resources.Font["/F1"]
    font.Encoding = Dictionary(BaseEncoding=Name.WinAnsiEncoding, Own=Name(f"/{WORD}"))
