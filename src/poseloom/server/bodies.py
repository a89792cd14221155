"""Bodies of requests: large ones are read in a thread, pictures may come beside the JSON of a request.

FastAPI reads JSON in the event loop, which is right for a pose and wrong for ten minutes of motion: those hold up
everybody else. So routes of `BodyRoute` make the request's model of a large body in a thread and hand it on.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.requests import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers, UploadFile

from poseloom.server.errors import RefusalError, invalid
from poseloom.server.uploads import Upload, received_picture

LARGE = 1 << 16
"""Bytes of JSON from which on a body is read in a thread."""
MOST_BRACKETS = 1_500_000
"""Lists and objects of a body: the longest clip that a request may hold, as Python values some hundred MB."""
MOST_KEYS = 400_000
"""Of all objects together: each that is not known is a mistake, which costs memory."""
MOST_MISTAKES = 1000
"""Of which the first one is told with its place."""
MOST_PICTURES = 64
_MOST_FIELDS = 16
REQUEST, PICTURES = "request", "images"
"""Fields of a form: the JSON that would be the body, and the pictures."""


class BodyRoute(APIRoute):
    """A route whose JSON body, where it is large, is read and checked in a thread."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """The handler, with the body's model at hand before FastAPI looks for it."""
        handle = super().get_route_handler()
        model = _model_of(self)
        if model is None:
            return handle

        async def handled(request: Request) -> Response:
            kind = request.headers.get("content-type", "").lower()
            if "json" in kind:  # FastAPI takes "application/anything+json" as well
                content = await request.body()
                if len(content) >= LARGE:
                    request._json = await request.app.state.service.heavy.run(parsed, model, content)
            elif kind.startswith("multipart/form-data") and self._takes_pictures:
                request = await _from_form(request, model)
            return await handle(request)

        return handled

    @property
    def _takes_pictures(self) -> bool:
        content = (self.openapi_extra or {}).get("requestBody", {}).get("content", {})
        return "multipart/form-data" in content


def _model_of(route: APIRoute) -> type[BaseModel] | None:
    field = route.body_field
    kind = None if field is None else field.field_info.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) and not _is_form(route) else None


def _is_form(route: APIRoute) -> bool:
    from fastapi.params import Form

    return route.body_field is not None and isinstance(route.body_field.field_info, Form)


def parsed(model: type[BaseModel], content: bytes) -> BaseModel:
    """The request that JSON holds.

    Raises:
        RefusalError: it is none, or one with mistakes.
    """
    if content.count(b"[") + content.count(b"{") > MOST_BRACKETS:
        raise RefusalError(413, f"more than {MOST_BRACKETS:,} lists and objects: send fewer poses at once")
    if content.count(b":") > MOST_KEYS:
        raise RefusalError(413, f"more than {MOST_KEYS:,} keys: send fewer poses at once")
    try:
        return model.model_validate(json.loads(content))
    except ValidationError as error:
        raise mistakes(error) from None
    except (ValueError, RecursionError):
        raise RefusalError(422, "the body is not JSON", "body") from None


def mistakes(error: ValidationError, *place: str) -> RefusalError:
    """What is wrong with a request; of a flood of mistakes, each of which would cost memory, only how many."""
    if error.error_count() > MOST_MISTAKES:
        return RefusalError(422, f"{error.error_count():,} mistakes; send it as the endpoint's schema says", "body")
    return invalid([{**one, "loc": ("body", *place, *one["loc"])} for one in error.errors(include_url=False)])


async def _from_form(request: Request, model: type[BaseModel]) -> Request:
    """The same request as JSON, its pictures kept beside it."""
    service = request.app.state.service
    async with request.form(
        max_files=MOST_PICTURES, max_fields=_MOST_FIELDS, max_part_size=service.settings.largest_json
    ) as form:
        text = form.get(REQUEST, "{}")
        if not isinstance(text, str):
            raise RefusalError(422, "expected a field with the JSON of the request, got a file", REQUEST)
        files = form.getlist(PICTURES)
        if not files or set(form) - {REQUEST, PICTURES}:
            raise RefusalError(422, f"expected the fields {REQUEST} (JSON) and {PICTURES} (files)", PICTURES)
        pictures = [await _picture(file, request) for file in files]
    made = await service.heavy.run(parsed, model, text.encode())
    headers = Headers({"host": request.headers.get("host", ""), "content-type": "application/json"})
    again = Request({**request.scope, "headers": headers.raw}, request.receive)
    again._body, again._json = b"{}", made
    again.state.pictures = pictures
    return again


async def _picture(file: Any, request: Request) -> Upload:
    if not isinstance(file, UploadFile):
        raise RefusalError(422, "expected a file", PICTURES)
    return await received_picture(file, request.app.state.service.settings, PICTURES)  # type: ignore[arg-type]


def with_pictures(model: type[BaseModel], **example: Any) -> dict[str, Any]:
    """What OpenAPI says of a request that may also come as a form with pictures.

    Args:
        model: of the JSON.
        example: of the field with the JSON.
    """
    fields = {
        REQUEST: {"type": "string", "contentMediaType": "application/json", "description": f"a {model.__name__}"},
        PICTURES: {"type": "array", "maxItems": MOST_PICTURES, "items": {"type": "string", "format": "binary"}},
    }
    schema = {"type": "object", "required": [PICTURES], "properties": fields, "additionalProperties": False}
    media = {"schema": schema, "example": {REQUEST: json.dumps(example), PICTURES: ["photo.jpg"]}}
    return {"requestBody": {"content": {"multipart/form-data": media}}}
