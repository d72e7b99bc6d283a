"""A drawing of what may be painted: elements, attributes and rules that are known, each value of
its form. Which of them are painted is another question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.codecs.svg_grammar import attribute_value, media
from safelight.codecs.svg_languages import NOBODY, extensions
from safelight.codecs.svg_links import link, named, part_name, spelled
from safelight.codecs.svg_sheet import Sheet, names_of_keyframes, sheet
from safelight.codecs.svg_states import GRAPHICS, SHAPES
from safelight.codecs.svg_style import Reading, clean_style, is_safe, plain, references, within
from safelight.codecs.svg_tree import SVG, XLINK, XML, End, Event, Name, Start, Text
from safelight.codecs.svg_words import ATTRIBUTES, ELEMENTS, WORDS

# Elements whose link says how something is painted, or which picture.
_LINKED = frozenset(
    """use image a textPath tref mpath feImage linearGradient radialGradient meshgradient pattern
    filter hatch animate animateMotion animateTransform animateColor set""".split()
)
# Elements that show a picture from elsewhere.
PICTURES = frozenset({"image", "feImage"})
LINKS = frozenset({"href", "xlink:href"})
_ASKING = ("systemLanguage", "requiredExtensions")
_TEXTS = frozenset({"text", "tspan", "textPath"})
# Elements that show the shapes, texts and groups within them.
_HOLDERS = frozenset(
    "svg g defs symbol a switch marker pattern clipPath mask glyph missing-glyph".split()
)
_SPACED = frozenset({"unicode", "u1", "u2"})
HREFS: tuple[Name, ...] = (("", "href"), (XLINK, "href"))


@dataclass(slots=True)
class Drawing:
    """Events with the place where each element ends and the place of the one that holds it, for an
    end where it began; sheets by the place of their element.
    """

    events: list[Event] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    starts: dict[int, int] = field(default_factory=dict)
    sheets: dict[int, Sheet] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)

    def add(self, event: Event, open_places: list[int]) -> None:
        """One event more; open_places are those of the elements around it."""
        place = len(self.events)
        self.events.append(event)
        self.parents.append(open_places[-1] if open_places else -1)
        self.ends.append(place)
        if isinstance(event, Start):
            open_places.append(place)
        elif isinstance(event, End):
            self.starts[place] = open_places.pop()
            self.ends[self.starts[place]] = place

    def name(self, place: int) -> str:
        """What the element at a place is."""
        event = self.events[place] if place >= 0 else None
        return event.name[1] if isinstance(event, Start) else ""


def drawing_of(events: list[Event]) -> Drawing:
    """The drawing that a document holds."""
    drawn = list(_drawn(events))
    texts = dict(_sheets(drawn))
    names = (names_of_keyframes(words) for words in texts.values())
    reading = Reading(keyframes=frozenset[str]().union(*names))
    found = Drawing(reading=reading)
    first_title = next(filter(None, map(_title, drawn)), "")
    open_places: list[int] = []
    for place, event in enumerate(drawn):
        if isinstance(event, Start):
            clean = Start(event.name, _attributes(event, reading))
            if event.name[1] == "style":
                asked = ("", "media") in event.attributes
                words = texts.get(place, "") if _applies(event, first_title) else ""
                rules = sheet(spelled(words), reading, is_always=not asked)
                found.sheets[len(found.events)] = named(rules)
            found.add(clean, open_places)
        elif isinstance(event, End) or found.name(open_places[-1]) != "style":
            found.add(event, open_places)
    return found


def _title(event: Event) -> str:
    """What a sheet is called, where it is one that is applied when another is not."""
    is_sheet = isinstance(event, Start) and event.name[1] == "style"
    return event.attributes.get(("", "title"), "") if isinstance(event, Start) and is_sheet else ""


def _applies(event: Start, first_title: str) -> bool:
    """True for a sheet of the language that viewers read, in the choice that they begin with."""
    kind = event.attributes.get(("", "type"), "").strip().lower()
    return kind in ("", "text/css") and _title(event) in ("", first_title)


def _drawn(events: list[Event]) -> Iterator[Event]:
    """Events of elements that can be painted where they stand; the others fall away with all that
    they hold.
    """
    # An empty name stands for one that fell. A sheet counts wherever it stands.
    open_names: list[str] = []
    # Whether words are read in each open element: in a text, and in links within it.
    in_text: list[bool] = [False]
    for event in events:
        outer = open_names[-1] if open_names else None
        if isinstance(event, Start):
            is_sheet = event.name == (SVG, "style")
            is_kept = is_sheet or (outer != "" and _is_at_home(event, outer or "", in_text[-1]))
            name = event.name[1] if is_kept else ""
            open_names.append(name)
            in_text.append(name in _TEXTS or (name == "a" and in_text[-1]))
            if is_kept:
                yield event
        elif isinstance(event, End):
            open_names.pop()
            in_text.pop()
            if outer:
                yield event
        elif isinstance(event, Text) and outer and (outer in WORDS or in_text[-1]):
            yield event


def _is_at_home(start: Start, outer: str, is_in_text: bool) -> bool:
    """True for an element that is known, where the one around it shows it."""
    space, name = start.name
    if space != SVG or name not in ELEMENTS:
        return False
    if name in ("tspan", "textPath", "tref"):
        return is_in_text
    if name == "feImage":
        return outer == "filter"
    if name == "a" and outer in _TEXTS:
        return True
    return not outer or name not in GRAPHICS | SHAPES or outer in _HOLDERS


def _sheets(drawn: list[Event]) -> Iterator[tuple[int, str]]:
    """The words of each style element by its place."""
    at = -1
    words: list[str] = []
    for place, event in enumerate(drawn):
        if isinstance(event, Start):
            at, words = (place if event.name[1] == "style" else -1), []
        elif at >= 0 and isinstance(event, Text):
            words.append(event.words)
        elif at >= 0 and isinstance(event, End):
            yield at, "".join(words)
            at = -1


def _attributes(start: Start, reading: Reading) -> dict[Name, str]:
    aimed = start.attributes.get(("", "attributeName"))
    if aimed is not None:
        aimed = attribute_value(start.name[1], None, "attributeName", aimed)
    found: dict[Name, str] = {}
    for name, value in start.attributes.items():
        clean = _attribute(start.name[1], aimed, name, value)
        if name == ("", "style"):
            clean = spelled(clean_style(spelled(value), reading)) or None
        elif name == ("", "media") and start.name[1] == "style":
            clean = media(value) or "not all"
        if clean is not None:
            found[name] = clean
    if ("", "systemLanguage") in start.attributes and ("", "systemLanguage") not in found:
        # Nobody speaks it: without the question everybody would see the part.
        found["", "requiredExtensions"] = NOBODY
    return found


def for_nobody(event: Start) -> bool:
    """True for a part that no viewer shows."""
    is_shown = event.name[1] in GRAPHICS | SHAPES
    return is_shown and event.attributes.get(("", "requiredExtensions")) == NOBODY


def _attribute(element: str, aimed: str | None, name: Name, value: str) -> str | None:
    """What is kept of an attribute; addresses and names are looked at when they are written."""
    namespace, local = name
    if name in HREFS:
        return _link(element, value)
    if name == (XML, "space"):
        return value if value in ("preserve", "default") else None
    if namespace:
        return None
    if local == "requiredExtensions":
        return extensions(value)
    if local == "id":
        return part_name(value.strip()) or None
    if local == "class":
        return value.strip() or None
    if local not in _SPACED:
        value = within(local, " ".join(spelled(plain(spelled(value))).split()))
    if local not in ATTRIBUTES or not is_safe(value):
        return None
    clean = attribute_value(element, aimed, local, value)
    is_moved = aimed in LINKS and local in ("from", "to", "by", "values") and clean is not None
    if is_moved:
        return ";".join(link(one) for one in (clean or "").split(";"))
    return clean


def _link(element: str, value: str) -> str | None:
    """A link to a part of the drawing, or a picture where one is shown."""
    if element not in _LINKED or (element not in PICTURES and not value.strip().startswith("#")):
        return None
    return link(value)


def pointed(name: Name, value: str) -> list[str]:
    """The names of parts that an attribute points to."""
    if name in HREFS:
        return [value[1:]] if value.startswith("#") else []
    return references(value) if "#" in value and name[1] not in ("id", "class") else []


def passed_over(drawing: Drawing) -> set[int]:
    """Children that a switch never comes to: one before them is shown to everybody."""
    decided: set[int] = set()
    found: set[int] = set()
    for place, event in enumerate(drawing.events):
        outer = drawing.parents[place]
        if (
            isinstance(event, Start)
            and event.name[1] in GRAPHICS | SHAPES
            and drawing.name(outer) == "switch"
        ):
            if outer in decided:
                found.add(place)
            elif not any(("", name) in event.attributes for name in _ASKING):
                decided.add(outer)
    return found


def aims(event: Start) -> list[str]:
    """What a movement says that it moves, when that is not the part around it."""
    values = (event.attributes.get(name, "") for name in HREFS)
    return [value[1:] for value in values if value]


def moved_links(event: Start) -> list[str]:
    """The parts that an animation of a link goes through."""
    values = (event.attributes.get(("", name), "") for name in ("from", "to", "by", "values"))
    parts = (part.strip() for value in values for part in value.split(";"))
    return [part[1:] for part in parts if part]
