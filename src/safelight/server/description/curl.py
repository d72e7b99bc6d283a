"""Curl: an endpoint as one would try it in a shell."""

from __future__ import annotations

import json
from typing import Any

SERVER = "$SERVER"


def command(path: str, method: str, told: dict[str, Any]) -> str:
    """A command line; $SERVER and $TOKEN stand for the reader's own."""
    query = "&".join(
        f"{one['name']}={_example(one)}"
        for one in told["parameters"]
        if one["in"] == "query" and (one["required"] or _has_example(one))
    )
    way = "" if method == "GET" else f"-X {method} "
    words = [f'curl {way}"{SERVER}{path}{"?" if query else ""}{query}"']
    if told["security"]:
        words.append('-H "Authorization: Bearer $TOKEN"')
    words += _body(told.get("requestBody", {}).get("content", {}))
    return " \\\n  ".join(words)


def _body(content: dict[str, Any]) -> list[str]:
    if "image/*" in content:
        return ["-H 'Content-Type: image/jpeg' --data-binary @photo.jpg -o result.jpg"]
    if "application/json" in content:
        examples = content["application/json"].get("examples", {})
        body: Any = next((one["value"] for one in examples.values()), {})
        shown = json.dumps(body, ensure_ascii=False)
        return [f"-H 'Content-Type: application/json' -d '{shown}'"]
    if "application/octet-stream" in content:
        return ["-H 'Content-Type: application/octet-stream' --data-binary @FILE"]
    if "multipart/form-data" in content:
        parts = content["multipart/form-data"]["schema"].get("required", ())
        return [f"-F {part}=@FILE" for part in parts]
    return []


def _has_example(parameter: dict[str, Any]) -> bool:
    return bool(parameter.get("schema", {}).get("examples"))


def _example(parameter: dict[str, Any]) -> str:
    examples = parameter.get("schema", {}).get("examples")
    return str(examples[0]).strip("'") if examples else parameter["name"].upper()
