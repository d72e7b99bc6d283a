"""The nearest town of at least 5,000 people, by GeoNames (CC BY 4.0).

The table says where towns have their middle, not where they end: so the answer is "near", and a
large town counts as near from further away than a small one.
"""

from __future__ import annotations

import lzma
import math
import struct
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("towns.xz")
MAGIC = b"SLP1"
# A position takes two numbers of 16 bits: 300 m from south to north, 600 m from west to east.
SCALE_LATITUDE, SCALE_LONGITUDE = 32_767 / 90, 32_767 / 180
POPULATION_STEPS = 10
EARTH_KM, DEGREE_KM = 6_371.0, 111.2
# How far a town reaches, in km for the root of its people: Paris 9 km, a town of 10,000 0.6 km.
REACH_KM = 0.006
# Towns are looked for in belts of latitude that grow until one is found.
BELTS_KM = (25.0, 100.0, 400.0, 1_600.0, 21_000.0)
# Further away than this from every town, no town says anything.
MOST_KM = 500.0
# A map of the surroundings shows so far, and so many of the largest.
AROUND_KM, MOST_AROUND = 150.0, 12


@dataclass(frozen=True, slots=True)
class Town:
    """A town near a position: its name, its country, and how far away its middle is."""

    name: str
    country: str
    distance_km: float


@dataclass(frozen=True, slots=True)
class Settlement:
    """A town by its middle in decimal degrees; people as the table has it, within 4 percent."""

    name: str
    latitude: float
    longitude: float
    people: int


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of the file; latitudes rise."""

    latitudes: tuple[int, ...]
    longitudes: tuple[int, ...]
    people: bytes
    countries: bytes
    names: tuple[str, ...]
    country_names: tuple[str, ...]


def nearest(latitude: float, longitude: float) -> Town | None:
    """The town that a position in decimal degrees is best told by.

    Of the towns that reach as far as the position, the largest; else the nearest. None where there
    is none within 500 km, and for numbers that are no position.
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    table = _table()
    for belt_km in BELTS_KM:
        found = _within(table, latitude, longitude, belt_km)
        reaching = [town for town in found if town[0] <= town[1]]
        if reaching:
            distance, _, place = max(reaching, key=lambda town: town[1])
            return _town(table, place, distance)
        if found:
            distance, _, place = min(found)
            return _town(table, place, distance) if distance <= MOST_KM else None
    return None


def around(latitude: float, longitude: float) -> tuple[Settlement, ...]:
    """The largest towns within 150 km of a position in decimal degrees, the largest first."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return ()
    table = _table()
    found = _within(table, latitude, longitude, AROUND_KM)
    largest = sorted(found, key=lambda town: (-town[1], town[0]))[:MOST_AROUND]
    return tuple(_settlement(table, place) for _, _, place in largest)


def _within(
    table: Table, latitude: float, longitude: float, belt_km: float
) -> list[tuple[float, float, int]]:
    """Distance and reach in km, and place in the table, of each town so near."""
    room = belt_km / DEGREE_KM
    first = bisect_left(table.latitudes, round((latitude - room) * SCALE_LATITUDE))
    last = bisect_right(table.latitudes, round((latitude + room) * SCALE_LATITUDE))
    found = []
    for place in range(first, last):
        away = _distance_km(
            latitude,
            longitude,
            table.latitudes[place] / SCALE_LATITUDE,
            table.longitudes[place] / SCALE_LONGITUDE,
        )
        if away <= belt_km:
            found.append((away, _reach_km(table.people[place]), place))
    return found


def _reach_km(people: int) -> float:
    return REACH_KM * math.sqrt(2.0 ** (people / POPULATION_STEPS))


def _distance_km(
    latitude: float, longitude: float, to_latitude: float, to_longitude: float
) -> float:
    """Along the great circle, by the haversine formula."""
    up, across = math.radians(to_latitude - latitude), math.radians(to_longitude - longitude)
    share = (
        math.sin(up / 2) ** 2
        + math.cos(math.radians(latitude))
        * math.cos(math.radians(to_latitude))
        * math.sin(across / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(share)))


def _town(table: Table, place: int, distance_km: float) -> Town:
    return Town(table.names[place], table.country_names[table.countries[place]], distance_km)


def _settlement(table: Table, place: int) -> Settlement:
    return Settlement(
        table.names[place],
        table.latitudes[place] / SCALE_LATITUDE,
        table.longitudes[place] / SCALE_LONGITUDE,
        round(2.0 ** (table.people[place] / POPULATION_STEPS)),
    )


@cache
def _table() -> Table:
    data = lzma.decompress(FILE.read_bytes())
    magic, count = struct.unpack_from("<4sI", data)
    if magic != MAGIC:
        raise ValueError("the table of towns is of another version")
    at = 8
    latitudes = struct.unpack_from(f"<{count}h", data, at)
    longitudes = struct.unpack_from(f"<{count}h", data, at + 2 * count)
    at += 4 * count
    names, countries = data[at + 2 * count :].split(b"\0")
    return Table(
        latitudes,
        longitudes,
        data[at : at + count],
        data[at + count : at + 2 * count],
        tuple(names.decode().split("\n")),
        tuple(line.partition(" ")[2] for line in countries.decode().split("\n")),
    )
