"""Families of fonts that many computers have, or that many pages use: their names say nothing."""

from __future__ import annotations

GENERIC = frozenset(
    """serif sans-serif monospace cursive fantasy system-ui ui-serif ui-sans-serif ui-monospace
    ui-rounded math emoji fangsong inherit initial unset revert -apple-system
    blinkmacsystemfont""".split()
)
_FAMILIES = """
    Arial, ArialMT, Arial-BoldMT, Arial-ItalicMT, Arial-BoldItalicMT, Arial Black, Arial Narrow,
    Arial Rounded MT Bold, Arial Unicode MS, Helvetica, Helvetica-Bold, Helvetica-Oblique,
    Helvetica-BoldOblique, Helvetica-Light, Helvetica Neue, HelveticaNeue, HelveticaNeue-Light,
    HelveticaNeue-Medium, HelveticaNeue-Bold, Times, Times New Roman, TimesNewRoman,
    TimesNewRomanPSMT, TimesNewRomanPS-BoldMT, TimesNewRomanPS-ItalicMT, Times-Roman, Times-Bold,
    Times-Italic, Courier, Courier-Bold, Courier New, CourierNewPSMT, CourierNewPS-BoldMT,
    Verdana, Verdana-Bold, Georgia, Georgia-Bold, Tahoma, Tahoma-Bold, Trebuchet MS, TrebuchetMS,
    Impact, Comic Sans MS, ComicSansMS, Lucida Grande, LucidaGrande, Lucida Sans, Lucida Sans
    Unicode, Lucida Console, Lucida Bright, Palatino, Palatino Linotype, Book Antiqua, Bookman,
    Bookman Old Style, Garamond, Adobe Garamond Pro, EB Garamond, Baskerville, Bodoni 72, Didot,
    Caslon, Century, Century Gothic, CenturyGothic, Century Schoolbook, Futura, Futura-Medium,
    Gill Sans, GillSans, Gill Sans MT, Optima, Hoefler Text, American Typewriter, Andale Mono,
    Apple Chancery, Apple Color Emoji, Apple Symbols, Avenir, Avenir Next, Avenir-Book,
    Avenir-Medium, Avenir-Heavy, Brush Script MT, Chalkboard, Chalkduster, Charter, Cochin,
    Copperplate, Geneva, Herculanum, Iowan Old Style, Marker Felt, Menlo, Menlo-Regular, Monaco,
    Noteworthy, Papyrus, PingFang SC, Rockwell, San Francisco, SF Pro, SF Pro Display, SF Pro
    Text, SF Mono, SFProDisplay-Regular, SFProText-Regular, Skia, Snell Roundhand, Symbol,
    SymbolMT, Zapf Dingbats, ZapfDingbats, Zapfino, Calibri, Calibri Light, Cambria, Cambria Math,
    Candara, Consolas, Constantia, Corbel, Ebrima, Franklin Gothic, Franklin Gothic Medium,
    Gabriola, Gadugi, Ink Free, Javanese Text, Leelawadee UI, Malgun Gothic, Meiryo, Microsoft
    YaHei, Microsoft JhengHei, Microsoft Sans Serif, MS Gothic, MS Mincho, MS PGothic, MS Sans
    Serif, MS Serif, Myanmar Text, Nirmala UI, Segoe Print, Segoe Script, Segoe UI, SegoeUI, Segoe
    UI Emoji, Segoe UI Symbol, Segoe UI Light, Segoe UI Semibold, SimHei, SimSun, NSimSun, KaiTi,
    Sitka Text, Sylfaen, Webdings, Wingdings, Wingdings 2, Wingdings 3, Yu Gothic, Yu Mincho,
    Batang, Gulim, Dotum, Hiragino Sans, Hiragino Kaku Gothic Pro, Heiti SC, Songti SC, STHeiti,
    STSong, Aptos, Bahnschrift, Cascadia Code, Cascadia Mono, Bitstream Vera Sans, Bitstream Vera
    Serif, Bitstream Vera Sans Mono, DejaVu Sans, DejaVu Sans Mono, DejaVu Serif, Liberation Sans,
    Liberation Serif, Liberation Mono, Nimbus Sans, Nimbus Sans L, Nimbus Roman, Nimbus Roman No9
    L, Nimbus Mono, Nimbus Mono L, URW Gothic, URW Bookman, FreeSans, FreeSerif, FreeMono,
    Cantarell, Ubuntu, Ubuntu Mono, Ubuntu Condensed, Droid Sans, Droid Sans Mono, Droid Serif,
    Oxygen, Oxygen-Sans, Fira Sans, Fira Mono, Fira Code, Noto Sans, Noto Serif, Noto Sans Mono,
    Noto Mono, Noto Color Emoji, Noto Emoji, Noto Sans CJK SC, Noto Sans CJK JP, Noto Sans SC,
    Noto Sans TC, Noto Sans JP, Noto Sans KR, Noto Serif JP, Linux Libertine, Linux Biolinum,
    Latin Modern Roman, Latin Modern Math, Computer Modern, CMU Serif, cmr10, cmmi10, cmsy10,
    cmex10, STIXGeneral, STIX, STIX Two Text, STIX Two Math, XITS Math, MathJax_Main,
    MathJax_Math, MathJax_Size1, WenQuanYi Micro Hei, WenQuanYi Zen Hei, Roboto, Roboto-Regular,
    Roboto-Medium, Roboto-Bold, Roboto Mono, Roboto Condensed, Roboto Slab, Roboto Flex, Open
    Sans, OpenSans, OpenSans-Regular, OpenSans-Bold, OpenSans-Semibold, Open Sans Condensed, Lato,
    Lato-Regular, Lato-Bold, Montserrat, Montserrat-Regular, Montserrat-Bold, Poppins,
    Poppins-Regular, Poppins-Medium, Poppins-Bold, Inter, Inter-Regular, Raleway, Oswald, Nunito,
    Nunito Sans, Merriweather, Merriweather Sans, Playfair Display, PT Sans, PT Sans Narrow, PT
    Serif, PT Mono, Rubik, Work Sans, Source Sans Pro, Source Sans 3, Source Serif Pro, Source
    Code Pro, SourceSansPro-Regular, SourceCodePro-Regular, Source Han Sans, Source Han Serif, IBM
    Plex Sans, IBM Plex Mono, IBM Plex Serif, JetBrains Mono, Inconsolata, Anonymous Pro, Hack,
    Space Mono, Space Grotesk, Quicksand, Barlow, Karla, Mulish, Muli, Manrope, DM Sans, DM Serif
    Display, DM Mono, Outfit, Lexend, Figtree, Sora, Urbanist, Plus Jakarta Sans, Cabin, Arimo,
    Tinos, Cousine, Carlito, Caladea, Gelasio, Dosis, Exo, Exo 2, Titillium Web, Bitter, Crimson
    Text, Crimson Pro, Cormorant, Cormorant Garamond, Libre Baskerville, Libre Franklin, Lora,
    Cardo, Vollkorn, Spectral, Arvo, Zilla Slab, Josefin Sans, Comfortaa, Varela Round, Asap,
    Archivo, Heebo, Assistant, Hind, Overpass, Signika, Catamaran, Maven Pro, Abel, Anton, Bebas
    Neue, BebasNeue, Fjalla One, Archivo Black, Righteous, Lobster, Pacifico, Dancing Script,
    Caveat, Satisfy, Great Vibes, Permanent Marker, Shadows Into Light, Indie Flower, Amatic SC,
    Architects Daughter, Kalam, Patrick Hand, Gochi Hand, Press Start 2P, VT323, Orbitron,
    Material Icons, Material Symbols Outlined, FontAwesome, Font Awesome 5 Free, Myriad Pro,
    MyriadPro-Regular, MyriadPro-Bold, MyriadPro-Semibold, Myriad, Minion Pro, MinionPro-Regular,
    Minion, Frutiger, Univers, Akzidenz Grotesk, Proxima Nova, ProximaNova-Regular, DIN, DIN
    Alternate, DIN Condensed, Gotham, Gotham-Book, Gotham-Medium, Gotham-Bold, Humnst777 BT, Swiss
    721, Trajan Pro, Trade Gothic, ITC Avant Garde Gothic, Eurostile, Bank Gothic, Officina Sans,
    Comic Neue, Virgil, Excalifont, Cascadia, Sans, Serif, Mono, Monospace, Sans Serif
"""
FAMILIES = {name.lower(): name for name in (" ".join(one.split()) for one in _FAMILIES.split(","))}
MAX_FAMILIES = 32


def families(value: str) -> list[str]:
    """The families of a list, without quotes; too long a list loses its end."""
    parts = value.split(",")[:MAX_FAMILIES]
    return [name for name in (" ".join(p.strip(" \t\r\n\"'").split()) for p in parts) if name]


def known_family(name: str) -> str | None:
    """How the list here spells a family, or None."""
    if name.lower() in GENERIC:
        return name.lower()
    return FAMILIES.get(name.lower())


def is_plain(name: str) -> bool:
    """True for a name that needs no quotes."""
    return all(word[0].isalpha() or word[0] == "-" for word in name.split())
