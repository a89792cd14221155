"""What answers have in common, and how an endpoint says what it answers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from poseloom.server.poses import ShapeModel

Numbers = tuple[float, float, float]
"""Of a rotation vector (radians), or a place (metres)."""


class Noted(BaseModel):
    """An answer with what a user should know of it."""

    notes: list[str] = Field(description="what to know of the answer, a sentence each")


class PoseRow(BaseModel):
    """A pose as requests take it; what it lacks is left out."""

    rotations: list[Numbers] = Field(description="22 or 52 local axis-angle vectors, radians")
    translation: Numbers | None = Field(None, description="where the pelvis is, metres, +Y up")
    shape: list[float] | None = None
    shape_model: ShapeModel | None = None
    face: tuple[Numbers, Numbers, Numbers] | None = None


class ErrorPart(BaseModel):
    """Why something is refused."""

    code: str = Field(description="for programs: invalid, too_large, busy, timeout, not_found, ...")
    message: str = Field(description="one line of at most 400 characters")
    field: str | None = Field(description="path of what is at fault in the request")


class ErrorAnswer(BaseModel):
    """A refusal."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"error": {"code": "invalid", "message": "n: at most 64", "field": "n"}}],
        }
    )

    error: ErrorPart


def example(*examples: dict[str, Any]) -> ConfigDict:
    """How a request is checked, with requests that are right."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": list(examples)})


def answers(model: type[BaseModel], *media: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What an endpoint answers.

    Args:
        model: of its JSON.
        media: types of the files that it gives instead.
        status: of HTTP.
    """
    told: dict[str, Any] = {"model": model, "description": (model.__doc__ or "").strip().splitlines()[0]}
    if media:
        told["content"] = _binary(media)
    return {status: told}


def files(*media: str) -> dict[int | str, dict[str, Any]]:
    """What an endpoint answers that gives files alone."""
    return {200: {"description": "the bytes of the file", "content": _binary(media)}}


def form_example(**fields: Any) -> dict[str, Any]:
    """An example of a form, as a part of what OpenAPI says of an endpoint."""
    return {"requestBody": {"content": {"multipart/form-data": {"example": fields}}}}


def _binary(media: tuple[str, ...]) -> dict[str, Any]:
    return {one.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for one in media}


ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "refused: what is wrong, and where"},
    "5XX": {"model": ErrorAnswer, "description": "not answered: busy (503, with Retry-After), too slow, or a fault"},
}
"""Of every endpoint."""
