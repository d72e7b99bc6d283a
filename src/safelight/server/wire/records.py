"""What front end and back end say to each other: one record, one message of a SOCK_SEQPACKET pair.

    front → back   ORDER     a recipe in its canonical form; source and further pictures come along
                   ASK       a word and a small JSON; files come along
                   CANCEL    whoever wanted this is gone
    back → front   PROGRESS  how far an order is
                   ANSWER    facts as JSON in one memfd, the encoded picture in a second one
                   FAILURE   the number of an error, its sentence and its hint

A record is a head of fixed size, a body of fixed size by its kind, and words whose lengths the body
tells. Whoever reads one believes nothing of it: every number has a bound, every length is exact.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from safelight.errors import SafelightError, by_number
from safelight.limits import MAX_MODELS, MAX_RECIPE_BYTES, MAX_TIMEOUT_S, MEGA, bounded

MAGIC = b"SLb1"
_HEAD = struct.Struct("<4sBBHQ")
_ORDER = struct.Struct("<IIHH")
_ASK = struct.Struct("<32sIHH")
_FILE = struct.Struct("<32sQ")
_SHARE = struct.Struct("<I")
_ANSWER = struct.Struct("<IQ32s")
_FAILURE = struct.Struct("<HHH")

MAX_FILES = 1 + MAX_MODELS
MAX_FACTS_BYTES = 32 * MEGA
MAX_ASKED_BYTES = 64_000
MAX_DETAIL_BYTES, MAX_HINT_BYTES = 1_000, 500
MAX_FILE_BYTES = 2_000 * MEGA
WHOLE = 1_000_000
RECORD_BYTES = (
    _HEAD.size + _ASK.size + MAX_FILES * _FILE.size + max(MAX_RECIPE_BYTES, MAX_ASKED_BYTES)
)


class Kind(IntEnum):
    ORDER = 1
    ASK = 2
    CANCEL = 3
    PROGRESS = 4
    ANSWER = 5
    FAILURE = 6


IS_ALONE, HAS_OUTPUT = 1, 1


class Malformed(Exception):
    """This is no record."""


@dataclass(frozen=True, slots=True)
class File:
    """A sealed memfd that comes along: its SHA-256, which nobody has checked yet, and its size."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Order:
    """files are the source, then the further pictures that the recipe names."""

    id: int
    recipe: bytes
    files: tuple[File, ...]
    timeout_ms: int
    is_alone: bool = False

    def pack(self) -> bytes:
        body = _ORDER.pack(self.timeout_ms, len(self.recipe), len(self.files), 0)
        flags = IS_ALONE if self.is_alone else 0
        head = _head(Kind.ORDER, self.id, flags=flags, fds=len(self.files))
        return head + body + _packed(self.files) + self.recipe


@dataclass(frozen=True, slots=True)
class Ask:
    """name says which file of back/asks/ answers, facts is the JSON of an object."""

    id: int
    name: str
    facts: bytes
    files: tuple[File, ...] = ()

    def pack(self) -> bytes:
        body = _ASK.pack(self.name.encode(), len(self.facts), len(self.files), 0)
        head = _head(Kind.ASK, self.id, fds=len(self.files))
        return head + body + _packed(self.files) + self.facts


@dataclass(frozen=True, slots=True)
class Cancel:
    id: int

    def pack(self) -> bytes:
        return _head(Kind.CANCEL, self.id)


@dataclass(frozen=True, slots=True)
class Progress:
    """share from 0 to 1."""

    id: int
    share: float

    def pack(self) -> bytes:
        share = min(max(self.share, 0.0), 1.0) if self.share == self.share else 0.0
        return _head(Kind.PROGRESS, self.id) + _SHARE.pack(round(share * WHOLE))


@dataclass(frozen=True, slots=True)
class Answer:
    """facts_bytes of JSON in the first memfd; output is the second one, if there is any."""

    id: int
    facts_bytes: int
    output: File | None = None

    def pack(self) -> bytes:
        output = self.output or File("0" * 64, 0)
        flags = HAS_OUTPUT if self.output else 0
        head = _head(Kind.ANSWER, self.id, flags=flags, fds=2 if self.output else 1)
        digest = bytes.fromhex(output.sha256)
        return head + _ANSWER.pack(self.facts_bytes, output.size_bytes, digest)


@dataclass(frozen=True, slots=True)
class Failure:
    """number is that of the error's class."""

    id: int
    number: int
    detail: str = ""
    hint: str = ""

    @classmethod
    def of(cls, id: int, error: SafelightError) -> Failure:
        return cls(id, error.number, error.detail, error.hint)

    def error(self) -> SafelightError:
        return by_number(self.number)(self.detail, hint=self.hint)

    def pack(self) -> bytes:
        detail, hint = _cut(self.detail, MAX_DETAIL_BYTES), _cut(self.hint, MAX_HINT_BYTES)
        body = _FAILURE.pack(self.number, len(detail), len(hint))
        return _head(Kind.FAILURE, self.id) + body + detail + hint


Request = Order | Ask | Cancel
Reply = Progress | Answer | Failure


def id_of(untrusted: bytes) -> int:
    """What a record that is none may have been about; 0 where that cannot be told."""
    if len(untrusted) < _HEAD.size or untrusted[:4] != MAGIC:
        return 0
    number: int = _HEAD.unpack_from(untrusted)[4]
    return number


