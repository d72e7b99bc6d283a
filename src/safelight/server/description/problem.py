"""Problem: how every call that fails is answered, with the fields of RFC 9457."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from safelight.errors import SafelightError

MEDIA_TYPE = "application/problem+json"
# What helps whoever types a command would not help whoever sends a request.
ELSEWHERE = {"safelight help": "GET /reference tells every parameter"}
URN = "urn:safelight:problem:"


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pointer: str = Field(description="where: a JSON pointer, or the name of a parameter")
    message: str = Field(description="what should stand there")


class Problem(BaseModel):
    """Why a call failed, and what helps. It never has a file name, a path or a part of a picture
    that the caller did not send in that very field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = Field(
        pattern=f"^{URN}[a-z-]+$", description="the kind, explained on the page /problems/CODE"
    )
    title: str = Field(description="what went wrong, the same for every problem of this kind")
    status: int = Field(ge=400, le=599, description="the HTTP status")
    detail: str = Field(description="what went wrong this time")
    instance: str = Field(description="the identifier of this request, for who reads the log")
    code: str = Field(pattern="^[a-z-]+$", description="the kind, for programs")
    hint: str = Field(description="what helps; may be empty")
    errors: list[FieldProblem] = Field(default=[], description="field by field, if known")

    @classmethod
    def of(
        cls, error: SafelightError, request_id: str, errors: tuple[FieldProblem, ...] = ()
    ) -> Problem:
        """The problem that this error is."""
        return cls(
            type=URN + error.code,
            title=error.sentence,
            status=error.status,
            detail=error.message,
            instance=request_id,
            code=error.code,
            hint=over_http(error.hint),
            errors=list(errors),
        )


def over_http(hint: str) -> str:
    """This hint for somebody who has no command line before them."""
    return ELSEWHERE.get(hint, hint)
