"""Whom a part of a drawing is shown to: languages and abilities that are known."""

from __future__ import annotations

_PRIMARY = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da
    de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz
    ia id ie ig ii ik io is it iu iw ja ji jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg
    li ln lo lt lu lv mg mh mi mk ml mn mo mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or
    os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta
    te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    ace als ang arc arz ast awa bar bcl bho bpy bug ceb chr chy ckb cmn crh csb diq dsb dty eml ext
    fil frp frr fur gag gan gom gor got gsw hak haw hif hsb ilo inh jam jbo kaa kab kbd kbp koi kok
    krc ksh lad lbe lez lij lld lmo lrc ltg lzh mai mdf mhr min mnw mrj mwl myv mzn nah nan nap nds
    new nov nqo nso olo pag pam pap pcd pdc pfl pms pnb pnt rmy rue sah sat scn sco shn smn srn stq
    szl tcy tet tpi tum tyv udm vec vep vls war wuu xal xmf yue zea""".split()
)
_SCRIPTS = frozenset(
    """
    arab armn beng cans cher cyrl deva ethi geor grek gujr guru hans hant hebr jpan khmr knda kore
    laoo latn mlym mong mymr orya sinh syrc taml telu tfng thaa thai tibt""".split()
)
_REGIONS = frozenset(
    """ad ae af ag ai al am ao ar at au aw az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz
    ca cd cf cg ch ci cl cm cn co cr cu cv cy cz de dj dk dm do dz ec ee eg er es et fi fj fm fo fr
    ga gb gd ge gf gh gi gl gm gn gp gq gr gt gu gw gy hk hn hr ht hu id ie il im in iq ir is it je
    jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk
    ml mm mn mo mq mr mt mu mv mw mx my mz na nc ne ng ni nl no np nr nz om pa pe pf pg ph pk pl pr
    ps pt pw py qa re ro rs ru rw sa sb sc sd se sg si sk sl sm sn so sr ss st sv sy sz td tg th tj
    tl tm tn to tr tt tv tw tz ua ug us uy uz va vc ve vi vn vu ws xk ye yt za zm zw 001 150
    419""".split()
)
_VARIANTS = frozenset(
    """tarask valencia 1901 1996 1994 rozaj nedis biske ekavsk ijekavsk pinyin wadegile polyton
    monoton oxendict scotland fonipa posix""".split()
)
# Names that stand for a language in drawings, though no list of languages has them in this form.
_WHOLE = frozenset(
    """be-x-old zh-classical zh-min-nan zh-yue bat-smg cbk-zam fiu-vro map-bms nds-nl roa-rup
    roa-tara sr-ec sr-el simple en-simple i-klingon""".split()
)
# What a viewer without extensions can be asked for.
_EXTENSIONS = frozenset({"http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML"})
# An ability that no viewer has, and that says nothing.
NOBODY = "x"


def languages(value: str) -> str | None:
    """The known languages of a list in one order, or None when nobody is asked for."""
    found = {_spelled(one) for one in value[:10_000].split(",")} - {""}
    return ",".join(sorted(found)) or None


def _spelled(tag: str) -> str:
    """A tag in its usual spelling; an empty one for what is no known language."""
    tag = tag.strip().lower()
    if tag in _WHOLE:
        return tag
    primary, *more = tag.split("-")
    spelled = [primary]
    for known, spell in ((_SCRIPTS, str.title), (_REGIONS, str.upper), (_VARIANTS, str.lower)):
        if more and more[0] in known:
            spelled.append(spell(more.pop(0)))
    return "-".join(spelled) if primary in _PRIMARY and not more else ""


def extensions(value: str) -> str:
    """The abilities asked for, NOBODY where one is unknown; viewers differ over an empty list."""
    asked = set(value.split())
    return " ".join(sorted(asked)) if asked <= _EXTENSIONS else NOBODY