def parse_request(untrusted: bytes, fds: int) -> Request:
    """A record of the front end that came with so many descriptors. Raises Malformed."""
    kind, flags, number, rest = _opened(untrusted, fds)
    try:
        if kind is Kind.ORDER:
            return _order(number, flags, rest, fds)
        if kind is Kind.ASK:
            return _ask(number, flags, rest, fds)
        if kind is Kind.CANCEL:
            _require(not rest and not fds and not flags)
            return Cancel(number)
    except (struct.error, ValueError) as error:
        raise Malformed("the numbers of a record are out of their bounds") from error
    raise Malformed("a record of the other side")


def parse_reply(untrusted: bytes, fds: int) -> Reply:
    """A record of the back end that came with so many descriptors. Raises Malformed."""
    kind, flags, number, rest = _opened(untrusted, fds)
    try:
        if kind is Kind.PROGRESS:
            (share,) = _SHARE.unpack(rest)
            _require(not fds and not flags)
            return Progress(number, bounded(share, 0, WHOLE) / WHOLE)
        if kind is Kind.ANSWER:
            return _answer(number, flags, rest, fds)
        if kind is Kind.FAILURE:
            return _failure(number, flags, rest, fds)
    except (struct.error, ValueError) as error:
        raise Malformed("the numbers of a record are out of their bounds") from error
    raise Malformed("a record of the other side")


def _head(kind: Kind, number: int, *, flags: int = 0, fds: int = 0) -> bytes:
    return _HEAD.pack(MAGIC, kind, flags, fds, number)


def _opened(untrusted: bytes, fds: int) -> tuple[Kind, int, int, bytes]:
    if not _HEAD.size <= len(untrusted) <= RECORD_BYTES or untrusted[:4] != MAGIC:
        raise Malformed("no record")
    _, kind, flags, told, number = _HEAD.unpack_from(untrusted)
    if told != fds:
        raise Malformed("more or fewer descriptors than the record tells")
    try:
        return Kind(kind), flags, number, untrusted[_HEAD.size :]
    except ValueError as error:
        raise Malformed("a kind of record that nobody knows") from error


def _order(number: int, flags: int, rest: bytes, fds: int) -> Order:
    timeout_ms, recipe_bytes, files, spare = _ORDER.unpack_from(rest)
    bounded(timeout_ms, 1, MAX_TIMEOUT_S * 1000)
    bounded(recipe_bytes, 1, MAX_RECIPE_BYTES)
    bounded(files, 1, MAX_FILES)
    found, recipe = _files(rest[_ORDER.size :], files, recipe_bytes)
    _require(fds == files and not flags & ~IS_ALONE and not spare)
    return Order(number, recipe, found, timeout_ms, is_alone=bool(flags & IS_ALONE))


def _ask(number: int, flags: int, rest: bytes, fds: int) -> Ask:
    name, facts_bytes, files, spare = _ASK.unpack_from(rest)
    bounded(facts_bytes, 2, MAX_ASKED_BYTES)
    bounded(files, 0, MAX_FILES)
    found, facts = _files(rest[_ASK.size :], files, facts_bytes)
    word = name.rstrip(b"\0").decode("ascii")
    _require(fds == files and not flags and not spare and word.isidentifier())
    return Ask(number, word, facts, found)


def _answer(number: int, flags: int, rest: bytes, fds: int) -> Answer:
    facts_bytes, output_bytes, digest = _ANSWER.unpack(rest)
    bounded(facts_bytes, 2, MAX_FACTS_BYTES)
    bounded(output_bytes, 0, MAX_FILE_BYTES)
    has_output = bool(flags & HAS_OUTPUT)
    _require(fds == 1 + has_output and not flags & ~HAS_OUTPUT)
    _require(has_output or not (output_bytes or any(digest)))
    return Answer(number, facts_bytes, File(digest.hex(), output_bytes) if has_output else None)


def _failure(number: int, flags: int, rest: bytes, fds: int) -> Failure:
    code, detail_bytes, hint_bytes = _FAILURE.unpack_from(rest)
    bounded(detail_bytes, 0, MAX_DETAIL_BYTES)
    bounded(hint_bytes, 0, MAX_HINT_BYTES)
    words = rest[_FAILURE.size :]
    _require(len(words) == detail_bytes + hint_bytes and not flags and not fds)
    return Failure(number, code, words[:detail_bytes].decode(), words[detail_bytes:].decode())


def _files(rest: bytes, count: int, words_bytes: int) -> tuple[tuple[File, ...], bytes]:
    ends = count * _FILE.size
    _require(len(rest) == ends + words_bytes)
    found = [(digest.hex(), size) for digest, size in _FILE.iter_unpack(rest[:ends])]
    files = tuple(File(digest, bounded(size, 1, MAX_FILE_BYTES)) for digest, size in found)
    return files, rest[ends:]


def _packed(files: tuple[File, ...]) -> bytes:
    return b"".join(_FILE.pack(bytes.fromhex(one.sha256), one.size_bytes) for one in files)


def _cut(text: str, most_bytes: int) -> bytes:
    return text.encode(errors="replace")[:most_bytes].decode(errors="ignore").encode()


def _require(holds: object) -> None:
    if not holds:
        raise ValueError
