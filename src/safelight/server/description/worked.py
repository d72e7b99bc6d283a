"""Worked: what is told of a picture that was worked on, as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ResultFacts(BaseModel):
    """What is known of a result, with the names that an item has on the command line. What an
    operation does not give is left out.
    """

    model_config = ConfigDict(extra="allow")

    format: str | None = Field(None, description="of the result, or of what was looked at")
    width: int = Field(description="pixels")
    height: int = Field(description="pixels")
    bytes: int = Field(description="of the result")
    input_bytes: int
    input_width: int
    input_height: int
    reencoded: bool = Field(description="false: the pixels were not touched")
    lost: list[str] = Field(description="what the new encoding cannot hold")
    removed: list[str] = Field(description="metadata that was removed, by name")
    kept: list[str]
    added: list[str]
    models: list[str] = Field(description="models that ran")
    level: int = Field(description="of the cage that held the work, 0 to 3")
    seconds: float


class WorkedAnswer(BaseModel):
    """A picture that was worked on; receipt and asset are there where a picture came of it."""

    result: ResultFacts
    receipt: dict[str, Any] | None = Field(None, description="an Envelope")
    asset: str | None = Field(None, description="where the result is to be fetched")
