"""Refusals: one line with a code for programs and the field at fault, never a trace or a path of this machine."""

from __future__ import annotations

import logging
import re
import tempfile
from pathlib import PurePath
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from poseloom.base.errors import FileError, PoseloomError, shortened
from poseloom.base.extras import MissingPackageError, missing_package

LOG = logging.getLogger("poseloom.server")
_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    501: "not_installed",
    503: "busy",
    504: "timeout",
}
RETRY_SECONDS = 1


class RefusalError(Exception):
    """A request that is not answered with what it asked for.

    Args:
        status: of HTTP.
        message: one line.
        field: path of what is at fault in the request, such as ``pose.rotations.3``.
        code: for programs; by the status if not given.
    """

    def __init__(self, status: int, message: str, field: str | None = None, code: str | None = None):
        super().__init__(message)
        self.status, self.field = status, field
        self.code = code or _CODES.get(status, "internal")
        self.message = shortened(" ".join(message.split()))

    def as_json(self) -> dict[str, Any]:
        """``error``: ``code``, ``message``, ``field``."""
        return {"error": {"code": self.code, "message": self.message, "field": self.field}}

    def response(self) -> JSONResponse:
        """The same as an answer of HTTP."""
        headers = {"Retry-After": str(RETRY_SECONDS)} if self.status == 503 else {}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(self.as_json(), self.status, headers)


def refusal_of(error: BaseException, field: str | None = None) -> RefusalError:
    """What a client is told of an error; faults of poseloom itself are logged and told without their words."""
    if isinstance(error, RefusalError):
        return error
    if isinstance(error, RequestValidationError):
        return invalid(error.errors())
    if isinstance(error, MissingPackageError):
        return RefusalError(501, str(error), field)
    if isinstance(error, ModuleNotFoundError) and (missing := missing_package(error)) is not None:
        return RefusalError(501, str(missing), field)
    if isinstance(error, PoseloomError):
        return RefusalError(422, without_paths(_named(error)), field)
    if isinstance(error, HTTPException):
        return RefusalError(error.status_code, str(error.detail))
    if isinstance(error, TimeoutError):
        return RefusalError(504, "this takes longer than a request may; ask for less, or start it as a job")
    LOG.error("a fault of poseloom", exc_info=error)
    return RefusalError(500, "a fault of poseloom; the server's log says more", field)


def _named(error: PoseloomError) -> str:
    """The error's line with the name of its file alone, however its folders are called."""
    line = str(error)
    return line.replace(f"{error.path.parent}/", "") if isinstance(error, FileError) else line


_UPLOADS = re.compile(re.escape(tempfile.gettempdir()) + r"/[^\s:;,'\"]*/")
_FOLDERS = re.compile(r"(?<![\w.:/])(?:/[^\s:;,'\"/]+){2,}/")


def without_paths(message: str) -> str:
    """The message with the names of files alone, without the folders that they lie in on this machine."""
    return _FOLDERS.sub("", _UPLOADS.sub("", message))


def plain_names(value: Any) -> Any:
    """The same JSON with the names alone of files that it names with their folders."""
    if isinstance(value, dict):
        return {name: plain_names(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain_names(one) for one in value]
    if not isinstance(value, str):
        return value
    return PurePath(value).name if value.startswith("/") and value.isprintable() else without_paths(value)


def invalid(errors: Any) -> RefusalError:
    """The first mistake of a request that is not as the schema says, and how many more there are."""
    first, *others = errors
    place = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    more = f" (and {len(others)} more mistakes)" if others else ""
    message = str(first["msg"])
    if first["type"] == "value_error":
        message = message.removeprefix("Value error, ")
    return RefusalError(422, f"{shortened(place, 120)}: {message}{more}", shortened(place, 120))


def add_handlers(app: FastAPI) -> None:
    """Every error of an endpoint answered as a refusal."""

    async def handle(_: Request, error: Exception) -> JSONResponse:
        return refusal_of(error).response()

    for kind in (
        RefusalError,
        RequestValidationError,
        PoseloomError,
        ModuleNotFoundError,
        HTTPException,
        TimeoutError,
        Exception,
    ):
        app.add_exception_handler(kind, handle)
